package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.ReferenceModel.Choice;

/** Attention that stays inside documents: against the double-precision reference, and against the documents by themselves. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DocumentAttentionTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 11;
    /** Of models without low-rank factors. */
    private static final double TOLERANCE = 1e-5;

    private static final double GRADIENT = 1e-4;

    private Engine engine;

    @BeforeAll
    void open() {
        engine = new CpuEngine(2);
    }

    @AfterAll
    void close() {
        engine.close();
    }

    @TestFactory
    Stream<DynamicTest> everyKindAgainstTheReference() {
        return kinds(config -> {
            try (TinyModel model = decisive(engine, config)) {
                compare(model, tolerance(config), GRADIENT);
            }
        });
    }

    /**
     * What rounding may change grows with the number of sums that a value goes through. In W x an element is a sum of n terms. With
     * factors of rank r it is one of n terms in W x, and beside it one of n terms in A x and one of r terms in B (A x): 2 n + r in
     * place of n. The narrowest map, n the hidden size, has the most of it.
     */
    private static double tolerance(ModelConfig config) {
        if (config.lora() == null) {
            return TOLERANCE;
        }
        return TOLERANCE * (2 + (double) config.lora().rank() / config.hiddenSize());
    }

    private interface Check {
        void run(ModelConfig config);
    }

    private static Stream<DynamicTest> kinds(Check check) {
        return TinyConfigs.everyKind().entrySet().stream()
                .map((Map.Entry<String, ModelConfig> kind) ->
                        DynamicTest.dynamicTest(kind.getKey(), () -> check.run(kind.getValue())));
    }

    /** A model with documents whose decisions in both modes have a margin. */
    static TinyModel decisive(Engine engine, ModelConfig config) {
        for (long seed = 1; ; seed++) {
            TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, seed).withDocuments(seed);
            if (model.trainMargin() > TinyModel.MARGIN && model.causalMargin() > TinyModel.MARGIN) {
                return model;
            }
            model.close();
        }
    }

    /** A training step, and scores in both modes. */
    static void compare(TinyModel model, double tolerance, double gradient) {
        Choice train = Choice.topK(model.config, LENGTH);
        try (TrainingPass pass = new TrainingPass(model.engine, model.weights, SEQUENCES, LENGTH, 1, false);
                Scorer scorer = new Scorer(model.engine, model.weights, SEQUENCES + 1, LENGTH + 2)) {
            pass.keepWithinDocuments(TinyModel.END);
            scorer.keepWithinDocuments(TinyModel.END);
            Passes.train(model, pass, train, tolerance, gradient).alongAll();
            Passes.score(model, scorer, train, tolerance);
            Passes.score(model, scorer, Choice.threshold(model.config, 0, model.config.recursions()), tolerance);
            // And back again.
            model.reference.documentEnd = -1;
            pass.keepWithinDocuments(-1);
            scorer.keepWithinDocuments(-1);
            if (model.config.router() == RouterKind.NONE) {
                Passes.train(model, pass, train, tolerance, gradient);
                Passes.score(model, scorer, train, tolerance);
            }
        }
    }

    /** In causal mode: the top k spans a sequence, whatever documents are in it. */
    @TestFactory
    Stream<DynamicTest> packedDocumentsScoreAsByThemselves() {
        return kinds(config -> {
            try (TinyModel model = decisive(engine, config);
                    Scorer scorer = new Scorer(engine, model.weights, SEQUENCES, LENGTH)) {
                scorer.keepWithinDocuments(TinyModel.END);
                // Each of the two is within it of what is right.
                float tolerance = 2 * (float) tolerance(config);
                int vocabulary = config.vocabSize();
                float[] packed = new float[SEQUENCES * LENGTH * vocabulary];
                float[] losses = new float[SEQUENCES * LENGTH];
                int[] depths = new int[SEQUENCES * LENGTH];
                scorer.score(model.inputs, model.targets, SEQUENCES, LENGTH, true, packed);
                scorer.losses(losses);
                scorer.depths(depths);
                scorer.keepWithinDocuments(-1);
                List<int[]> documents = documents(model.inputs);
                assertNotEquals(SEQUENCES, documents.size());
                for (int[] document : documents) {
                    int from = document[0];
                    int to = document[1];
                    float[] alone = new float[(to - from) * vocabulary];
                    float[] aloneLosses = new float[to - from];
                    int[] aloneDepths = new int[to - from];
                    scorer.score(
                            Arrays.copyOfRange(model.inputs, from, to),
                            Arrays.copyOfRange(model.targets, from, to),
                            1,
                            to - from,
                            true,
                            alone);
                    scorer.losses(aloneLosses);
                    scorer.depths(aloneDepths);
                    assertArrayEquals(alone, Arrays.copyOfRange(packed, from * vocabulary, to * vocabulary), tolerance);
                    assertArrayEquals(aloneLosses, Arrays.copyOfRange(losses, from, to), tolerance);
                    assertArrayEquals(aloneDepths, Arrays.copyOfRange(depths, from, to));
                }
            }
        });
    }

    private static List<int[]> documents(int[] inputs) {
        List<int[]> documents = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < inputs.length; i++) {
            if (inputs[i] == TinyModel.END || (i + 1) % LENGTH == 0) {
                documents.add(new int[] {from, i + 1});
                from = i + 1;
            }
        }
        return documents;
    }

    /** Documents long enough for the blocked kernels, among short ones, on a model with little else in it. */
    @Test
    void longDocumentsScoreAsByThemselves() {
        int length = 400;
        ModelConfig config = new ModelConfig(257, 16, 16, 2, 2, 1, 8, 1e-5, 10000, length, true, 0.02, null);
        Random random = new Random(1);
        int[] inputs = random.ints(length, 10, 257).toArray();
        int[] ends = {0, 1, 129, 131, 390};
        for (int end : ends) {
            inputs[end] = TinyModel.END;
        }
        int[] targets = random.ints(length, 0, 257).toArray();
        try (ParameterSet weights = new ParameterSet(engine, "weights", config);
                Scorer scorer = new Scorer(engine, weights, 1, length)) {
            RandomModels.initialise(engine, weights, random);
            scorer.keepWithinDocuments(TinyModel.END);
            scorer.score(inputs, targets, 1, length, true, null);
            float[] packed = new float[length];
            scorer.losses(packed);
            for (int i = 0; i <= ends.length; i++) {
                int from = i == 0 ? 0 : ends[i - 1] + 1;
                int to = i == ends.length ? length : ends[i] + 1;
                scorer.score(
                        Arrays.copyOfRange(inputs, from, to),
                        Arrays.copyOfRange(targets, from, to),
                        1,
                        to - from,
                        true,
                        null);
                float[] alone = new float[to - from];
                scorer.losses(alone);
                assertArrayEquals(alone, Arrays.copyOfRange(packed, from, to), (float) TOLERANCE);
            }
        }
    }

    /** Of a packed batch the gradient is that of its documents, each as long as it is. */
    @Test
    void packedDocumentsGiveTheGradientOfTheirSum() {
        ModelConfig config = TinyConfigs.grouped(5, MorConfig.recursive(3));
        try (TinyModel model = decisive(engine, config);
                TrainingPass packed = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false)) {
            packed.keepWithinDocuments(TinyModel.END);
            packed.begin();
            packed.add(model.inputs, model.targets);
            Map<String, float[]> sum = new TreeMap<>();
            for (int[] document : documents(model.inputs)) {
                int length = document[1] - document[0];
                try (TrainingPass alone = new TrainingPass(engine, model.weights, 1, length, 1, false)) {
                    alone.begin();
                    alone.add(
                            Arrays.copyOfRange(model.inputs, document[0], document[1]),
                            Arrays.copyOfRange(model.targets, document[0], document[1]));
                    alone.gradients().named().forEach((name, tensor) -> {
                        float[] values = RandomModels.values(engine, tensor);
                        float[] into = sum.computeIfAbsent(name, n -> new float[values.length]);
                        for (int i = 0; i < values.length; i++) {
                            into[i] += values[i] * length / (SEQUENCES * LENGTH);
                        }
                    });
                }
            }
            assertEquals(packed.gradients().named().keySet(), sum.keySet());
            packed.gradients()
                    .named()
                    .forEach((name, tensor) ->
                            assertArrayEquals(sum.get(name), RandomModels.values(engine, tensor), 1e-5f, name));
        }
    }
}
