package org.tornadomor.engine.cpu.products;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.cpu.basics.Lanes;

/** Kernels of {@link MatmulKernel} that need 32 vector registers: 12 rows use 24 of them for sums. */
final class Kernels32 {
    private static final int LENGTH = Lanes.LENGTH;
    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int ROW = MatmulKernel.ROW;
    private static final int STEP = MatmulKernel.STEP;
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    private Kernels32() {}

    /** As {@link MatmulKernel#tile}, for a turned group of 12 rows. */
    static void turned12(
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

    /** As {@link MatmulKernel#tile}, for 12 rows. */
    static void rows12(
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

    /** As {@link MatmulKernel#tile}, for 8 rows. */
    static void rows8(
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
}
