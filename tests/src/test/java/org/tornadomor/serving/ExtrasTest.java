package org.tornadomor.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.serving.Request.Sampling;
import org.tornadomor.serving.RequestListener.End;

/** Bias, penalties and scores of requests. */
class ExtrasTest {
    private final Engine engine = new CpuEngine(1);
    private ModelConfig config;
    private ParameterSet weights;

    @AfterEach
    void close() {
        weights.close();
        engine.close();
    }

    private void model(int kind) {
        config = Requests.config(kind);
        weights = new ParameterSet(engine, "weights", config);
        Checkpoints.initialise(engine, weights, 5);
    }

    private Scheduler scheduler(int sequences, int logitRows, int prefillRows) {
        DecoderSize size = DecoderSize.full(config, sequences, Requests.CONTEXT, sequences + 3 * prefillRows)
                .withLogitRows(logitRows);
        return new Scheduler(engine, weights, size, prefillRows, true, DepthPolicy.DEPTH_WISE);
    }

    private static Extras scored(int top, boolean prompt) {
        return new Extras(Map.of(), 0, 0, top, prompt, false);
    }

    private Request request(int[] prompt, int tokens, Sampling sampling, Extras extras) {
        return new Request(prompt, tokens, sampling, 3, new int[0], 0.5, 0, extras);
    }

    private Heard alone(Request request) {
        try (Scheduler scheduler = scheduler(1, 1, 16)) {
            Heard heard = new Heard(1000);
            scheduler.submit(request, heard);
            scheduler.drain();
            return heard;
        }
    }

    /** The logits behind each token, computed as a whole. */
    private float[][] logits(int[] ids) {
        try (Scorer scorer = new Scorer(engine, weights, 1, ids.length)) {
            scorer.setThreshold(0.5);
            float[] all = new float[ids.length * config.vocabSize()];
            scorer.score(ids, ids, 1, ids.length, true, all);
            float[][] rows = new float[ids.length][];
            Arrays.setAll(rows, i -> Arrays.copyOfRange(all, i * config.vocabSize(), (i + 1) * config.vocabSize()));
            return rows;
        }
    }

    private static int[] join(int[] prompt, List<Integer> more) {
        int[] ids = Arrays.copyOf(prompt, prompt.length + more.size());
        Arrays.setAll(ids, i -> i < prompt.length ? prompt[i] : more.get(i - prompt.length));
        return ids;
    }

