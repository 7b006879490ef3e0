package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlopsTest {
    private static final double BUDGET = 16.5e18;
    private static final long BATCH_TOKENS = 1024 * 2048;

    private static ModelConfig kvShared(String name) {
        ModelConfig config = Presets.get(name);
        return config.withMor(config.mor().withKv(KvMode.SHARED));
    }

    @ParameterizedTest
    @CsvSource({
        "360m, 9438",
        "360m-rec3, 9438",
        "360m-rec4, 8883",
        "360m-mor2, 12619",
        "360m-mor3, 14161",
        "360m-tok3, 14161",
        "360m-mor4, 14216",
        "135m-mor3, 36326"
    })
    void stepsThatWereReleased(String name, long steps) {
        assertEquals(steps, new Flops(Presets.get(name), 2048).steps(BUDGET, BATCH_TOKENS), 2);
    }

    @Test
    void stepsWithSharedKeysAndValues() {
        assertEquals(14672, new Flops(kvShared("360m-mor3"), 2048).steps(BUDGET, BATCH_TOKENS), 2);
    }

    @ParameterizedTest
    @CsvSource({"360m, 833.6", "360m-mor2, 623.5", "360m-mor3, 555.6", "360m-mor4, 553.5"})
    void forwardMillions(String name, double millions) {
        assertEquals(millions, new Flops(Presets.get(name), 2048).forwardPerToken() / 1e6, 0.06);
    }

    @Test
    void activeShareSumsDeeperTokens() {
        assertArrayEquals(new double[] {1, 0.75, 0.5}, Flops.activeShare(new double[] {0.25, 0.25, 0.5}), 1e-15);
    }

    @Test
    void computeSaved() {
        Flops flops = new Flops(Presets.get("360m-mor3"), 2048);
        assertEquals(0, flops.computeSaved(new double[] {0, 0, 1}), 1e-12);
        // Spread evenly, the depths have the planned shares.
        double even = 1.0 / 3;
        assertEquals(1 - 555.6 / 833.6, flops.computeSaved(new double[] {even, even, even}), 1e-4);
        // At one recursion 12 of 32 layers remain.
        assertEquals(1 - 12.0 / 32, flops.computeSaved(new double[] {1, 0, 0}), 1e-12);
    }

    /** A plain model: 6 (everything but the embedding lookup) + 6 L d T. */
    @Test
    void trainingOfPlainModel() {
        ModelConfig config = Presets.get("small");
        ParameterCount count = ParameterCount.of(config);
        double expected = 6.0 * (count.embedding() + count.nonEmbedding()) + 6.0 * 14 * 512 * 256;
        assertEquals(expected, new Flops(config, 256).trainingPerToken(), 1);
    }

    @Test
    void trainingWeighsLayersWithTheirRows() {
        ModelConfig config = Presets.get("tiny");
        long layer = 2 * 192 * 192 + 2 * 64 * 192 + 3 * 512 * 192 + 2 * 192;
        double layers = 2 + 2 * (1 + 0.5 + 0.25);
        double routers = 192 * (1 + 1 + 0.5);
        double expected = 6 * (257 * 192 + 192 + layers * layer + routers + layers * 192 * 128);
        assertEquals(expected, new Flops(config, 128).trainingPerToken(new double[] {1, 0.5, 0.25}), 1e-3);
        double unused = 6 * (2 * 64 * 192) * 2 * (0.5 + 0.25);
        assertEquals(
                expected - unused,
                new Flops(kvShared("tiny"), 128).trainingPerToken(new double[] {1, 0.5, 0.25}),
                1e-3);
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
    void planNeverExceedsFullDepth(
            @ForAll("configs") ModelConfig config, @ForAll @IntRange(min = 1, max = 4096) int tokens) {
        Flops flops = new Flops(config, tokens);
        double[] deepest = new double[config.recursions()];
        deepest[deepest.length - 1] = 1;
        double full = flops.forwardPerToken(Flops.activeShare(deepest));
        assertTrue(flops.forwardPerToken() <= full * (1 + 1e-12));
        assertTrue(flops.trainingPerToken() <= flops.trainingPerToken(Flops.activeShare(deepest)) * (1 + 1e-12));
        assertEquals(0, flops.computeSaved(deepest), 1e-12);
    }

    @Provide
    Arbitrary<ModelConfig> configs() {
        return Configs.any();
    }
}
