package org.tornadomor.model;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;

/** Checkpoints of the Llama family give the logits of Hugging Face's library: whole sequences, and decoded token by token. */
class FamilyGoldenTest {
    private static final double CPU = 2e-5;
    private static final double DEVICE = 1e-4;

    @TestFactory
    Stream<DynamicTest> onTheCpu() throws IOException {
        return FamilyCase.all().stream()
                .map(golden -> DynamicTest.dynamicTest(golden.name(), () -> {
                    try (Engine engine = new CpuEngine(2)) {
                        check(engine, golden, CPU, 1, 17);
                    }
                }));
    }

    @TestFactory
    @Tag("device")
    Stream<DynamicTest> onADevice() throws IOException {
        return FamilyCase.all().stream()
                .map(golden -> DynamicTest.dynamicTest(golden.name(), () -> {
                    try (Engine engine =
                            new TornadoEngine(EngineOptions.standard().withChecks())) {
                        // A device compiles the programs of each decoder.
                        check(engine, golden, DEVICE, 17);
                    }
                }));
    }

    private static void check(Engine engine, FamilyCase golden, double allowed, int... prompts) {
        int tokens = Math.min(golden.length, 40);
        try (ParameterSet weights = golden.load(engine)) {
            Closeness.assertClose("whole", golden.logits, golden.score(engine, weights), allowed);
            for (int prompt : prompts) {
                float[] decoded = golden.decode(engine, weights, prompt, tokens);
                Closeness.assertClose("decoded after " + prompt, golden.first(tokens), decoded, allowed);
            }
        }
    }
}
