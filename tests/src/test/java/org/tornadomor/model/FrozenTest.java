package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;

/** Gradients of frozen matrices are not computed, and those of the others are the bits that they are without that. */
class FrozenTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 6;

    private static List<ModelConfig> models() {
        LoraConfig all = new LoraConfig(2, LoraConfig.ALL);
        LoraConfig some = new LoraConfig(2, List.of(LoraTarget.Q, LoraTarget.DOWN));
        return List.of(
                TinyConfigs.grouped(4, MorConfig.recursive(2)),
                TinyConfigs.grouped(4, MorConfig.expertChoice(2).withLora(all)),
                TinyConfigs.multiHead(4, MorConfig.tokenChoice(2).withLora(some)));
    }

    @TestFactory
    List<DynamicTest> theOthersAreTheSameBits() {
        List<DynamicTest> tests = new ArrayList<>();
        for (ModelConfig config : models()) {
            for (boolean recompute : new boolean[] {false, true}) {
                String name = RandomModels.describe(config) + (recompute ? ", recomputed" : "");
                tests.add(DynamicTest.dynamicTest(name, () -> {
                    try (Engine engine = new CpuEngine(2)) {
                        compare(engine, config, recompute);
                    }
                }));
            }
        }
        return tests;
    }

    @Test
    @Tag("device")
    void theOthersAreTheSameBitsOnADevice() {
        try (Engine engine = new TornadoEngine(EngineOptions.standard().withChecks())) {
            compare(engine, models().get(1), false);
        }
    }

    private static void compare(Engine engine, ModelConfig config, boolean recompute) {
        Set<ParameterGroup> every = EnumSet.allOf(ParameterGroup.class);
        try (TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 5);
                TrainingPass whole = pass(engine, model, recompute, every)) {
            step(whole, model);
            for (ParameterGroup frozen : List.of(ParameterGroup.SHARED, ParameterGroup.LORA)) {
                Set<ParameterGroup> trained = EnumSet.copyOf(every);
                trained.remove(frozen);
                try (TrainingPass part = pass(engine, model, recompute, trained)) {
                    step(part, model);
                    for (boolean decayed : new boolean[] {true, false}) {
                        assertSame(engine, whole, part, trained, decayed, frozen);
                    }
                    for (Tensor span : part.gradients().spans(EnumSet.of(frozen), true)) {
                        float[] values = RandomModels.values(engine, span);
                        assertArrayEquals(
                                new float[values.length], values, "gradients of frozen matrices of " + frozen);
                    }
                }
            }
        }
    }

    private static void assertSame(
            Engine engine,
            TrainingPass whole,
            TrainingPass part,
            Set<ParameterGroup> groups,
            boolean decayed,
            ParameterGroup frozen) {
        List<Tensor> expected = whole.gradients().spans(groups, decayed);
        List<Tensor> actual = part.gradients().spans(groups, decayed);
        assertFalse(expected.isEmpty());
        for (int i = 0; i < expected.size(); i++) {
            float[] wanted = RandomModels.values(engine, expected.get(i));
            assertTrue(Arrays.hashCode(wanted) != Arrays.hashCode(new float[wanted.length]), "they are not all zero");
            assertArrayEquals(wanted, RandomModels.values(engine, actual.get(i)), 0f, frozen + " is frozen");
        }
    }

    private static TrainingPass pass(Engine engine, TinyModel model, boolean recompute, Set<ParameterGroup> trained) {
        return new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false, recompute, null, null, trained);
    }

    private static void step(TrainingPass pass, TinyModel model) {
        pass.begin();
        pass.add(model.inputs, model.targets);
    }
}