    private static double logProbability(float[] logits, int id) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit);
        }
        return logits[id] - Math.log(sum);
    }

    private static void assertScore(float[] logits, int id, int top, TokenScore score, String what) {
        assertEquals(logProbability(logits, id), score.logProbability(), 1e-4, what);
        assertEquals(top, score.topIds().length, what);
        double[] sorted = new double[logits.length];
        Arrays.setAll(sorted, i -> -logProbability(logits, i));
        Arrays.sort(sorted);
        for (int i = 0; i < top; i++) {
            assertEquals(-sorted[i], score.topLogProbabilities()[i], 1e-4, what);
            assertEquals(logProbability(logits, score.topIds()[i]), score.topLogProbabilities()[i], 1e-4, what);
        }
    }

    /** Beside others that decode, in pieces, with as few as two rows of logits to spare. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void scoresAreThoseOfTheWholeSequence(int kind) {
        model(kind);
        Random random = new Random(kind);
        int[] prompt = random.ints(40, 0, config.vocabSize()).toArray();
        try (Scheduler scheduler = scheduler(4, 6, 7)) {
            scheduler.submit(request(prompt, 3, Sampling.GREEDY, Extras.NONE), new Heard(1000));
            scheduler.drain();
            for (int i = 0; i < 3; i++) {
                scheduler.submit(request(new int[] {i}, 50, new Sampling(1, 0, 1, 1), Extras.NONE), new Heard(1000));
            }
            Heard heard = new Heard(1000);
            scheduler.submit(request(prompt, 12, new Sampling(1, 0, 1, 1), scored(4, true)), heard);
            scheduler.drain();
            assertEquals(0, heard.cached, "a prompt that is scored is computed whole");
            float[][] logits = logits(join(prompt, heard.ids));
            assertNull(heard.promptScores.get(0));
            for (int i = 1; i < prompt.length; i++) {
                assertScore(logits[i - 1], prompt[i], 4, heard.promptScores.get(i), "prompt " + i);
            }
            assertEquals(12, heard.scores.size());
            for (int i = 0; i < 12; i++) {
                assertScore(logits[prompt.length - 1 + i], heard.ids.get(i), 4, heard.scores.get(i), "new " + i);
            }
        }
    }

    @Test
    void aPromptIsScoredWithoutNewTokens() {
        model(0);
        int[] prompt = {1, 2, 3, 4, 5};
        Heard heard = alone(request(prompt, 0, Sampling.GREEDY, scored(0, true)));
        assertEquals(End.LENGTH, heard.end);
        assertEquals(List.of(), heard.ids);
        assertEquals(5, heard.promptDepths.length);
        float[][] logits = logits(prompt);
        for (int i = 1; i < 5; i++) {
            assertScore(logits[i - 1], prompt[i], 0, heard.promptScores.get(i), "prompt " + i);
        }
        Heard single = alone(request(new int[] {7}, 0, Sampling.GREEDY, scored(2, true)));
        assertEquals(Arrays.asList((TokenScore) null), single.promptScores);
        assertEquals(End.LENGTH, single.end);
    }

    /**
     * The short request gets a token in each tick, though the other one has 60 tokens to score and only one row of logits for
     * it.
     */
    @Test
    void aLongScoredPromptDoesNotHoldUpOthers() {
        model(0);
        try (Scheduler scheduler = scheduler(2, 2, 16)) {
            Heard reading = new Heard(1000);
            scheduler.submit(request(new int[60], 1, Sampling.GREEDY, scored(0, true)), reading);
            scheduler.step();
            Heard speaking = new Heard(1000);
            scheduler.submit(
                    new Request(new int[] {1}, 50, Sampling.GREEDY, 0, new int[0], 0.5, 1, Extras.NONE), speaking);
            for (int tick = 1; tick <= 40; tick++) {
                scheduler.step();
                assertEquals(tick, speaking.ids.size());
            }
            assertNull(reading.end);
            scheduler.drain();
            assertEquals(60, reading.promptScores.size());
        }
    }

    @Test
    void biasForcesAndForbids() {
        model(0);
        int[] prompt = {4, 9, 2};
        Heard forced = alone(
                request(prompt, 8, new Sampling(1, 0, 1, 1), new Extras(Map.of(17, 100.0), 0, 0, 0, false, false)));
        assertEquals(List.of(17, 17, 17, 17, 17, 17, 17, 17), forced.ids);
        // What is scored is what was drawn from.
        assertEquals(0, forced.scores.get(3).logProbability(), 1e-9);
        Heard plain = alone(request(prompt, 8, Sampling.GREEDY, Extras.NONE));
        Map<Integer, Double> ban = new HashMap<>();
        plain.ids.forEach(id -> ban.put(id, -100.0));
        Heard banned = alone(request(prompt, 8, Sampling.GREEDY, new Extras(ban, 0, 0, -1, false, false)));
        assertTrue(banned.ids.stream().noneMatch(ban::containsKey), banned.ids + " without " + ban);
    }

    /** Every token is the largest of logits that are changed here once more, by definition. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void penaltiesAreThoseOfTheDefinition(int kind) {
        model(kind);
        int[] prompt = {4, 9, 2, 9};
        int[][] halves = {{0, 0}, {1, 0}, {0, 1}, {1, 1}};
        for (int[] half : halves) {
            double frequency = 0.4 * half[0];
            double presence = 0.7 * half[1];
            double repetition = 1.2;
            Extras extras = new Extras(Map.of(3, 1.5), frequency, presence, 0, false, false);
            Heard heard = alone(request(prompt, 40, new Sampling(0, 0, 1, repetition), extras));
            float[][] logits = logits(join(prompt, heard.ids));
            for (int i = 0; i < heard.ids.size(); i++) {
                float[] row = logits[prompt.length - 1 + i];
                List<Integer> drawn = heard.ids.subList(0, i);
                List<Integer> all = new ArrayList<>(drawn);
                Arrays.stream(prompt).forEach(all::add);
                row[3] += 1.5f;
                for (int id = 0; id < row.length; id++) {
                    long times = count(drawn, id);
                    if (all.contains(id)) {
                        row[id] *= (float) (row[id] > 0 ? 1 / repetition : repetition);
                    }
                    row[id] -= (float) (times * frequency + (times > 0 ? presence : 0));
                }
                float most = row[heard.ids.get(i)];
                for (float other : row) {
                    assertTrue(other <= most + 1e-4, "token " + i + " of " + Arrays.toString(half));
                }
                assertEquals(
                        logProbability(row, heard.ids.get(i)),
                        heard.scores.get(i).logProbability(),
                        1e-4);
            }
        }
    }

    private static long count(List<Integer> list, int id) {
        return list.stream().filter(other -> other == id).count();
    }

    /** Without a penalty greedy decoding of such a small model goes in circles; a large one makes every token new. */
    @Test
    void aLargePresencePenaltyNeverRepeats() {
        model(0);
        Extras extras = new Extras(Map.of(), 0, 1000, -1, false, false);
        Heard heard = alone(request(new int[] {4, 9}, 40, Sampling.GREEDY, extras));
        assertEquals(40, new HashSet<>(heard.ids).size());
        Extras often = new Extras(Map.of(), 1000, 0, -1, false, false);
        assertEquals(heard.ids, alone(request(new int[] {4, 9}, 40, Sampling.GREEDY, often)).ids);
    }

    /** Penalties that change nothing go the way of the host and draw the same. */
    @Test
    void theWayOverTheHostDrawsTheSame() {
        model(0);
        int[] prompt = {4, 9, 30};
        Sampling sampling = new Sampling(0.9, 20, 0.95, 0.02, 1.3);
        Heard plain = alone(request(prompt, 40, sampling, Extras.NONE));
        Extras nothing = new Extras(Map.of(6, 0.0), 0, 0, -1, false, false);
        assertEquals(plain.ids, alone(request(prompt, 40, sampling, nothing)).ids);
        assertEquals(plain.ids, alone(request(prompt, 40, sampling, scored(3, true))).ids);
    }

    /** With a repetition penalty alone as well as beside another one that is next to nothing, which the host applies. */
    @Test
    void scoresAreOfPenalisedLogits() {
        model(0);
        int[] prompt = {4, 9, 30};
        for (Sampling sampling :
                List.of(new Sampling(0, 0, 1, 2), new Sampling(1, 0, 1, 1.3), new Sampling(1, 0, 1, 0.7))) {
            Heard scored = alone(request(prompt, 30, sampling, scored(3, false)));
            Heard both = alone(request(prompt, 30, sampling, new Extras(Map.of(), 1e-9, 0, 3, false, false)));
            assertEquals(both.ids, scored.ids);
            for (int i = 0; i < 30; i++) {
                assertEquals(
                        both.scores.get(i).logProbability(),
                        scored.scores.get(i).logProbability(),
                        1e-6,
                        "token " + i);
                assertArrayEquals(
                        both.scores.get(i).topLogProbabilities(),
                        scored.scores.get(i).topLogProbabilities(),
                        1e-6);
            }
            assertEquals(scored.ids, alone(request(prompt, 30, sampling, Extras.NONE)).ids);
        }
    }

    @Test
    void endsCanBeIgnored() {
        model(0);
        Extras bias = new Extras(Map.of(17, 100.0), 0, 0, -1, false, false);
        Request ending = new Request(new int[] {1}, 5, Sampling.GREEDY, 0, new int[] {17}, 0.5, 0, bias);
        assertEquals(End.END_TOKEN, alone(ending).end);
        Extras ignoring = new Extras(Map.of(17, 100.0), 0, 0, -1, false, true);
        Heard heard = alone(new Request(new int[] {1}, 5, Sampling.GREEDY, 0, new int[] {17}, 0.5, 0, ignoring));
        assertEquals(End.LENGTH, heard.end);
        assertEquals(List.of(17, 17, 17, 17, 17), heard.ids);
    }

    @Test
    void oddLogitsAreScored() {
        model(5);
        float inf = Float.POSITIVE_INFINITY;
        TokenScore score = TokenScores.of(new float[] {Float.NaN, 1, -inf, 1, 0}, 1, 9);
        assertArrayEquals(new int[] {1, 3, 4, 0, 2}, score.topIds());
        double sum = Math.log(2 + Math.exp(-1));
        assertEquals(-sum, score.logProbability(), 1e-12);
        double[] expected = {-sum, -sum, -1 - sum, Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY};
        assertArrayEquals(expected, score.topLogProbabilities(), 1e-12);
        assertEquals(0, TokenScores.of(new float[] {3, inf, 0}, 1, 0).logProbability());
    }

    @Test
    void whatMeansNothingIsRefused() {
        model(0);
        assertThrows(UserError.class, () -> new Extras(Map.of(1, Double.NaN), 0, 0, -1, false, false));
        assertThrows(UserError.class, () -> new Extras(Map.of(), Double.NaN, 0, -1, false, false));
        assertThrows(UserError.class, () -> new Extras(Map.of(), 0, Double.POSITIVE_INFINITY, -1, false, false));
        assertThrows(UserError.class, () -> new Extras(Map.of(), 0, 0, -2, false, false));
        assertThrows(UserError.class, () -> new Extras(Map.of(), 0, 0, -1, true, false));
        assertThrows(UserError.class, () -> new Sampling(Double.NaN, 0, 1, 0, 1));
        assertThrows(UserError.class, () -> new Sampling(1, -1, 1, 0, 1));
        assertThrows(UserError.class, () -> new Sampling(1, 0, 0, 0, 1));
        assertThrows(UserError.class, () -> new Sampling(1, 0, 1, 1.5, 1));
        assertThrows(UserError.class, () -> new Sampling(1, 0, 1, 0, 0));
        Extras unknown = new Extras(Map.of(50, 1.0), 0, 0, -1, false, false);
        assertThrows(UserError.class, () -> alone(request(new int[] {1}, 1, Sampling.GREEDY, unknown)));
    }
}
