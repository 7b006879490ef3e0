package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;

/** Activations that are computed again are the same bits, and so are losses and gradients. */
class RecomputeTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 9;

    /** Losses, depths and gradients by name, after two micro-batches. */
    private static Map<String, float[]> train(
            Engine engine, ModelConfig config, boolean recompute, boolean anyCapacity) {
        Map<String, float[]> found = new LinkedHashMap<>();
        try (TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 3);
                TrainingPass pass =
                        new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 2, anyCapacity, recompute)) {
            for (int step = 0; step < 2; step++) {
                pass.begin();
                pass.add(model.inputs, model.targets);
                pass.add(model.targets, model.inputs);
                pass.end();
            }
            float[] losses = new float[Losses.COUNT];
            pass.losses(losses);
            found.put("losses", losses);
            float[] agreement = new float[config.recursions()];
            pass.agreement(agreement);
            found.put("agreement", agreement);
            int[] depths = new int[SEQUENCES * LENGTH];
            pass.depths(depths);
            float[] asFloats = new float[depths.length];
            for (int i = 0; i < depths.length; i++) {
                asFloats[i] = depths[i];
            }
            found.put("depths", asFloats);
            for (Map.Entry<String, Tensor> entry : pass.gradients().named().entrySet()) {
                float[] values = new float[entry.getValue().size()];
                engine.download(entry.getValue(), values, 0);
                found.put(entry.getKey(), values);
            }
        }
        return found;
    }

    private static void same(Supplier<Engine> engines, ModelConfig config, boolean anyCapacity) {
        Map<String, float[]> kept;
        Map<String, float[]> again;
        try (Engine engine = engines.get()) {
            kept = train(engine, config, false, anyCapacity);
        }
        try (Engine engine = engines.get()) {
            again = train(engine, config, true, anyCapacity);
        }
        assertEquals(kept.keySet(), again.keySet());
        kept.forEach((name, values) -> assertArrayEquals(values, again.get(name), name));
    }

    @TestFactory
    Stream<DynamicTest> everyKindOfModelHasTheSameGradients() {
        return TinyConfigs.everyKind().entrySet().stream()
                .map(kind -> DynamicTest.dynamicTest(
                        kind.getKey(), () -> same(() -> new CpuEngine(1), kind.getValue(), false)));
    }

    @TestFactory
    Stream<DynamicTest> alsoOnADevice() {
        int[] number = {0};
        return TinyConfigs.everyKind().entrySet().stream()
                .filter(kind -> number[0]++ % 24 == 8)
                .map(kind -> DynamicTest.dynamicTest(
                        kind.getKey(),
                        () -> same(
                                () -> new TornadoEngine(EngineOptions.standard().withChecks()),
                                kind.getValue(),
                                true)));
    }

    /** One set of activations for all layers: each but the first gives back all of its own but its output. */
    @Test
    void memoryFalls() {
        ModelConfig config = TinyConfigs.grouped(8, null);
        long kept = memory(config, false);
        long again = memory(config, true);
        long floatsOfARow = 2L * config.queryWidth()
                + 2L * config.kvWidth()
                + config.numHeads()
                + config.hiddenSize()
                + 2L * config.intermediateSize();
        long expected = Float.BYTES * 7 * SEQUENCES * LENGTH * floatsOfARow;
        assertEquals(expected, kept - again, 0.1 * expected, "bytes that were saved, of " + kept);
        assertTrue(again < kept, again + " bytes, and without " + kept);
    }

    private static long memory(ModelConfig config, boolean recompute) {
        try (Engine engine = new CpuEngine(1);
                TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 3);
                TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false, recompute)) {
            pass.begin();
            pass.add(model.inputs, model.targets);
            return engine.memoryBytes();
        }
    }
}
