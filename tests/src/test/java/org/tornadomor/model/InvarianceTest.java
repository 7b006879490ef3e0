package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.trainer.Optimizer;

/** What must not change a result: later tokens, the rest of the batch, the number of threads, micro-batching. */
class InvarianceTest {
    private static final int SEQUENCES = 3;
    private static final int LENGTH = 9;
    /** What another order of additions makes of logits. */
    private static final double ORDER = 5e-6;

    private static float[] score(Scorer scorer, TinyModel model, int[] inputs, int sequences, boolean causal) {
        float[] logits = new float[inputs.length * model.config.vocabSize()];
        scorer.score(inputs, inputs, sequences, inputs.length / sequences, causal, logits);
        return logits;
    }

    /**
     * In causal mode. Bit for bit where all layers run on all rows; where later tokens change how many rows a depth has, a
     * product of another shape may add in another order. The top k of a sequence does depend on later tokens, which must be
     * seen here, or the comparison could not fail.
     */
    @Test
    void laterTokensDoNotChangeEarlierLogits() {
        int looksAhead = 0;
        try (Engine engine = new CpuEngine(1)) {
            for (Map.Entry<String, ModelConfig> kind : TinyConfigs.everyKind().entrySet()) {
                ModelConfig config = kind.getValue();
                try (TinyModel model =
                                TinyModel.decisive(engine, config, SEQUENCES, LENGTH, 5, TinyModel::causalMargin);
                        Scorer scorer = new Scorer(engine, model.weights, SEQUENCES, LENGTH)) {
                    double difference = prefixDifference(kind.getKey(), scorer, model, true);
                    boolean routed = config.router() != RouterKind.NONE;
                    assertTrue(difference <= (routed ? ORDER : 0), kind.getKey() + ": " + difference);
                    looksAhead += prefixDifference(kind.getKey(), scorer, model, false) > 100 * ORDER ? 1 : 0;
                }
            }
        }
        long expertModels = TinyConfigs.everyKind().values().stream()
                .filter(config -> config.router() == RouterKind.EXPERT_CHOICE)
                .count();
        assertTrue(looksAhead > expertModels / 2, "the top k looked ahead in " + looksAhead + " of " + expertModels);
    }

    /** How much the logits of the first tokens change with the later ones. */
    private static double prefixDifference(String kind, Scorer scorer, TinyModel model, boolean causal) {
        int kept = 4;
        float[] before = score(scorer, model, model.inputs, SEQUENCES, causal);
        float[] after = score(scorer, model, changeFrom(kept, model), SEQUENCES, causal);
        assertFalse(Arrays.equals(before, after), kind + ": nothing changed at all");
        int vocabulary = model.config.vocabSize();
        return difference(prefixes(before, kept, vocabulary), prefixes(after, kept, vocabulary));
    }

    /** The norm of the difference over the norm. */
    private static double difference(float[] a, float[] b) {
        assertEquals(a.length, b.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < a.length; i++) {
            difference += Math.pow((double) a[i] - b[i], 2);
            norm += Math.pow(a[i], 2);
        }
        return Math.sqrt(difference / norm);
    }

    private static int[] changeFrom(int kept, TinyModel model) {
        int[] changed = model.inputs.clone();
        for (int i = 0; i < changed.length; i++) {
            if (i % LENGTH >= kept) {
                changed[i] = (changed[i] + 1 + i % 5) % model.config.vocabSize();
            }
        }
        return changed;
    }

    private static float[] prefixes(float[] logits, int kept, int vocabulary) {
        float[] prefixes = new float[SEQUENCES * kept * vocabulary];
        for (int b = 0; b < SEQUENCES; b++) {
            System.arraycopy(logits, b * LENGTH * vocabulary, prefixes, b * kept * vocabulary, kept * vocabulary);
        }
        return prefixes;
    }

    @Test
    void sequencesOfABatchDoNotChangeEachOther() {
        try (Engine engine = new CpuEngine(1)) {
            for (Map.Entry<String, ModelConfig> kind : TinyConfigs.everyKind().entrySet()) {
                List<ToDoubleFunction<TinyModel>> margins = List.of(TinyModel::trainMargin, TinyModel::causalMargin);
                try (TinyModel model = TinyModel.decisive(engine, kind.getValue(), SEQUENCES, LENGTH, 6, margins);
                        Scorer scorer = new Scorer(engine, model.weights, SEQUENCES, LENGTH)) {
                    for (boolean causal : new boolean[] {true, false}) {
                        float[] together = score(scorer, model, model.inputs, SEQUENCES, causal);
                        float[] alone = new float[0];
                        for (int b = 0; b < SEQUENCES; b++) {
                            int[] one = Arrays.copyOfRange(model.inputs, b * LENGTH, (b + 1) * LENGTH);
                            float[] logits = score(scorer, model, one, 1, causal);
                            int size = alone.length;
                            alone = Arrays.copyOf(alone, size + logits.length);
                            System.arraycopy(logits, 0, alone, size, logits.length);
                        }
                        double difference = difference(together, alone);
                        assertTrue(difference <= ORDER, kind.getKey() + ": " + difference);
                    }
                }
            }
        }
    }

