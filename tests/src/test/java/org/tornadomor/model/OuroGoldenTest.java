package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.ExitRule.By;

/** An Ouro whose tokens leave by its gate says what a second implementation says, which was written in NumPy. */
class OuroGoldenTest {
    private static final double ALLOWED = 1e-4;

    @TestFactory
    Stream<DynamicTest> onTheCpu() {
        return Stream.of(0.3, 0.6)
                .map(threshold -> DynamicTest.dynamicTest("threshold " + threshold, () -> {
                    try (Engine engine = new CpuEngine(2)) {
                        check(engine, threshold);
                    }
                }));
    }

    @TestFactory
    @Tag("device")
    Stream<DynamicTest> onADevice() {
        return Stream.of(0.3, 0.6)
                .map(threshold -> DynamicTest.dynamicTest("threshold " + threshold, () -> {
                    try (Engine engine =
                            new TornadoEngine(EngineOptions.standard().withChecks())) {
                        check(engine, threshold);
                    }
                }));
    }

    private static void check(Engine engine, double threshold) {
        FamilyCase golden = FamilyCase.of("ouro");
        int rows = golden.inputs.length;
        int prompt;
        int[] depths;
        float[] logits;
        try (TensorSource expected = SafeTensors.open(golden.folder.resolve("expected.safetensors"))) {
            prompt = expected.readInts("prompt")[0];
            depths = expected.readInts("depths_" + threshold);
            logits = expected.read("logits_" + threshold);
        }
        try (ParameterSet weights = golden.load(engine)) {
            int vocabulary = weights.config().vocabSize();
            float[] found = new float[rows * vocabulary];
            int[] took = new int[rows];
            DecoderSize size = DecoderSize.full(weights.config(), golden.sequences, golden.length, rows)
                    .withLogitRows(rows);
            try (Decoder decoder = new Decoder(engine, weights, size)) {
                int[] fed = new int[golden.sequences];
                int[] left = new int[golden.sequences];
                for (int s = 0; s < golden.sequences; s++) {
                    assertEquals(s, decoder.open(0.5, weights.config().recursions()));
                    decoder.setExit(s, new ExitRule(By.GATE, threshold), prompt);
                }
                while (Arrays.stream(left).sum() < rows) {
                    for (int s = 0; s < golden.sequences; s++) {
                        if (fed[s] == left[s] && fed[s] < golden.length) {
                            int count = fed[s] == 0 ? prompt : 1;
                            decoder.feed(s, golden.inputs, s * golden.length + fed[s], count, count);
                            fed[s] += count;
                        }
                    }
                    int outputs = decoder.tick(DepthPolicy.DEPTH_WISE);
                    float[] some = new float[outputs * vocabulary];
                    decoder.logits(some);
                    for (int i = 0; i < outputs; i++) {
                        int s = decoder.outputSequence(i);
                        int row = s * golden.length + decoder.outputPosition(i);
                        left[s]++;
                        took[row] = decoder.depth(s, decoder.outputPosition(i));
                        System.arraycopy(some, i * vocabulary, found, row * vocabulary, vocabulary);
                    }
                }
            }
            assertArrayEquals(depths, took);
            assertArrayEquals(logits, found, (float) ALLOWED);
        }
    }
}
