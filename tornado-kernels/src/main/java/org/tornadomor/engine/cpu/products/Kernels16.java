package org.tornadomor.engine.cpu.products;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.cpu.basics.Lanes;

/**
 * Kernels of {@link MatmulKernel} that get by with 16 vector registers: six rows use 12 of them for sums and two for a row of b,
 * which leaves two for elements of a. Where the compiler knows the distance between rows, it would load the elements of all rows
 * first, and then have to keep sums in memory. Two things prevent that. A comparison that never holds cuts the body of the loop
 * in two, and loads stay in their half. Or the distance is a variable, so that each address is computed just before its use, which
 * takes more instructions.
 */
final class Kernels16 {
    private static final int LENGTH = Lanes.LENGTH;
    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int ROW = MatmulKernel.ROW;
    private static final int STEP = MatmulKernel.STEP;
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    /** No place in an array. Not final, or the compiler would know what comes of comparing with it. */
    @SuppressWarnings("FieldMayBeFinal")
    private static int nowhere = -1;

    private Kernels16() {}

    /** As {@link MatmulKernel#tile}, for a turned group of 6 rows. */
    static void turned6(
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
        int stop = nowhere;
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
            if (p == stop) {
                break;
            }
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

    /** As {@link MatmulKernel#tile}, for 6 rows. */
    static void rows6(
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
        int stop = nowhere;
        int end = aAt + k;
        for (int p = aAt, q = bAt; p < end; p++, q += WIDTH) {
            FloatVector ba = FloatVector.fromArray(SPECIES, b, q);
            FloatVector bb = FloatVector.fromArray(SPECIES, b, q + LENGTH);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[p]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[p + ROW]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            if (p == stop) {
                break;
            }
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[p + 2 * ROW]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[p + 3 * ROW]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[p + 4 * ROW]);
            s4a = a4.fma(ba, s4a);
            s4b = a4.fma(bb, s4b);
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[p + 5 * ROW]);
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

    /** As {@link MatmulKernel#tile}, for 4 rows. */
    static void rows4(
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

    /** As {@link MatmulKernel#tile}, for {@link MatmulKernel#STORED} rows that are {@code aStride} elements apart. */
    static void stored6(
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
}
