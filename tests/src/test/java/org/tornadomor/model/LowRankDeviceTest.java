package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.model.ReferenceModel.Choice;

/** Low-rank factors on a device: gradients against the double-precision reference, decoding against the CPU engine. */
@Tag("device")
class LowRankDeviceTest {
    private static final double TOLERANCE = 2e-4;
    private static final double GRADIENT = 1e-3;
    private static final int LENGTH = 5;

    private static Engine device() {
        return new TornadoEngine(EngineOptions.standard().withChecks());
    }

    @TestFactory
    Stream<DynamicTest> gradientsAreThoseOfTheReference() {
        return TinyConfigs.everyKind().entrySet().stream()
                .filter(kind -> List.of(
                                "low rank, recursive MIDDLE_SEQUENCE SHARED",
                                "low rank, expert HYBRID",
                                "low rank, token")
                        .contains(kind.getKey()))
                .map(kind -> DynamicTest.dynamicTest(kind.getKey(), () -> {
                    ModelConfig config = kind.getValue();
                    try (Engine engine = device();
                            TinyModel model = TinyModel.decisive(engine, config, 1, LENGTH, 1, TinyModel::trainMargin);
                            TrainingPass pass = new TrainingPass(engine, model.weights, 1, LENGTH, 1, false)) {
                        Passes.train(model, pass, Choice.topK(config, LENGTH), TOLERANCE, GRADIENT)
                                .alongEachTensor();
                    }
                }));
    }

    /** Random shapes: one looped model of each router, and one whose layers are not a block. */
    @TestFactory
    List<DynamicTest> rowsOfEachDepthTakeItsFactors() {
        List<DynamicTest> tests = new ArrayList<>();
        for (RouterKind router : TinyConfigs.ROUTERS) {
            int seed = 0;
            ModelConfig config = LowRankTest.random(new Random(seed), seed);
            while (config.router() != router || config.recursions() < 2) {
                seed++;
                config = LowRankTest.random(new Random(seed), seed);
            }
            ModelConfig chosen = config;
            long chosenSeed = seed;
            tests.add(DynamicTest.dynamicTest(LowRankTest.describe(config), () -> {
                try (Engine cpu = new CpuEngine(2);
                        Engine engine = device()) {
                    TicksTest.run(cpu, engine, chosen, new Random(chosenSeed), TOLERANCE);
                }
            }));
        }
        return tests;
    }
}