    /** A step of models that are wide enough, with rows enough, for ops to be cut into several tiles. */
    @Test
    void resultsDoNotDependOnThreads() {
        ModelConfig plain = new ModelConfig(120, 64, 96, 5, 4, 2, 16, 1e-5, 10000, 160, true, 0.02, null);
        MorConfig hybrid = MorConfig.expertChoice(3).toBuilder()
                .kv(KvMode.HYBRID)
                .auxRouter(true)
                .routerArch(RouterArch.MLP)
                .build();
        compareThreads(plain.withMor(hybrid), 1, 2, 3);
        compareThreads(plain.withMor(MorConfig.tokenChoice(3).withKv(KvMode.SHARED)), 1, 3);
    }

    private static void compareThreads(ModelConfig config, int first, int... others) {
        Map<String, float[]> expected = trainAndScore(config, first);
        for (int threads : others) {
            Map<String, float[]> actual = trainAndScore(config, threads);
            assertEquals(expected.keySet(), actual.keySet());
            expected.forEach((what, values) ->
                    assertArrayEquals(values, actual.get(what), what + " with " + threads + " threads, " + config));
        }
    }

    private static Map<String, float[]> trainAndScore(ModelConfig config, int threads) {
        int sequences = 4;
        int length = 160;
        Map<String, float[]> results = new LinkedHashMap<>();
        try (Engine engine = new CpuEngine(threads);
                TinyModel model = new TinyModel(engine, config, sequences, length, 2);
                TrainingPass pass = new TrainingPass(engine, model.weights, sequences, length, 1, false);
                Optimizer optimizer =
                        new Optimizer(engine, model.weights, pass.gradients(), Optimizer.Settings.DEFAULT);
                Scorer scorer = new Scorer(engine, model.weights, sequences, length)) {
            pass.begin();
            pass.add(model.inputs, model.targets);
            results.putAll(results(engine, pass));
            pass.end();
            optimizer.step(1e-2f, 1);
            results.put("gradient norm", new float[] {optimizer.gradientNorm()});
            model.weights
                    .named()
                    .forEach((name, tensor) -> results.put("moved " + name, RandomModels.values(engine, tensor)));
            results.put("logits", score(scorer, model, model.inputs, sequences, true));
        }
        return results;
    }

    /** Two micro-batches of a step average their losses and gradients. */
    @Test
    void microBatchesAreAveraged() {
        try (Engine engine = new CpuEngine(1)) {
            for (Map.Entry<String, ModelConfig> kind : TinyConfigs.everyKind().entrySet()) {
                ModelConfig config = kind.getValue();
                try (TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 9);
                        TrainingPass one = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false);
                        TrainingPass two = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 2, false)) {
                    Map<String, double[]> mean = new HashMap<>();
                    two.begin();
                    for (int[] inputs : List.of(model.inputs, changeFrom(2, model))) {
                        one.begin();
                        one.add(inputs, model.targets);
                        results(engine, one).forEach((name, values) -> {
                            double[] sum = mean.computeIfAbsent(name, n -> new double[values.length]);
                            for (int i = 0; i < sum.length; i++) {
                                sum[i] += values[i] / 2.0;
                            }
                        });
                        two.add(inputs, model.targets);
                    }
                    results(engine, two)
                            .forEach((name, values) -> Closeness.assertClose(
                                    kind.getKey() + ", " + name, new double[][] {mean.get(name)}, values, ORDER));
                }
            }
        }
    }

    private static Map<String, float[]> results(Engine engine, TrainingPass pass) {
        Map<String, float[]> results = new HashMap<>();
        float[] losses = new float[Losses.COUNT];
        pass.losses(losses);
        results.put("losses", losses);
        pass.gradients().named().forEach((name, tensor) -> results.put(name, RandomModels.values(engine, tensor)));
        return results;
    }

    /** A step leaves nothing behind for the next: the same batch again gives the same bits, whatever came between. */
    @Test
    void stepsKeepNothing() {
        try (Engine engine = new CpuEngine(1)) {
            SplittableRandom random = new SplittableRandom(3);
            for (Map.Entry<String, ModelConfig> kind : TinyConfigs.everyKind().entrySet()) {
                try (TinyModel model = new TinyModel(engine, kind.getValue(), SEQUENCES, LENGTH, 11);
                        TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false)) {
                    pass.begin();
                    pass.add(model.inputs, model.targets);
                    Map<String, float[]> first = results(engine, pass);
                    int[] other = random.ints(model.inputs.length, 0, model.config.vocabSize())
                            .toArray();
                    pass.begin();
                    pass.add(other, other);
                    pass.begin();
                    pass.add(model.inputs, model.targets);
                    Map<String, float[]> again = results(engine, pass);
                    assertEquals(first.keySet(), again.keySet());
                    first.forEach(
                            (name, values) -> assertArrayEquals(values, again.get(name), kind.getKey() + ", " + name));
                }
            }
        }
    }
}
