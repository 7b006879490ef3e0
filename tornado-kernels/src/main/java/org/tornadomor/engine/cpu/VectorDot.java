package org.tornadomor.engine.cpu;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.Bfloat16;

/**
 * Inner products of one vector with rows of weights of any type: a decoding step of one sequence. Narrow weights become floats in
 * registers; through memory, as {@link NarrowRows} does it, they would not come in as fast as memory gives them.
 */
final class VectorDot {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;
    private static final VectorSpecies<Integer> INTS = NarrowRows.INTS;
    private static final int LENGTH = Lanes.LENGTH;
    /**
     * Floats are loaded in halves of a vector that would be a whole cache line: two instructions walk along a row then, and a
     * processor that learns from each of them what comes next fetches further ahead. See docs/performance.md.
     */
    private static final VectorSpecies<Float> PART = Lanes.PART;

    private static final int HALF = PART.length();
    private static final boolean HALVES = HALF < LENGTH;
    /** Scratch elements that the products of all rows of a call take. */
    static final int SUMS = 8 * LENGTH;

    private VectorDot() {}

    /** Whether this machine has the vectors for it, and w the rows. */
    static boolean suits(Matrix w, int rows) {
        return rows >= rows(w, true) && (w.bytes == null || NarrowRows.BYTES != null);
    }

    /**
     * Rows of a call: two ways of which the processor decides which is the faster one, since some fetch many streams ahead best, and
     * others one. Bytes need more, since the ends of the loop take a larger share of their short rows' time.
     */
    static int rows(Matrix w, boolean many) {
        if (w.bytes != null) {
            return many ? 8 : 4;
        }
        return many ? 4 : w.halves != null ? 2 : 1;
    }

    /**
     * {@code sums[s] = w[row + s step] . x} for s from 0 to rows - 1, the same bits for any number of rows.
     *
     * @param rows as {@link #rows} gives it
     * @param sums at least {@link #SUMS} elements
     */
    static void run(Matrix w, int row, int step, int rows, float[] x, int xAt, int k, float[] sums) {
        int whole = Lanes.whole(k);
        int at = w.at(row, 0);
        int stride = step * w.stride;
        if (w.values != null) {
            if (rows == 4) {
                rows4(w.values, at, stride, x, xAt, whole, sums);
            } else {
                rows1(w.values, at, x, xAt, whole, sums);
            }
        } else if (w.halves != null) {
            if (rows == 4) {
                rows4(w.halves, at, stride, x, xAt, whole, sums);
            } else {
                rows2(w.halves, at, stride, x, xAt, whole, sums);
            }
        } else if (rows == 8) {
            rows8(w.bytes, at, stride, x, xAt, whole, sums);
        } else {
            rows4(w.bytes, at, stride, x, xAt, whole, sums);
        }
        for (int s = 0; s < rows; s++) {
            float sum = Lanes.sum(sums, s * LENGTH);
            for (int p = whole; p < k; p++) {
                sum = Math.fma(weight(w, at + s * stride + p), x[xAt + p], sum);
            }
            sums[s] = w.bytes != null ? sum * w.scale(row + s * step) : sum;
        }
    }

    private static float weight(Matrix w, int at) {
        return w.values != null ? w.values[at] : w.halves != null ? Bfloat16.value(w.halves[at]) : w.bytes[at];
    }

