package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ModelConfigTest {
    private static ModelConfig expert(int recursions) {
        return Configs.llama(2 + recursions).withMor(MorConfig.expertChoice(recursions));
    }

    @Test
    void capacitiesOfThePaper() {
        assertArrayEquals(new int[] {2048, 1365, 682}, expert(3).capacities(2048));
        assertArrayEquals(new int[] {2048, 1536, 1024, 512}, expert(4).capacities(2048));
        assertArrayEquals(new int[] {1, 1, 1}, expert(3).capacities(1));
    }

    @Test
    void givenCapacitiesRoundDownInDouble() {
        ModelConfig config = expert(3);
        ModelConfig given = config.withMor(config.mor().withCapacity(List.of(1.0, 0.6, 0.29)));
        assertArrayEquals(new int[] {23, 13, 6}, given.capacities(23));
        // 0.29 x 100 is 28.999999999999996 in double.
        assertArrayEquals(new int[] {100, 60, 29}, given.capacities(100));
        assertArrayEquals(new int[] {2, 1, 1}, given.capacities(2));
    }

    @Test
    void everyTokenWithoutExpertChoice() {
        ModelConfig config = expert(3);
        assertArrayEquals(
                new int[] {9, 9, 9}, config.withMor(MorConfig.recursive(3)).capacities(9));
        assertArrayEquals(
                new int[] {9, 9, 9}, config.withMor(MorConfig.tokenChoice(3)).capacities(9));
        assertArrayEquals(new int[] {9}, config.withMor(null).capacities(9));
    }

    /** Exactly floor(T (N_r - r + 1) / N_r) at any length, where double arithmetic would be one off. */
    @Property(tries = 500)
    void capacitiesAreExact(
            @ForAll @IntRange(min = 1, max = Integer.MAX_VALUE) int T, @ForAll @IntRange(min = 1, max = 50) int n) {
        int[] k = expert(n).capacities(T);
        for (int r = 1; r <= n; r++) {
            BigInteger exact = BigInteger.valueOf(T)
                    .multiply(BigInteger.valueOf(n - r + 1))
                    .divide(BigInteger.valueOf(n));
            assertEquals(Math.max(1, exact.intValueExact()), k[r - 1]);
            assertTrue(r == 1 || k[r - 1] <= k[r - 2]);
        }
    }

    @Test
    void nextLayersThatDivide() {
        assertEquals(34, ModelConfig.nextDividingLayers(32, Sharing.MIDDLE_CYCLE, 4));
        assertEquals(32, ModelConfig.nextDividingLayers(32, Sharing.MIDDLE_CYCLE, 3));
        assertEquals(9, ModelConfig.nextDividingLayers(7, Sharing.CYCLE, 3));
        assertEquals(5, ModelConfig.nextDividingLayers(1, Sharing.MIDDLE_SEQUENCE, 3));
    }
}
