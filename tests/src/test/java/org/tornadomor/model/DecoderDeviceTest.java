package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;

/** Decoding on a device gives the logits of the causal full-sequence forward on the CPU engine: one model of each router. */
@Tag("device")
class DecoderDeviceTest {
    private static final double TOLERANCE = 2e-4;

    @TestFactory
    List<DynamicTest> decodingEqualsScoringOnTheCpu() {
        List<DynamicTest> tests = new ArrayList<>();
        for (RouterKind router : TinyConfigs.ROUTERS) {
            int seed = 0;
            ModelConfig config = RandomModels.config(new Random(seed), seed);
            while (config.router() != router || config.recursions() < 2) {
                seed++;
                config = RandomModels.config(new Random(seed), seed);
            }
            ModelConfig chosen = config;
            int chosenSeed = seed;
            tests.add(DynamicTest.dynamicTest(RandomModels.describe(config), () -> {
                try (Engine cpu = new CpuEngine(2);
                        Engine device =
                                new TornadoEngine(EngineOptions.standard().withChecks())) {
                    DecoderTest.compare(chosen, new Random(chosenSeed), cpu, device, TOLERANCE);
                }
            }));
            tests.add(DynamicTest.dynamicTest("coming and going, " + RandomModels.describe(config), () -> {
                try (Engine cpu = new CpuEngine(2);
                        Engine device =
                                new TornadoEngine(EngineOptions.standard().withChecks())) {
                    TicksTest.run(cpu, device, chosen, new Random(chosenSeed), TOLERANCE);
                }
            }));
        }
        return tests;
    }
}
