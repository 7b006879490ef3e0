package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;

/**
 * Token-by-token decoding against caches gives the logits of the causal full-sequence forward, for models of every kind, any
 * split into pieces and any batch. A routing decision near the threshold may fall either way; where depths differ, the rest of
 * that sequence is left out and counted.
 */
class DecoderTest {
    private static final double TOLERANCE = 1e-4;

    @TestFactory
    List<DynamicTest> decodingEqualsScoring() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int seed = 0; seed < 36; seed++) {
            Random random = new Random(seed);
            ModelConfig config = RandomModels.config(random, seed);
            long testSeed = seed;
            tests.add(DynamicTest.dynamicTest(seed + " " + RandomModels.describe(config), () -> {
                try (Engine engine = new CpuEngine(2)) {
                    compare(config, new Random(testSeed), engine, engine, TOLERANCE);
                }
            }));
        }
        return tests;
    }

    /** Scores on one engine, decodes on another, which may be the same. */
    static void compare(ModelConfig config, Random random, Engine scoring, Engine decoding, double tolerance) {
        int sequences = 1 + random.nextInt(3);
        int length = 5 + random.nextInt(20);
        try (ParameterSet scored = new ParameterSet(scoring, "weights", config);
                ParameterSet decoded = new ParameterSet(decoding, "weights", config);
                Scorer scorer = new Scorer(scoring, scored, sequences, length);
                BatchDecoder decoder = new BatchDecoder(decoding, decoded, sequences, length, sequences * length, 64)) {
            RandomModels.initialise(scoring, scored, random);
            copy(scored, scoring, decoded, decoding);
            double threshold = random.nextBoolean() ? 0.5 : 0.45 + 0.1 * random.nextDouble();
            int maxDepth = random.nextInt(3) > 0 ? config.recursions() : 1 + random.nextInt(config.recursions());
            scorer.setThreshold(threshold);
            decoder.setThreshold(threshold);
            scorer.setMaxDepth(maxDepth);
            decoder.setMaxDepth(maxDepth);
            int[] ids = random.ints(sequences * length, 0, config.vocabSize()).toArray();
            int vocabulary = config.vocabSize();
            float[] expected = new float[ids.length * vocabulary];
            int[] expectedDepth = new int[ids.length];
            scorer.score(ids, ids, sequences, length, true, expected);
            scorer.depths(expectedDepth);

            float[] logits = new float[ids.length * vocabulary];
            int[] depth = new int[ids.length];
            decodeInPieces(decoder, random, ids, sequences, length, logits, depth, vocabulary);
            int compared = 0;
            for (int b = 0; b < sequences; b++) {
                for (int t = 0; t < length; t++) {
                    int row = b * length + t;
                    if (depth[row] != expectedDepth[row]) {
                        break;
                    }
                    double error = error(expected, logits, row * vocabulary, vocabulary);
                    assertTrue(error <= tolerance, "sequence " + b + ", token " + t + ": relative error " + error);
                    compared++;
                }
            }
            assertTrue(compared >= ids.length / 2, "only " + compared + " of " + ids.length + " tokens agree in depth");
            for (int b = 0; b < sequences; b++) {
                assertEquals(length, decoder.length(b));
            }
        }
    }

    static void copy(ParameterSet from, Engine source, ParameterSet to, Engine target) {
        Map<String, Tensor> targets = to.named();
        from.named().forEach((name, tensor) -> {
            float[] values = new float[tensor.size()];
            source.download(tensor, values, 0);
            target.upload(targets.get(name), values, 0);
        });
    }

    /** Each run takes a random number of tokens, often none, of each sequence. */
    private static void decodeInPieces(
            BatchDecoder decoder,
            Random random,
            int[] ids,
            int sequences,
            int length,
            float[] logits,
            int[] depth,
            int vocabulary) {
        boolean single = random.nextBoolean();
        int[] done = new int[sequences];
        int[] counts = new int[sequences];
        while (Arrays.stream(done).sum() < ids.length) {
            int rows = 0;
            int[] piece = new int[ids.length];
            for (int b = 0; b < sequences; b++) {
                counts[b] = Math.min(length - done[b], single ? 1 : random.nextInt(6));
                System.arraycopy(ids, b * length + done[b], piece, rows, counts[b]);
                rows += counts[b];
            }
            if (rows == 0) {
                continue;
            }
            decoder.runAll(counts, piece);
            float[] rowLogits = new float[rows * vocabulary];
            int[] rowDepth = new int[rows];
            decoder.logits(rowLogits);
            decoder.depths(rowDepth);
            int row = 0;
            for (int b = 0; b < sequences; b++) {
                int at = b * length + done[b];
                System.arraycopy(rowLogits, row * vocabulary, logits, at * vocabulary, counts[b] * vocabulary);
                System.arraycopy(rowDepth, row, depth, at, counts[b]);
                row += counts[b];
                done[b] += counts[b];
            }
        }
    }

    private static double error(float[] expected, float[] actual, int at, int count) {
        double difference = 0;
        double norm = 0;
        for (int i = at; i < at + count; i++) {
            difference += Math.pow((double) expected[i] - actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / Math.max(norm, 1e-30));
    }
}
