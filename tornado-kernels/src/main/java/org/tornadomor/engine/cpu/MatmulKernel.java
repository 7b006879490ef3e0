package org.tornadomor.engine.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The innermost tiles of a matrix product: a few rows by two vectors of columns, all sums in registers. With 16 lanes the
 * machine has 32 vector registers and 12 rows use 24 of them for sums; with fewer lanes 6 rows use 12 of 16. Each step of k
 * loads two vectors of b and one scalar a row of a, so that the multiply units and not the loads are the limit.
 *
 * <p>b is packed in panels of {@link #WIDTH} columns. a comes in one of two layouts: as rows, {@link #ROW} elements apart, or, with
 * 16 lanes, turned. Then a group of {@link #HEIGHT} rows is a panel too, the elements of one column and then those of the next,
 * {@link #STEP} apart, and the kernel walks through it line by line, which is fastest. Both distances are known at compile time,
 * so that all rows share one address register. With fewer lanes that would do harm: the compiler loads all elements of a column at
 * once then, and has no registers left for the sums. So {@link #rows6} gets the distance of its rows as a variable, which may be that of
 * weights where they are, and computes each address just before it is needed.
 *
 * <p>Sums run over k in order, by fused multiply-adds, in every kernel alike: an element's value does not depend on the
 * tile in which it is computed. The kernels call nothing but vector operations, since a vector that is passed to a method which
 * the compiler does not inline is put on the heap.
 */
final class MatmulKernel {
    /** Most steps of k in one packed block: a panel of b of this depth fits the first-level cache. */
    static final int DEPTH = 256;
    /**
     * Elements from a row of the left operand to the next: more than DEPTH by a cache line, since rows whose distance is a power of
     * two compete for few places in the first-level cache.
     */
    static final int ROW = DEPTH + 16;
    /** Columns of a panel. */
    static final int WIDTH = 2 * Lanes.LENGTH;
    /** Rows of the largest kernel that the registers allow. */
    static final int HEIGHT = Lanes.LENGTH >= 16 ? 12 : 6;

    /** Whether there is a kernel for turned groups. */
    static final boolean TURNS = HEIGHT == 12;

    /** Elements from a column of a turned group to the next: whole vectors, of which the kernel reads the first HEIGHT elements. */
    static final int STEP = (HEIGHT + Lanes.LENGTH - 1) / Lanes.LENGTH * Lanes.LENGTH;
    /**
     * Elements from a turned group to the next, with a cache line between them for the same reason as in {@link #ROW}; as rows, the
     * last few need no more.
     */
    static final int GROUP = Math.max(DEPTH * STEP + 16, HEIGHT * ROW);

    /** Rows of the kernel that takes them at any distance: no more, since each needs an address register of its own. */
    static final int STORED = 6;

    /** A row of zeros: what a product starts from that adds to nothing. */
    static final float[] ZEROS = new float[WIDTH];

    private static final int LENGTH = Lanes.LENGTH;
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    private MatmulKernel() {}

    /** Rows of the smallest kernel that covers {@code rows}, or {@link #HEIGHT}. */
    static int height(int rows) {
        if (rows <= 4) {
            return 4;
        }
        return rows <= 8 && HEIGHT > 8 ? 8 : HEIGHT;
    }

    /**
     * c = base + a b for a tile of {@code height} rows and {@link #WIDTH} columns, where base may be c itself, or {@link #ZEROS} with stride 0.
     *
     * @param turned whether a is a turned group, which only {@link #TURNS} allows; then height is HEIGHT
     * @param height as {@link #height} gives it
     * @param a rows of k elements, {@link #ROW} apart, or k columns of HEIGHT elements, {@link #STEP} apart
     * @param b k rows of WIDTH elements
     */
    static void tile(
            boolean turned,
            int height,
            float[] a,
            int aAt,
            float[] b,
            int bAt,
            int k,
            float[] c,
            int cAt,
            int cStride,
            float[] base,
            int baseAt,
            int baseStride) {
        if (turned) {
            turned12(a, aAt, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
            return;
        }
        switch (height) {
            case 12 -> rows12(a, aAt, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
            case 8 -> rows8(a, aAt, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
            case 6 -> rows6(a, aAt, ROW, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
            default -> rows4(a, aAt, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
        }
    }

    private static void rows12(
            float[] a,
            int aAt,
            float[] b,
            int bAt,
            int k,
            float[] c,
            int cAt,
            int cStride,
            float[] base,
            int baseAt,
            int baseStride) {
        FloatVector s0a = FloatVector.zero(SPECIES);
        FloatVector s0b = FloatVector.zero(SPECIES);
        FloatVector s1a = FloatVector.zero(SPECIES);
        FloatVector s1b = FloatVector.zero(SPECIES);
        FloatVector s2a = FloatVector.zero(SPECIES);
        FloatVector s2b = FloatVector.zero(SPECIES);
        FloatVector s3a = FloatVector.zero(SPECIES);
        FloatVector s3b = FloatVector.zero(SPECIES);
        FloatVector s4a = FloatVector.zero(SPECIES);
        FloatVector s4b = FloatVector.zero(SPECIES);
        FloatVector s5a = FloatVector.zero(SPECIES);
        FloatVector s5b = FloatVector.zero(SPECIES);
        FloatVector s6a = FloatVector.zero(SPECIES);
        FloatVector s6b = FloatVector.zero(SPECIES);
        FloatVector s7a = FloatVector.zero(SPECIES);
        FloatVector s7b = FloatVector.zero(SPECIES);
        FloatVector s8a = FloatVector.zero(SPECIES);
        FloatVector s8b = FloatVector.zero(SPECIES);
        FloatVector s9a = FloatVector.zero(SPECIES);
        FloatVector s9b = FloatVector.zero(SPECIES);
        FloatVector s10a = FloatVector.zero(SPECIES);
        FloatVector s10b = FloatVector.zero(SPECIES);
        FloatVector s11a = FloatVector.zero(SPECIES);
        FloatVector s11b = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromArray(SPECIES, b, bAt + p * WIDTH);
            FloatVector bb = FloatVector.fromArray(SPECIES, b, bAt + p * WIDTH + LENGTH);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + p + ROW]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + p + 2 * ROW]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + p + 3 * ROW]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[aAt + p + 4 * ROW]);
            s4a = a4.fma(ba, s4a);
            s4b = a4.fma(bb, s4b);
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[aAt + p + 5 * ROW]);
            s5a = a5.fma(ba, s5a);
            s5b = a5.fma(bb, s5b);
            FloatVector a6 = FloatVector.broadcast(SPECIES, a[aAt + p + 6 * ROW]);
            s6a = a6.fma(ba, s6a);
            s6b = a6.fma(bb, s6b);
            FloatVector a7 = FloatVector.broadcast(SPECIES, a[aAt + p + 7 * ROW]);
            s7a = a7.fma(ba, s7a);
            s7b = a7.fma(bb, s7b);
            FloatVector a8 = FloatVector.broadcast(SPECIES, a[aAt + p + 8 * ROW]);
            s8a = a8.fma(ba, s8a);
            s8b = a8.fma(bb, s8b);
            FloatVector a9 = FloatVector.broadcast(SPECIES, a[aAt + p + 9 * ROW]);
            s9a = a9.fma(ba, s9a);
            s9b = a9.fma(bb, s9b);
            FloatVector a10 = FloatVector.broadcast(SPECIES, a[aAt + p + 10 * ROW]);
            s10a = a10.fma(ba, s10a);
            s10b = a10.fma(bb, s10b);
            FloatVector a11 = FloatVector.broadcast(SPECIES, a[aAt + p + 11 * ROW]);
            s11a = a11.fma(ba, s11a);
            s11b = a11.fma(bb, s11b);
        }
        s0a.add(FloatVector.fromArray(SPECIES, base, baseAt)).intoArray(c, cAt);
        s0b.add(FloatVector.fromArray(SPECIES, base, baseAt + LENGTH)).intoArray(c, cAt + LENGTH);
        s1a.add(FloatVector.fromArray(SPECIES, base, baseAt + baseStride)).intoArray(c, cAt + cStride);
        s1b.add(FloatVector.fromArray(SPECIES, base, baseAt + baseStride + LENGTH))
                .intoArray(c, cAt + cStride + LENGTH);
        s2a.add(FloatVector.fromArray(SPECIES, base, baseAt + 2 * baseStride)).intoArray(c, cAt + 2 * cStride);
        s2b.add(FloatVector.fromArray(SPECIES, base, baseAt + 2 * baseStride + LENGTH))
                .intoArray(c, cAt + 2 * cStride + LENGTH);
        s3a.add(FloatVector.fromArray(SPECIES, base, baseAt + 3 * baseStride)).intoArray(c, cAt + 3 * cStride);
        s3b.add(FloatVector.fromArray(SPECIES, base, baseAt + 3 * baseStride + LENGTH))
                .intoArray(c, cAt + 3 * cStride + LENGTH);
        s4a.add(FloatVector.fromArray(SPECIES, base, baseAt + 4 * baseStride)).intoArray(c, cAt + 4 * cStride);
        s4b.add(FloatVector.fromArray(SPECIES, base, baseAt + 4 * baseStride + LENGTH))
                .intoArray(c, cAt + 4 * cStride + LENGTH);
        s5a.add(FloatVector.fromArray(SPECIES, base, baseAt + 5 * baseStride)).intoArray(c, cAt + 5 * cStride);
        s5b.add(FloatVector.fromArray(SPECIES, base, baseAt + 5 * baseStride + LENGTH))
                .intoArray(c, cAt + 5 * cStride + LENGTH);
        s6a.add(FloatVector.fromArray(SPECIES, base, baseAt + 6 * baseStride)).intoArray(c, cAt + 6 * cStride);
        s6b.add(FloatVector.fromArray(SPECIES, base, baseAt + 6 * baseStride + LENGTH))
                .intoArray(c, cAt + 6 * cStride + LENGTH);
        s7a.add(FloatVector.fromArray(SPECIES, base, baseAt + 7 * baseStride)).intoArray(c, cAt + 7 * cStride);
        s7b.add(FloatVector.fromArray(SPECIES, base, baseAt + 7 * baseStride + LENGTH))
                .intoArray(c, cAt + 7 * cStride + LENGTH);
        s8a.add(FloatVector.fromArray(SPECIES, base, baseAt + 8 * baseStride)).intoArray(c, cAt + 8 * cStride);
        s8b.add(FloatVector.fromArray(SPECIES, base, baseAt + 8 * baseStride + LENGTH))
                .intoArray(c, cAt + 8 * cStride + LENGTH);
        s9a.add(FloatVector.fromArray(SPECIES, base, baseAt + 9 * baseStride)).intoArray(c, cAt + 9 * cStride);
        s9b.add(FloatVector.fromArray(SPECIES, base, baseAt + 9 * baseStride + LENGTH))
                .intoArray(c, cAt + 9 * cStride + LENGTH);
        s10a.add(FloatVector.fromArray(SPECIES, base, baseAt + 10 * baseStride)).intoArray(c, cAt + 10 * cStride);
        s10b.add(FloatVector.fromArray(SPECIES, base, baseAt + 10 * baseStride + LENGTH))
                .intoArray(c, cAt + 10 * cStride + LENGTH);
        s11a.add(FloatVector.fromArray(SPECIES, base, baseAt + 11 * baseStride)).intoArray(c, cAt + 11 * cStride);
        s11b.add(FloatVector.fromArray(SPECIES, base, baseAt + 11 * baseStride + LENGTH))
                .intoArray(c, cAt + 11 * cStride + LENGTH);
    }

    private static void rows8(
            float[] a,
            int aAt,
            float[] b,
            int bAt,
            int k,
            float[] c,
            int cAt,
            int cStride,
            float[] base,
            int baseAt,
            int baseStride) {
        FloatVector s0a = FloatVector.zero(SPECIES);
        FloatVector s0b = FloatVector.zero(SPECIES);
        FloatVector s1a = FloatVector.zero(SPECIES);
        FloatVector s1b = FloatVector.zero(SPECIES);
        FloatVector s2a = FloatVector.zero(SPECIES);
        FloatVector s2b = FloatVector.zero(SPECIES);
        FloatVector s3a = FloatVector.zero(SPECIES);
        FloatVector s3b = FloatVector.zero(SPECIES);
        FloatVector s4a = FloatVector.zero(SPECIES);
        FloatVector s4b = FloatVector.zero(SPECIES);
        FloatVector s5a = FloatVector.zero(SPECIES);
        FloatVector s5b = FloatVector.zero(SPECIES);
        FloatVector s6a = FloatVector.zero(SPECIES);
        FloatVector s6b = FloatVector.zero(SPECIES);
        FloatVector s7a = FloatVector.zero(SPECIES);
        FloatVector s7b = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromArray(SPECIES, b, bAt + p * WIDTH);
            FloatVector bb = FloatVector.fromArray(SPECIES, b, bAt + p * WIDTH + LENGTH);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + p + ROW]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + p + 2 * ROW]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + p + 3 * ROW]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[aAt + p + 4 * ROW]);
            s4a = a4.fma(ba, s4a);
            s4b = a4.fma(bb, s4b);
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[aAt + p + 5 * ROW]);
            s5a = a5.fma(ba, s5a);
            s5b = a5.fma(bb, s5b);
            FloatVector a6 = FloatVector.broadcast(SPECIES, a[aAt + p + 6 * ROW]);
            s6a = a6.fma(ba, s6a);
            s6b = a6.fma(bb, s6b);
            FloatVector a7 = FloatVector.broadcast(SPECIES, a[aAt + p + 7 * ROW]);
            s7a = a7.fma(ba, s7a);
            s7b = a7.fma(bb, s7b);
        }
        s0a.add(FloatVector.fromArray(SPECIES, base, baseAt)).intoArray(c, cAt);
        s0b.add(FloatVector.fromArray(SPECIES, base, baseAt + LENGTH)).intoArray(c, cAt + LENGTH);
        s1a.add(FloatVector.fromArray(SPECIES, base, baseAt + baseStride)).intoArray(c, cAt + cStride);
        s1b.add(FloatVector.fromArray(SPECIES, base, baseAt + baseStride + LENGTH))
                .intoArray(c, cAt + cStride + LENGTH);
        s2a.add(FloatVector.fromArray(SPECIES, base, baseAt + 2 * baseStride)).intoArray(c, cAt + 2 * cStride);
        s2b.add(FloatVector.fromArray(SPECIES, base, baseAt + 2 * baseStride + LENGTH))
                .intoArray(c, cAt + 2 * cStride + LENGTH);
        s3a.add(FloatVector.fromArray(SPECIES, base, baseAt + 3 * baseStride)).intoArray(c, cAt + 3 * cStride);
        s3b.add(FloatVector.fromArray(SPECIES, base, baseAt + 3 * baseStride + LENGTH))
                .intoArray(c, cAt + 3 * cStride + LENGTH);
        s4a.add(FloatVector.fromArray(SPECIES, base, baseAt + 4 * baseStride)).intoArray(c, cAt + 4 * cStride);
        s4b.add(FloatVector.fromArray(SPECIES, base, baseAt + 4 * baseStride + LENGTH))
                .intoArray(c, cAt + 4 * cStride + LENGTH);
        s5a.add(FloatVector.fromArray(SPECIES, base, baseAt + 5 * baseStride)).intoArray(c, cAt + 5 * cStride);
        s5b.add(FloatVector.fromArray(SPECIES, base, baseAt + 5 * baseStride + LENGTH))
                .intoArray(c, cAt + 5 * cStride + LENGTH);
        s6a.add(FloatVector.fromArray(SPECIES, base, baseAt + 6 * baseStride)).intoArray(c, cAt + 6 * cStride);
        s6b.add(FloatVector.fromArray(SPECIES, base, baseAt + 6 * baseStride + LENGTH))
                .intoArray(c, cAt + 6 * cStride + LENGTH);
        s7a.add(FloatVector.fromArray(SPECIES, base, baseAt + 7 * baseStride)).intoArray(c, cAt + 7 * cStride);
        s7b.add(FloatVector.fromArray(SPECIES, base, baseAt + 7 * baseStride + LENGTH))
                .intoArray(c, cAt + 7 * cStride + LENGTH);
    }

    /** As {@link #tile}, for {@link #STORED} rows that are {@code aStride} elements apart. */
    static void rows6(
            float[] a,
            int aAt,
            int aStride,
            float[] b,
            int bAt,
            int k,
            float[] c,
            int cAt,
            int cStride,
            float[] base,
            int baseAt,
            int baseStride) {
        FloatVector s0a = FloatVector.zero(SPECIES);
        FloatVector s0b = FloatVector.zero(SPECIES);
        FloatVector s1a = FloatVector.zero(SPECIES);
        FloatVector s1b = FloatVector.zero(SPECIES);
        FloatVector s2a = FloatVector.zero(SPECIES);
        FloatVector s2b = FloatVector.zero(SPECIES);
        FloatVector s3a = FloatVector.zero(SPECIES);
        FloatVector s3b = FloatVector.zero(SPECIES);
        FloatVector s4a = FloatVector.zero(SPECIES);
        FloatVector s4b = FloatVector.zero(SPECIES);
        FloatVector s5a = FloatVector.zero(SPECIES);
        FloatVector s5b = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromArray(SPECIES, b, bAt + p * WIDTH);
            FloatVector bb = FloatVector.fromArray(SPECIES, b, bAt + p * WIDTH + LENGTH);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + p + aStride]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + p + 2 * aStride]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + p + 3 * aStride]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[aAt + p + 4 * aStride]);
            s4a = a4.fma(ba, s4a);
            s4b = a4.fma(bb, s4b);
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[aAt + p + 5 * aStride]);
            s5a = a5.fma(ba, s5a);
            s5b = a5.fma(bb, s5b);
        }
        s0a.add(FloatVector.fromArray(SPECIES, base, baseAt)).intoArray(c, cAt);
        s0b.add(FloatVector.fromArray(SPECIES, base, baseAt + LENGTH)).intoArray(c, cAt + LENGTH);
        s1a.add(FloatVector.fromArray(SPECIES, base, baseAt + baseStride)).intoArray(c, cAt + cStride);
        s1b.add(FloatVector.fromArray(SPECIES, base, baseAt + baseStride + LENGTH))
                .intoArray(c, cAt + cStride + LENGTH);
        s2a.add(FloatVector.fromArray(SPECIES, base, baseAt + 2 * baseStride)).intoArray(c, cAt + 2 * cStride);
        s2b.add(FloatVector.fromArray(SPECIES, base, baseAt + 2 * baseStride + LENGTH))
                .intoArray(c, cAt + 2 * cStride + LENGTH);
        s3a.add(FloatVector.fromArray(SPECIES, base, baseAt + 3 * baseStride)).intoArray(c, cAt + 3 * cStride);
        s3b.add(FloatVector.fromArray(SPECIES, base, baseAt + 3 * baseStride + LENGTH))
                .intoArray(c, cAt + 3 * cStride + LENGTH);
        s4a.add(FloatVector.fromArray(SPECIES, base, baseAt + 4 * baseStride)).intoArray(c, cAt + 4 * cStride);
        s4b.add(FloatVector.fromArray(SPECIES, base, baseAt + 4 * baseStride + LENGTH))
                .intoArray(c, cAt + 4 * cStride + LENGTH);
        s5a.add(FloatVector.fromArray(SPECIES, base, baseAt + 5 * baseStride)).intoArray(c, cAt + 5 * cStride);
        s5b.add(FloatVector.fromArray(SPECIES, base, baseAt + 5 * baseStride + LENGTH))
                .intoArray(c, cAt + 5 * cStride + LENGTH);
    }

    private static void rows4(
            float[] a,
            int aAt,
            float[] b,
            int bAt,
            int k,
            float[] c,
            int cAt,
            int cStride,
            float[] base,
            int baseAt,
            int baseStride) {
        FloatVector s0a = FloatVector.zero(SPECIES);
        FloatVector s0b = FloatVector.zero(SPECIES);
        FloatVector s1a = FloatVector.zero(SPECIES);
        FloatVector s1b = FloatVector.zero(SPECIES);
        FloatVector s2a = FloatVector.zero(SPECIES);
        FloatVector s2b = FloatVector.zero(SPECIES);
        FloatVector s3a = FloatVector.zero(SPECIES);
        FloatVector s3b = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromArray(SPECIES, b, bAt + p * WIDTH);
            FloatVector bb = FloatVector.fromArray(SPECIES, b, bAt + p * WIDTH + LENGTH);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + p + ROW]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + p + 2 * ROW]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + p + 3 * ROW]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
        }
        s0a.add(FloatVector.fromArray(SPECIES, base, baseAt)).intoArray(c, cAt);
        s0b.add(FloatVector.fromArray(SPECIES, base, baseAt + LENGTH)).intoArray(c, cAt + LENGTH);
        s1a.add(FloatVector.fromArray(SPECIES, base, baseAt + baseStride)).intoArray(c, cAt + cStride);
        s1b.add(FloatVector.fromArray(SPECIES, base, baseAt + baseStride + LENGTH))
                .intoArray(c, cAt + cStride + LENGTH);
        s2a.add(FloatVector.fromArray(SPECIES, base, baseAt + 2 * baseStride)).intoArray(c, cAt + 2 * cStride);
        s2b.add(FloatVector.fromArray(SPECIES, base, baseAt + 2 * baseStride + LENGTH))
                .intoArray(c, cAt + 2 * cStride + LENGTH);
        s3a.add(FloatVector.fromArray(SPECIES, base, baseAt + 3 * baseStride)).intoArray(c, cAt + 3 * cStride);
        s3b.add(FloatVector.fromArray(SPECIES, base, baseAt + 3 * baseStride + LENGTH))
                .intoArray(c, cAt + 3 * cStride + LENGTH);
    }

    private static void turned12(
            float[] a,
            int aAt,
            float[] b,
            int bAt,
            int k,
            float[] c,
            int cAt,
            int cStride,
            float[] base,
            int baseAt,
            int baseStride) {
        FloatVector s0a = FloatVector.zero(SPECIES);
        FloatVector s0b = FloatVector.zero(SPECIES);
        FloatVector s1a = FloatVector.zero(SPECIES);
        FloatVector s1b = FloatVector.zero(SPECIES);
        FloatVector s2a = FloatVector.zero(SPECIES);
        FloatVector s2b = FloatVector.zero(SPECIES);
        FloatVector s3a = FloatVector.zero(SPECIES);
        FloatVector s3b = FloatVector.zero(SPECIES);
        FloatVector s4a = FloatVector.zero(SPECIES);
        FloatVector s4b = FloatVector.zero(SPECIES);
        FloatVector s5a = FloatVector.zero(SPECIES);
        FloatVector s5b = FloatVector.zero(SPECIES);
        FloatVector s6a = FloatVector.zero(SPECIES);
        FloatVector s6b = FloatVector.zero(SPECIES);
        FloatVector s7a = FloatVector.zero(SPECIES);
        FloatVector s7b = FloatVector.zero(SPECIES);
        FloatVector s8a = FloatVector.zero(SPECIES);
        FloatVector s8b = FloatVector.zero(SPECIES);
        FloatVector s9a = FloatVector.zero(SPECIES);
        FloatVector s9b = FloatVector.zero(SPECIES);
        FloatVector s10a = FloatVector.zero(SPECIES);
        FloatVector s10b = FloatVector.zero(SPECIES);
        FloatVector s11a = FloatVector.zero(SPECIES);
        FloatVector s11b = FloatVector.zero(SPECIES);
        int end = aAt + k * STEP;
        for (int p = aAt, q = bAt; p < end; p += STEP, q += WIDTH) {
            FloatVector ba = FloatVector.fromArray(SPECIES, b, q);
            FloatVector bb = FloatVector.fromArray(SPECIES, b, q + LENGTH);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[p]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[p + 1]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[p + 2]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[p + 3]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[p + 4]);
            s4a = a4.fma(ba, s4a);
            s4b = a4.fma(bb, s4b);
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[p + 5]);
            s5a = a5.fma(ba, s5a);
            s5b = a5.fma(bb, s5b);
            FloatVector a6 = FloatVector.broadcast(SPECIES, a[p + 6]);
            s6a = a6.fma(ba, s6a);
            s6b = a6.fma(bb, s6b);
            FloatVector a7 = FloatVector.broadcast(SPECIES, a[p + 7]);
            s7a = a7.fma(ba, s7a);
            s7b = a7.fma(bb, s7b);
            FloatVector a8 = FloatVector.broadcast(SPECIES, a[p + 8]);
            s8a = a8.fma(ba, s8a);
            s8b = a8.fma(bb, s8b);
            FloatVector a9 = FloatVector.broadcast(SPECIES, a[p + 9]);
            s9a = a9.fma(ba, s9a);
            s9b = a9.fma(bb, s9b);
            FloatVector a10 = FloatVector.broadcast(SPECIES, a[p + 10]);
            s10a = a10.fma(ba, s10a);
            s10b = a10.fma(bb, s10b);
            FloatVector a11 = FloatVector.broadcast(SPECIES, a[p + 11]);
            s11a = a11.fma(ba, s11a);
            s11b = a11.fma(bb, s11b);
        }
        s0a.add(FloatVector.fromArray(SPECIES, base, baseAt)).intoArray(c, cAt);
        s0b.add(FloatVector.fromArray(SPECIES, base, baseAt + LENGTH)).intoArray(c, cAt + LENGTH);
        s1a.add(FloatVector.fromArray(SPECIES, base, baseAt + baseStride)).intoArray(c, cAt + cStride);
        s1b.add(FloatVector.fromArray(SPECIES, base, baseAt + baseStride + LENGTH))
                .intoArray(c, cAt + cStride + LENGTH);
        s2a.add(FloatVector.fromArray(SPECIES, base, baseAt + 2 * baseStride)).intoArray(c, cAt + 2 * cStride);
        s2b.add(FloatVector.fromArray(SPECIES, base, baseAt + 2 * baseStride + LENGTH))
                .intoArray(c, cAt + 2 * cStride + LENGTH);
        s3a.add(FloatVector.fromArray(SPECIES, base, baseAt + 3 * baseStride)).intoArray(c, cAt + 3 * cStride);
        s3b.add(FloatVector.fromArray(SPECIES, base, baseAt + 3 * baseStride + LENGTH))
                .intoArray(c, cAt + 3 * cStride + LENGTH);
        s4a.add(FloatVector.fromArray(SPECIES, base, baseAt + 4 * baseStride)).intoArray(c, cAt + 4 * cStride);
        s4b.add(FloatVector.fromArray(SPECIES, base, baseAt + 4 * baseStride + LENGTH))
                .intoArray(c, cAt + 4 * cStride + LENGTH);
        s5a.add(FloatVector.fromArray(SPECIES, base, baseAt + 5 * baseStride)).intoArray(c, cAt + 5 * cStride);
        s5b.add(FloatVector.fromArray(SPECIES, base, baseAt + 5 * baseStride + LENGTH))
                .intoArray(c, cAt + 5 * cStride + LENGTH);
        s6a.add(FloatVector.fromArray(SPECIES, base, baseAt + 6 * baseStride)).intoArray(c, cAt + 6 * cStride);
        s6b.add(FloatVector.fromArray(SPECIES, base, baseAt + 6 * baseStride + LENGTH))
                .intoArray(c, cAt + 6 * cStride + LENGTH);
        s7a.add(FloatVector.fromArray(SPECIES, base, baseAt + 7 * baseStride)).intoArray(c, cAt + 7 * cStride);
        s7b.add(FloatVector.fromArray(SPECIES, base, baseAt + 7 * baseStride + LENGTH))
                .intoArray(c, cAt + 7 * cStride + LENGTH);
        s8a.add(FloatVector.fromArray(SPECIES, base, baseAt + 8 * baseStride)).intoArray(c, cAt + 8 * cStride);
        s8b.add(FloatVector.fromArray(SPECIES, base, baseAt + 8 * baseStride + LENGTH))
                .intoArray(c, cAt + 8 * cStride + LENGTH);
        s9a.add(FloatVector.fromArray(SPECIES, base, baseAt + 9 * baseStride)).intoArray(c, cAt + 9 * cStride);
        s9b.add(FloatVector.fromArray(SPECIES, base, baseAt + 9 * baseStride + LENGTH))
                .intoArray(c, cAt + 9 * cStride + LENGTH);
        s10a.add(FloatVector.fromArray(SPECIES, base, baseAt + 10 * baseStride)).intoArray(c, cAt + 10 * cStride);
        s10b.add(FloatVector.fromArray(SPECIES, base, baseAt + 10 * baseStride + LENGTH))
                .intoArray(c, cAt + 10 * cStride + LENGTH);
        s11a.add(FloatVector.fromArray(SPECIES, base, baseAt + 11 * baseStride)).intoArray(c, cAt + 11 * cStride);
        s11b.add(FloatVector.fromArray(SPECIES, base, baseAt + 11 * baseStride + LENGTH))
                .intoArray(c, cAt + 11 * cStride + LENGTH);
    }
}
