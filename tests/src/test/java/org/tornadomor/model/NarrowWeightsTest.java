package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;

/** A model with narrow weights is the float model of the rounded weights. */
class NarrowWeightsTest {
    private static final double TOLERANCE = 1e-4;

    /** Weights of the narrow type, and floats of exactly their values. */
    private static ParameterSet[] twins(Engine engine, ModelConfig config, ElementType type, Random random) {
        ParameterSet exact = new ParameterSet(engine, "weights", config);
        ParameterSet narrow = new ParameterSet(engine, "narrow weights", config, type);
        RandomModels.initialise(engine, exact, random);
        for (Map.Entry<String, Tensor> entry : exact.named().entrySet()) {
            Tensor twin = narrow.named().get(entry.getKey());
            assertArrayEquals(entry.getValue().shape(), twin.shape());
            float[] values = new float[twin.size()];
            engine.download(entry.getValue(), values, 0);
            engine.upload(twin, values, 0);
            engine.download(twin, values, 0);
            engine.upload(entry.getValue(), values, 0);
        }
        return new ParameterSet[] {exact, narrow};
    }

    @ParameterizedTest
    @EnumSource(
            value = ElementType.class,
            names = {"BF16", "I8", "Q8"})
    void scoringAndDecodingAreThoseOfTheRoundedWeights(ElementType type) {
        for (int seed = 0; seed < 12; seed++) {
            Random random = new Random(seed);
            ModelConfig config = RandomModels.config(random, seed);
            if (type == ElementType.Q8) {
                config = wholeBlocks(config);
            }
            try (Engine engine = new CpuEngine(2)) {
                ParameterSet[] twins = twins(engine, config, type, random);
                assertEquals(type, twins[1].type());
                assertThrows(IllegalStateException.class, twins[1]::matrices);
                int[] ids = random.ints(24, 0, config.vocabSize()).toArray();
                for (int piece : new int[] {1, 24}) {
                    compare(decode(engine, twins[0], ids, piece), decode(engine, twins[1], ids, piece));
                }
            }
        }
    }

    /** The same layers and routing with rows of whole blocks. */
    private static ModelConfig wholeBlocks(ModelConfig config) {
        return new ModelConfig(
                config.vocabSize(),
                64,
                96,
                config.numLayers(),
                4,
                2,
                8,
                config.rmsNormEps(),
                config.ropeTheta(),
                config.maxPositions(),
                config.tieEmbeddings(),
                config.initializerRange(),
                config.mor());
    }

    /** Logits [24, V] and then depths [24]. */
    private static float[] decode(Engine engine, ParameterSet weights, int[] ids, int piece) {
        int vocabulary = weights.config().vocabSize();
        float[] all = new float[ids.length * (vocabulary + 1)];
        float[] logits = new float[piece * vocabulary];
        int[] depths = new int[piece];
        try (BatchDecoder decoder = new BatchDecoder(engine, weights, 1, ids.length, piece, piece)) {
            for (int from = 0; from < ids.length; from += piece) {
                decoder.runAll(new int[] {piece}, Arrays.copyOfRange(ids, from, from + piece));
                decoder.logits(logits);
                decoder.depths(depths);
                System.arraycopy(logits, 0, all, from * vocabulary, logits.length);
                for (int i = 0; i < piece; i++) {
                    all[ids.length * vocabulary + from + i] = depths[i];
                }
            }
        }
        return all;
    }

    /** Up to the first token whose routing fell the other way, since a decision near the threshold may. */
    private static void compare(float[] expected, float[] actual) {
        int vocabulary = expected.length / 24 - 1;
        int compared = 0;
        for (int t = 0; t < 24 && expected[24 * vocabulary + t] == actual[24 * vocabulary + t]; t++) {
            double difference = 0;
            double norm = 0;
            for (int i = t * vocabulary; i < (t + 1) * vocabulary; i++) {
                difference += Math.pow((double) expected[i] - actual[i], 2);
                norm += Math.pow(expected[i], 2);
            }
            assertTrue(difference <= TOLERANCE * TOLERANCE * norm, "token " + t + ": " + Math.sqrt(difference / norm));
            compared++;
        }
        assertTrue(compared >= 8, "only " + compared + " tokens agree in depth");
    }
}