    /** The sums of four rows, lane by lane, {@link Lanes#LENGTH} apart; k is a number of whole vectors. */
    static void rows4(float[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        int at2 = at + 2 * stride;
        int at3 = at + 3 * stride;
        FloatVector low0 = FloatVector.zero(PART);
        FloatVector high0 = FloatVector.zero(PART);
        FloatVector low1 = FloatVector.zero(PART);
        FloatVector high1 = FloatVector.zero(PART);
        FloatVector low2 = FloatVector.zero(PART);
        FloatVector high2 = FloatVector.zero(PART);
        FloatVector low3 = FloatVector.zero(PART);
        FloatVector high3 = FloatVector.zero(PART);
        for (int p = 0; p < k; p += LENGTH) {
            FloatVector v = FloatVector.fromArray(PART, x, xAt + p);
            low0 = FloatVector.fromArray(PART, w, at + p).fma(v, low0);
            low1 = FloatVector.fromArray(PART, w, at1 + p).fma(v, low1);
            low2 = FloatVector.fromArray(PART, w, at2 + p).fma(v, low2);
            low3 = FloatVector.fromArray(PART, w, at3 + p).fma(v, low3);
            if (HALVES) {
                FloatVector u = FloatVector.fromArray(PART, x, xAt + p + HALF);
                high0 = FloatVector.fromArray(PART, w, at + p + HALF).fma(u, high0);
                high1 = FloatVector.fromArray(PART, w, at1 + p + HALF).fma(u, high1);
                high2 = FloatVector.fromArray(PART, w, at2 + p + HALF).fma(u, high2);
                high3 = FloatVector.fromArray(PART, w, at3 + p + HALF).fma(u, high3);
            }
        }
        low0.intoArray(sums, 0);
        low1.intoArray(sums, LENGTH);
        low2.intoArray(sums, 2 * LENGTH);
        low3.intoArray(sums, 3 * LENGTH);
        if (HALVES) {
            high0.intoArray(sums, HALF);
            high1.intoArray(sums, LENGTH + HALF);
            high2.intoArray(sums, 2 * LENGTH + HALF);
            high3.intoArray(sums, 3 * LENGTH + HALF);
        }
    }

    private static void rows1(float[] w, int at, float[] x, int xAt, int k, float[] sums) {
        FloatVector low = FloatVector.zero(PART);
        FloatVector high = FloatVector.zero(PART);
        for (int p = 0; p < k; p += LENGTH) {
            low = FloatVector.fromArray(PART, w, at + p).fma(FloatVector.fromArray(PART, x, xAt + p), low);
            if (HALVES) {
                high = FloatVector.fromArray(PART, w, at + p + HALF)
                        .fma(FloatVector.fromArray(PART, x, xAt + p + HALF), high);
            }
        }
        low.intoArray(sums, 0);
        if (HALVES) {
            high.intoArray(sums, HALF);
        }
    }

    private static void rows4(short[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        int at2 = at + 2 * stride;
        int at3 = at + 3 * stride;
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = FloatVector.zero(SPECIES);
        FloatVector s2 = FloatVector.zero(SPECIES);
        FloatVector s3 = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p += LENGTH) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xAt + p);
            s0 = floats(w, at + p).fma(v, s0);
            s1 = floats(w, at1 + p).fma(v, s1);
            s2 = floats(w, at2 + p).fma(v, s2);
            s3 = floats(w, at3 + p).fma(v, s3);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, LENGTH);
        s2.intoArray(sums, 2 * LENGTH);
        s3.intoArray(sums, 3 * LENGTH);
    }

    private static void rows2(short[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p += LENGTH) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xAt + p);
            s0 = floats(w, at + p).fma(v, s0);
            s1 = floats(w, at1 + p).fma(v, s1);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, LENGTH);
    }

    private static FloatVector floats(short[] from, int at) {
        IntVector bits = (IntVector) ShortVector.fromArray(NarrowRows.SHORTS, from, at)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
        return bits.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats();
    }

    private static void rows8(byte[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        int at2 = at + 2 * stride;
        int at3 = at + 3 * stride;
        int at4 = at + 4 * stride;
        int at5 = at + 5 * stride;
        int at6 = at + 6 * stride;
        int at7 = at + 7 * stride;
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = FloatVector.zero(SPECIES);
        FloatVector s2 = FloatVector.zero(SPECIES);
        FloatVector s3 = FloatVector.zero(SPECIES);
        FloatVector s4 = FloatVector.zero(SPECIES);
        FloatVector s5 = FloatVector.zero(SPECIES);
        FloatVector s6 = FloatVector.zero(SPECIES);
        FloatVector s7 = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p += LENGTH) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xAt + p);
            s0 = floats(w, at + p).fma(v, s0);
            s1 = floats(w, at1 + p).fma(v, s1);
            s2 = floats(w, at2 + p).fma(v, s2);
            s3 = floats(w, at3 + p).fma(v, s3);
            s4 = floats(w, at4 + p).fma(v, s4);
            s5 = floats(w, at5 + p).fma(v, s5);
            s6 = floats(w, at6 + p).fma(v, s6);
            s7 = floats(w, at7 + p).fma(v, s7);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, LENGTH);
        s2.intoArray(sums, 2 * LENGTH);
        s3.intoArray(sums, 3 * LENGTH);
        s4.intoArray(sums, 4 * LENGTH);
        s5.intoArray(sums, 5 * LENGTH);
        s6.intoArray(sums, 6 * LENGTH);
        s7.intoArray(sums, 7 * LENGTH);
    }

    private static void rows4(byte[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        int at2 = at + 2 * stride;
        int at3 = at + 3 * stride;
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = FloatVector.zero(SPECIES);
        FloatVector s2 = FloatVector.zero(SPECIES);
        FloatVector s3 = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p += LENGTH) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xAt + p);
            s0 = floats(w, at + p).fma(v, s0);
            s1 = floats(w, at1 + p).fma(v, s1);
            s2 = floats(w, at2 + p).fma(v, s2);
            s3 = floats(w, at3 + p).fma(v, s3);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, LENGTH);
        s2.intoArray(sums, 2 * LENGTH);
        s3.intoArray(sums, 3 * LENGTH);
    }

    private static FloatVector floats(byte[] from, int at) {
        return (FloatVector)
                ByteVector.fromArray(NarrowRows.BYTES, from, at).convertShape(VectorOperators.B2F, SPECIES, 0);
    }
}
