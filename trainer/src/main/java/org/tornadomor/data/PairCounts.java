package org.tornadomor.data;

import java.util.Arrays;

/** How often which token followed which. A full table where that is small, else a hash table of the pairs that occur. */
final class PairCounts {
    private static final long LARGEST_TABLE = 1L << 20;
    private static final long EMPTY = -1;

    private final int vocabSize;
    private final boolean table;
    private long[] keys;
    private long[] counts;
    private int used;

    PairCounts(int vocabSize) {
        this.vocabSize = vocabSize;
        long pairs = (long) vocabSize * vocabSize;
        this.table = pairs <= LARGEST_TABLE;
        allocate(table ? (int) pairs : 1 << 16);
    }

    private void allocate(int capacity) {
        counts = new long[capacity];
        if (!table) {
            keys = new long[capacity];
            Arrays.fill(keys, EMPTY);
        }
    }

    void add(int first, int second) {
        long key = (long) first * vocabSize + second;
        int place = place(key);
        if (!table && keys[place] == EMPTY) {
            keys[place] = key;
            used++;
        }
        counts[place]++;
        if (!table && used > keys.length / 2) {
            grow();
        }
    }

    long get(int first, int second) {
        return counts[place((long) first * vocabSize + second)];
    }

    /** Where a pair is counted, or the free place where it would be. */
    private int place(long key) {
        if (table) {
            return (int) key;
        }
        int mask = keys.length - 1;
        int place = (int) ((key * 0x9E3779B97F4A7C15L) >>> 32) & mask;
        while (keys[place] != EMPTY && keys[place] != key) {
            place = (place + 1) & mask;
        }
        return place;
    }

    private void grow() {
        long[] oldKeys = keys;
        long[] oldCounts = counts;
        allocate(2 * oldKeys.length);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != EMPTY) {
                int place = place(oldKeys[i]);
                keys[place] = oldKeys[i];
                counts[place] = oldCounts[i];
            }
        }
    }
}
