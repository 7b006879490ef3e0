package org.tornadomor.data;

/** The hashes that came so far: a hash table of 16 bytes an entry, at most half full. */
final class SeenHashes {
    private static final int SMALLEST = 1 << 10;

    /** Pairs of high and low; both 0 is free. */
    private long[] table = new long[2 * SMALLEST];

    private int used;
    private boolean zero;

    /** Adds a hash and says whether it is new. */
    boolean add(ContentHash hash) {
        if (hash.high() == 0 && hash.low() == 0) {
            boolean isNew = !zero;
            zero = true;
            return isNew;
        }
        if (!insert(table, hash.high(), hash.low())) {
            return false;
        }
        used++;
        if (used > table.length / 4) {
            grow();
        }
        return true;
    }

    private static boolean insert(long[] table, long high, long low) {
        // The hash is as good as random, so its own bits give its place.
        int mask = table.length / 2 - 1;
        int place = (int) low & mask;
        while (table[2 * place] != 0 || table[2 * place + 1] != 0) {
            if (table[2 * place] == high && table[2 * place + 1] == low) {
                return false;
            }
            place = place + 1 & mask;
        }
        table[2 * place] = high;
        table[2 * place + 1] = low;
        return true;
    }

    private void grow() {
        long[] larger = new long[2 * table.length];
        for (int i = 0; i < table.length; i += 2) {
            if (table[i] != 0 || table[i + 1] != 0) {
                insert(larger, table[i], table[i + 1]);
            }
        }
        table = larger;
    }
}
