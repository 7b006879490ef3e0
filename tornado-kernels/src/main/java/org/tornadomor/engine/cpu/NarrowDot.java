package org.tornadomor.engine.cpu;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.Bfloat16;

/**
 * Inner products of one vector with rows of narrow weights: a decoding step of one sequence. Weights become floats in
 * registers; through memory, as {@link NarrowRows} does it, they would not come in as fast as memory gives them.
 */
final class NarrowDot {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;
    private static final VectorSpecies<Integer> INTS = NarrowRows.INTS;
    private static final int LENGTH = Lanes.LENGTH;
    /** Scratch elements that the products of all rows of a call take. */
    static final int SUMS = 8 * LENGTH;

    private NarrowDot() {}

    /** Whether this machine has the vectors for it. */
    static boolean suits(Matrix w) {
        return w.halves != null || NarrowRows.BYTES != null;
    }

    /** Rows of a call: a row of bytes is short, and the start and the end of a loop take their share of its time. */
    static int rows(Matrix w) {
        return w.halves != null ? 4 : 8;
    }

    /**
     * {@code sums[s] = w[row + s step] . x} for s from 0 to {@link #rows} - 1.
     *
     * @param sums at least {@link #SUMS} elements
     */
    static void run(Matrix w, int row, int step, float[] x, int xAt, int k, float[] sums) {
        int whole = Lanes.whole(k);
        int at = w.at(row, 0);
        int stride = step * w.stride;
        if (w.halves != null) {
            lanes(w.halves, at, stride, x, xAt, whole, sums);
        } else {
            lanes(w.bytes, at, stride, x, xAt, whole, sums);
        }
        for (int s = 0; s < rows(w); s++) {
            float sum = Lanes.sum(FloatVector.fromArray(SPECIES, sums, s * LENGTH));
            for (int p = whole; p < k; p++) {
                int place = at + s * stride + p;
                float weight = w.halves != null ? Bfloat16.value(w.halves[place]) : w.bytes[place];
                sum = Math.fma(weight, x[xAt + p], sum);
            }
            sums[s] = w.halves != null ? sum : sum * w.scale(row + s * step);
        }
    }

    private static void lanes(short[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
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

    private static FloatVector floats(short[] from, int at) {
        IntVector bits = (IntVector) ShortVector.fromArray(NarrowRows.SHORTS, from, at)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
        return bits.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats();
    }

    private static void lanes(byte[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
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

    private static FloatVector floats(byte[] from, int at) {
        return (FloatVector)
                ByteVector.fromArray(NarrowRows.BYTES, from, at).convertShape(VectorOperators.B2F, SPECIES, 0);
    }
}
