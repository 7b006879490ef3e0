package org.tornadomor.engine.cpu.basics;

import jdk.incubator.vector.FloatVector;

/** Loops over a stretch of one or two arrays that several ops share. */
public final class RowMath {
    private RowMath() {}

    /** {@code y += x}. */
    public static void add(float[] y, int yAt, float[] x, int xAt, int count) {
        int whole = Lanes.whole(count);
        for (int c = 0; c < whole; c += Lanes.LENGTH) {
            FloatVector.fromArray(Lanes.SPECIES, y, yAt + c)
                    .add(FloatVector.fromArray(Lanes.SPECIES, x, xAt + c))
                    .intoArray(y, yAt + c);
        }
        for (int c = whole; c < count; c++) {
            y[yAt + c] += x[xAt + c];
        }
    }

    /** {@code y = factor x}; y and x may be the same. */
    public static void scale(float[] y, int yAt, float[] x, int xAt, int count, float factor) {
        int whole = Lanes.whole(count);
        for (int c = 0; c < whole; c += Lanes.LENGTH) {
            FloatVector.fromArray(Lanes.SPECIES, x, xAt + c).mul(factor).intoArray(y, yAt + c);
        }
        for (int c = whole; c < count; c++) {
            y[yAt + c] = x[xAt + c] * factor;
        }
    }

    /** {@code z = x + factor y}. */
    public static void addScaledInto(
            float[] z, int zAt, float[] x, int xAt, float[] y, int yAt, int count, float factor) {
        int whole = Lanes.whole(count);
        FloatVector factors = FloatVector.broadcast(Lanes.SPECIES, factor);
        for (int c = 0; c < whole; c += Lanes.LENGTH) {
            FloatVector.fromArray(Lanes.SPECIES, y, yAt + c)
                    .fma(factors, FloatVector.fromArray(Lanes.SPECIES, x, xAt + c))
                    .intoArray(z, zAt + c);
        }
        for (int c = whole; c < count; c++) {
            z[zAt + c] = Math.fma(y[yAt + c], factor, x[xAt + c]);
        }
    }

    /**
     * An integer that, compared without sign, orders numbers as they are ordered: NaN first, then from minus infinity
     * up; the two zeros are equal.
     */
    public static int order(float x) {
        if (x != x) {
            return 0;
        }
        int bits = Float.floatToRawIntBits(x + 0f);
        return bits ^ ((bits >> 31) | Integer.MIN_VALUE);
    }
}
