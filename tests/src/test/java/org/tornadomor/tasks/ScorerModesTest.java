package org.tornadomor.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.io.Checkpoints;

/** Requests that share contexts, whatever the batch, the order and the threads, get what each gets as a whole sequence. */
class ScorerModesTest {
    private static final double TOLERANCE = 1e-3;
    private static final int VOCABULARY = 61;
    private static final int POSITIONS = 96;

    /** What a test does with a model. */
    private interface Use {
        void with(Engine engine, ParameterSet weights);
    }

    private static void use(MorConfig mor, int threads, Use use) {
        ModelConfig config = new ModelConfig(VOCABULARY, 32, 64, 8, 4, 2, 8, 1e-5, 10000, POSITIONS, true, 0.2, mor);
        try (Engine engine = new CpuEngine(threads);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 11);
            use.with(engine, weights);
        }
    }

    /** Choices behind contexts of many lengths, of which some begin alike, and some differ in their last token alone. */
    private static List<TokenRequest> requests() {
        Random random = new Random(3);
        List<TokenRequest> requests = new ArrayList<>();
        int[] shared = random.ints(40, 0, VOCABULARY).toArray();
        for (int group = 0; group < 12; group++) {
            int[] context = random.ints(1 + random.nextInt(70), 0, VOCABULARY).toArray();
            if (group % 3 == 0) {
                System.arraycopy(shared, 0, context, 0, Math.min(shared.length, context.length));
            }
            for (int choice = 0; choice < 4; choice++) {
                int length = group % 2 == 0 ? 1 : 1 + random.nextInt(20);
                int[] ids = random.ints(context.length + length, 0, VOCABULARY).toArray();
                System.arraycopy(context, 0, ids, 0, context.length);
                requests.add(new TokenRequest(ids, length, 0, false));
            }
        }
        return requests;
    }

    private static Answer[] causal(Engine engine, ParameterSet weights, List<TokenRequest> requests, int sequences) {
        int depth = weights.config().recursions();
        try (CausalScorer scorer = new CausalScorer(engine, weights, POSITIONS, 4000, sequences, 0.5, depth)) {
            Answer[] answers = scorer.score(requests, tokens -> {});
            long all = requests.stream().mapToLong(TokenRequest::inputs).sum();
            assertTrue(scorer.computed() < 0.7 * all, scorer.computed() + " of " + all + " were computed");
            return answers;
        }
    }

    /** Each request alone, as a whole. */
    private static Answer[] alone(Engine engine, ParameterSet weights, List<TokenRequest> requests, boolean causal) {
        Answer[] answers = new Answer[requests.size()];
        try (Scorer scorer = new Scorer(engine, weights, 1, POSITIONS)) {
            for (int i = 0; i < answers.length; i++) {
                TokenRequest request = requests.get(i);
                int length = request.inputs();
                int[] targets = new int[length];
                System.arraycopy(request.ids(), 1, targets, 0, length);
                scorer.score(request.ids(), targets, 1, length, causal, null);
                float[] losses = new float[length];
                int[] depths = new int[length];
                scorer.losses(losses);
                scorer.depths(depths);
                double sum = 0;
                long deep = 0;
                for (int p = request.firstPredicting(); p < length; p++) {
                    sum -= losses[p];
                    deep += depths[p];
                }
                Answer.Depths predicting = new Answer.Depths(request.scored(), deep);
                answers[i] = new Answer(sum, false, null, predicting, predicting);
            }
        }
        return answers;
    }

    private static void requireEqual(Answer[] expected, Answer[] actual) {
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i].logLikelihood(), actual[i].logLikelihood(), TOLERANCE, "request " + i);
            assertEquals(expected[i].predicting(), actual[i].predicting(), "request " + i);
        }
    }

    @Test
    void aVanillaModelDoesNotCare() {
        List<TokenRequest> requests = requests();
        Answer[][] first = new Answer[1][];
        use(null, 1, (engine, weights) -> {
            first[0] = alone(engine, weights, requests, true);
            requireEqual(first[0], causal(engine, weights, requests, 1));
            requireEqual(first[0], causal(engine, weights, requests, 7));
            try (TrainScorer scorer = new TrainScorer(engine, weights, POSITIONS, 3, 1)) {
                requireEqual(first[0], scorer.score(requests, tokens -> {}));
            }
        });
        use(null, 2, (engine, weights) -> {
            requireEqual(first[0], causal(engine, weights, requests, 0));
            List<TokenRequest> reversed = new ArrayList<>(requests);
            Collections.reverse(reversed);
            Answer[] back = causal(engine, weights, reversed, 5);
            for (int i = 0; i < back.length; i++) {
                Answer other = back[back.length - 1 - i];
                assertEquals(first[0][i].logLikelihood(), other.logLikelihood(), TOLERANCE);
            }
        });
    }

    @Test
    void recursionsAreRoutedAsInEachMode() {
        List<TokenRequest> requests = requests();
        use(MorConfig.expertChoice(3), 2, (engine, weights) -> {
            Answer[] causal = causal(engine, weights, requests, 6);
            requireEqual(alone(engine, weights, requests, true), causal);
            try (TrainScorer scorer = new TrainScorer(engine, weights, POSITIONS, 0, 3)) {
                Answer[] train = scorer.score(requests, tokens -> {});
                requireEqual(alone(engine, weights, requests, false), train);
                assertNotEquals(depth(causal), depth(train));
            }
        });
        use(
                MorConfig.tokenChoice(2),
                2,
                (engine, weights) ->
                        requireEqual(alone(engine, weights, requests, true), causal(engine, weights, requests, 6)));
    }

    private static long depth(Answer[] answers) {
        long sum = 0;
        for (Answer answer : answers) {
            sum += answer.all().sum();
        }
        return sum;
    }

    @Test
    void theLikeliestTokensAreGreedy() {
        use(null, 2, (engine, weights) -> {
            int[] ids = new Random(5).ints(20, 0, VOCABULARY).toArray();
            float[] logits = new float[20 * VOCABULARY];
            try (Scorer scorer = new Scorer(engine, weights, 1, POSITIONS)) {
                scorer.score(ids, ids, 1, 20, true, logits);
            }
            int best = 0;
            for (int v = 0; v < VOCABULARY; v++) {
                best = logits[19 * VOCABULARY + v] > logits[19 * VOCABULARY + best] ? v : best;
            }
            List<TokenRequest> requests = new ArrayList<>();
            for (int last : new int[] {best, (best + 1) % VOCABULARY}) {
                int[] all = Arrays.copyOf(ids, 21);
                all[20] = last;
                requests.add(new TokenRequest(all, 1, 0, false));
            }
            try (CausalScorer scorer = new CausalScorer(engine, weights, 20, 40, 0, 0.5, 1)) {
                Answer[] answers = scorer.score(requests, tokens -> {});
                assertTrue(answers[0].greedy());
                assertTrue(!answers[1].greedy());
                assertEquals(20, scorer.computed());
            }
        });
    }
}
