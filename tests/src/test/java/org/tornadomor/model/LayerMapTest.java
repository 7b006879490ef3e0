package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LayerMapTest {
    private static LayerMap map(int layers, int recursions, Sharing sharing, KvMode kv) {
        MorConfig mor = MorConfig.recursive(recursions).withSharing(sharing).withKv(kv);
        return new LayerMap(Configs.llama(layers).withMor(mor));
    }

    private static int[] all(LayerMap map, IntUnaryOperator of) {
        return IntStream.range(0, map.numLayers()).map(of).toArray();
    }

    @Test
    void nineLayersAsInThePaper() {
        LayerMap cycle = map(9, 3, Sharing.CYCLE, KvMode.SHARED);
        assertArrayEquals(new int[] {0, 1, 2, 0, 1, 2, 0, 1, 2}, all(cycle, cycle::weightSet));
        assertArrayEquals(new int[] {1, 1, 1, 2, 2, 2, 3, 3, 3}, all(cycle, cycle::recursion));
        assertArrayEquals(new int[] {0, 1, 2, 0, 1, 2, 0, 1, 2}, all(cycle, cycle::kvSource));
        LayerMap sequence = map(9, 3, Sharing.SEQUENCE, KvMode.SHARED);
        assertArrayEquals(new int[] {0, 0, 0, 1, 1, 1, 2, 2, 2}, all(sequence, sequence::weightSet));
        assertArrayEquals(new int[] {1, 2, 3, 1, 2, 3, 1, 2, 3}, all(sequence, sequence::recursion));
        assertArrayEquals(new int[] {0, 0, 0, 3, 3, 3, 6, 6, 6}, all(sequence, sequence::kvSource));
    }

    @Test
    void middleKeepsFirstAndLast() {
        LayerMap cycle = map(8, 3, Sharing.MIDDLE_CYCLE, KvMode.SHARED);
        assertArrayEquals(new int[] {0, 1, 2, 1, 2, 1, 2, 3}, all(cycle, cycle::weightSet));
        assertArrayEquals(new int[] {0, 1, 1, 2, 2, 3, 3, 0}, all(cycle, cycle::recursion));
        assertArrayEquals(new int[] {0, 1, 2, 1, 2, 1, 2, 7}, all(cycle, cycle::kvSource));
        LayerMap sequence = map(8, 3, Sharing.MIDDLE_SEQUENCE, KvMode.RECURSION_WISE);
        assertArrayEquals(new int[] {0, 1, 1, 1, 2, 2, 2, 3}, all(sequence, sequence::weightSet));
        assertArrayEquals(new int[] {0, 1, 2, 3, 1, 2, 3, 0}, all(sequence, sequence::recursion));
        assertArrayEquals(IntStream.range(0, 8).toArray(), all(sequence, sequence::kvSource));
        assertEquals(
                List.of(1, 2, 1, 4), List.of(cycle.prefix(), cycle.blockSize(), cycle.suffix(), cycle.numWeightSets()));
    }

    @Test
    void plainModelIsOneBlockOutsideRecursion() {
        LayerMap plain = new LayerMap(Configs.llama(5));
        assertArrayEquals(IntStream.range(0, 5).toArray(), all(plain, plain::weightSet));
        assertArrayEquals(new int[5], all(plain, plain::recursion));
        assertEquals(
                List.of(0, 5, 0, 5), List.of(plain.prefix(), plain.blockSize(), plain.suffix(), plain.numWeightSets()));
    }

    /** The formulas of the table, as the paper writes them. */
    @Property(tries = 300)
    void followsTheTable(
            @ForAll Sharing sharing,
            @ForAll @IntRange(min = 1, max = 6) int n,
            @ForAll @IntRange(min = 1, max = 9) int b) {
        int unique = sharing.middle() ? 1 : 0;
        int layers = 2 * unique + b * n;
        LayerMap map = map(layers, n, sharing, KvMode.SHARED);
        for (int l = unique; l < layers - unique; l++) {
            int shared = l - unique;
            int expected = unique + (sharing.cycle() ? shared % b : shared / n);
            assertEquals(expected, map.weightSet(l));
            assertEquals(l, map.layer(map.recursion(l), map.weightSet(l) - unique));
        }
        assertEquals(0, map.weightSet(0));
        assertEquals(b + 2 * unique - 1, map.weightSet(layers - 1));
        assertEquals(b + 2 * unique, map.numWeightSets());
    }

    /** Weight sets are numbered in the order of first use, and shared keys and values lie at that first use. */
    @Property(tries = 300)
    void sourceIsTheFirstUse(
            @ForAll Sharing sharing,
            @ForAll @IntRange(min = 1, max = 6) int n,
            @ForAll @IntRange(min = 1, max = 9) int b) {
        LayerMap map = map((sharing.middle() ? 2 : 0) + b * n, n, sharing, KvMode.SHARED);
        List<Integer> firstUse = new ArrayList<>();
        int[] uses = new int[map.numWeightSets()];
        for (int l = 0; l < map.numLayers(); l++) {
            int set = map.weightSet(l);
            if (set == firstUse.size()) {
                firstUse.add(l);
            }
            uses[set]++;
            assertEquals(firstUse.get(set), map.kvSource(l));
            assertEquals(map.recursion(l) == 0 ? 1 : map.recursion(l), uses[set]);
        }
        assertEquals(map.numWeightSets(), firstUse.size());
    }
}
