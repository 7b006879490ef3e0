package org.tornadomor.engine.cpu.products;

import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.Bfloat16;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;

/**
 * Inner products of one vector with rows of narrow weights. The weights are loaded as they stand, several in each lane of integers, and
 * become floats there: the bits of a bfloat16 are the upper half of a float's, and a byte at the top of a lane converts to 2^24 times
 * its value. So a lane shifts and masks where widening would move elements from lane to lane, which takes longer than memory takes
 * to deliver them. The vector is brought into the same order first: {@link #arrange}.
 *
 * <p>Vectors are {@link Lanes#PART}s, for the reason given in {@link VectorDot}. Loops of so many operations are
 * sometimes compiled badly, and stay slow (docs/performance.md). So there is little for the compiler to find out: no method of our own
 * takes or returns a vector, conversions name the species that results, and there are six rows of bytes in a loop, not eight.
 */
final class NarrowDot {
    private static final VectorSpecies<Float> FLOATS = Lanes.PART;
    private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
    private static final VectorSpecies<Byte> BYTES = FLOATS.withLanes(byte.class);
    private static final VectorSpecies<Short> SHORTS = FLOATS.withLanes(short.class);
    private static final int LANES = FLOATS.length();

    /** Elements of a lane. */
    private static final int HALVES_EACH = 2;

    private static final int BYTES_EACH = 4;

    private static final int UPPER_HALF = 0xffff0000;
    private static final int UPPER_BYTE = 0xff000000;
    /** What a byte at the top of an integer is to be multiplied with; as a power of two, that rounds nothing. */
    private static final float OF_UPPER_BYTE = 0x1p-24f;

    private NarrowDot() {}

    private static int each(Matrix w) {
        return w.bytes != null ? BYTES_EACH : HALVES_EACH;
    }

    private static int whole(Matrix w, int k) {
        return k - k % (each(w) * LANES);
    }

    /** {@code to = x} in the order in which {@link #run} multiplies it with rows of w, k elements. */
    static void arrange(Matrix w, float[] x, int xAt, int k, float[] to, int toAt) {
        int each = each(w);
        int whole = whole(w, k);
        int target = toAt;
        for (int block = 0; block < whole; block += each * LANES) {
            for (int e = 0; e < each; e++) {
                int from = xAt + block + e;
                for (int lane = 0; lane < LANES; lane++) {
                    to[target++] = x[from + lane * each];
                }
            }
        }
        System.arraycopy(x, xAt + whole, to, target, k - whole);
    }

    /**
     * As {@link VectorDot#rows} for bytes. They become floats hardly faster than memory delivers them, so their rows are as many as
     * the registers allow, with one sum each, or half of them: with fewer, each product would wait for the one before.
     */
    static int rowsOfBytes(boolean many) {
        return many ? 6 : 3;
    }

    /** As {@link VectorDot#run}, for an arranged x. */
    static void run(Matrix w, int row, int step, int rows, float[] x, int xAt, int k, float[] sums) {
        int whole = whole(w, k);
        int at = w.at(row, 0);
        int stride = step * w.stride;
        if (w.bytes != null && rows == 6) {
            rows6(w.bytes, at, stride, x, xAt, whole, sums);
        } else if (w.bytes != null) {
            rows3(w.bytes, at, stride, x, xAt, whole, sums);
        } else if (rows == 4) {
            rows4(w.halves, at, stride, x, xAt, whole, sums);
        } else {
            row1(w.halves, at, x, xAt, whole, sums);
        }
        for (int s = 0; s < rows; s++) {
            float sum = Lanes.sum(sums, s * Lanes.LENGTH);
            if (w.bytes != null) {
                sum *= OF_UPPER_BYTE;
            }
            for (int p = whole; p < k; p++) {
                int i = at + s * stride + p;
                sum = Math.fma(w.bytes != null ? w.bytes[i] : Bfloat16.value(w.halves[i]), x[xAt + p], sum);
            }
            sums[s] = w.bytes != null ? sum * w.scale(row + s * step) : sum;
        }
    }

    /** Sums of 2^24 times the products. */
    private static void rows3(byte[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        int at2 = at + 2 * stride;
        IntVector top = IntVector.broadcast(INTS, UPPER_BYTE);
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = FloatVector.zero(FLOATS);
        FloatVector sum2 = FloatVector.zero(FLOATS);
        for (int p = 0; p < k; p += BYTES_EACH * LANES) {
            FloatVector x0 = FloatVector.fromArray(FLOATS, x, xAt + p);
            FloatVector x1 = FloatVector.fromArray(FLOATS, x, xAt + p + LANES);
            FloatVector x2 = FloatVector.fromArray(FLOATS, x, xAt + p + 2 * LANES);
            FloatVector x3 = FloatVector.fromArray(FLOATS, x, xAt + p + 3 * LANES);
            IntVector v0 = (IntVector) ByteVector.fromArray(BYTES, w, at + p).reinterpretShape(INTS, 0);
            sum0 = x0.fma(v0.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0), sum0);
            sum0 = x1.fma(
                    v0.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum0);
            sum0 = x2.fma(
                    v0.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum0);
            sum0 = x3.fma(v0.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum0);
            IntVector v1 = (IntVector) ByteVector.fromArray(BYTES, w, at1 + p).reinterpretShape(INTS, 0);
            sum1 = x0.fma(v1.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0), sum1);
            sum1 = x1.fma(
                    v1.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum1);
            sum1 = x2.fma(
                    v1.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum1);
            sum1 = x3.fma(v1.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum1);
            IntVector v2 = (IntVector) ByteVector.fromArray(BYTES, w, at2 + p).reinterpretShape(INTS, 0);
            sum2 = x0.fma(v2.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0), sum2);
            sum2 = x1.fma(
                    v2.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum2);
            sum2 = x2.fma(
                    v2.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum2);
            sum2 = x3.fma(v2.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum2);
        }
        sum0.intoArray(sums, 0);
        sum1.intoArray(sums, Lanes.LENGTH);
        sum2.intoArray(sums, 2 * Lanes.LENGTH);
        clearUpperParts(3, sums);
    }

    /** Sums of 2^24 times the products. */
    private static void rows6(byte[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        int at2 = at + 2 * stride;
        int at3 = at + 3 * stride;
        int at4 = at + 4 * stride;
        int at5 = at + 5 * stride;
        IntVector top = IntVector.broadcast(INTS, UPPER_BYTE);
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = FloatVector.zero(FLOATS);
        FloatVector sum2 = FloatVector.zero(FLOATS);
        FloatVector sum3 = FloatVector.zero(FLOATS);
        FloatVector sum4 = FloatVector.zero(FLOATS);
        FloatVector sum5 = FloatVector.zero(FLOATS);
        for (int p = 0; p < k; p += BYTES_EACH * LANES) {
            FloatVector x0 = FloatVector.fromArray(FLOATS, x, xAt + p);
            FloatVector x1 = FloatVector.fromArray(FLOATS, x, xAt + p + LANES);
            FloatVector x2 = FloatVector.fromArray(FLOATS, x, xAt + p + 2 * LANES);
            FloatVector x3 = FloatVector.fromArray(FLOATS, x, xAt + p + 3 * LANES);
            IntVector v0 = (IntVector) ByteVector.fromArray(BYTES, w, at + p).reinterpretShape(INTS, 0);
            sum0 = x0.fma(v0.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0), sum0);
            sum0 = x1.fma(
                    v0.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum0);
            sum0 = x2.fma(
                    v0.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum0);
            sum0 = x3.fma(v0.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum0);
            IntVector v1 = (IntVector) ByteVector.fromArray(BYTES, w, at1 + p).reinterpretShape(INTS, 0);
            sum1 = x0.fma(v1.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0), sum1);
            sum1 = x1.fma(
                    v1.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum1);
            sum1 = x2.fma(
                    v1.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum1);
            sum1 = x3.fma(v1.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum1);
            IntVector v2 = (IntVector) ByteVector.fromArray(BYTES, w, at2 + p).reinterpretShape(INTS, 0);
            sum2 = x0.fma(v2.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0), sum2);
            sum2 = x1.fma(
                    v2.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum2);
            sum2 = x2.fma(
                    v2.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum2);
            sum2 = x3.fma(v2.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum2);
            IntVector v3 = (IntVector) ByteVector.fromArray(BYTES, w, at3 + p).reinterpretShape(INTS, 0);
            sum3 = x0.fma(v3.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0), sum3);
            sum3 = x1.fma(
                    v3.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum3);
            sum3 = x2.fma(
                    v3.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum3);
            sum3 = x3.fma(v3.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum3);
            IntVector v4 = (IntVector) ByteVector.fromArray(BYTES, w, at4 + p).reinterpretShape(INTS, 0);
            sum4 = x0.fma(v4.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0), sum4);
            sum4 = x1.fma(
                    v4.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum4);
            sum4 = x2.fma(
                    v4.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum4);
            sum4 = x3.fma(v4.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum4);
            IntVector v5 = (IntVector) ByteVector.fromArray(BYTES, w, at5 + p).reinterpretShape(INTS, 0);
            sum5 = x0.fma(v5.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0), sum5);
            sum5 = x1.fma(
                    v5.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum5);
            sum5 = x2.fma(
                    v5.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum5);
            sum5 = x3.fma(v5.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), sum5);
        }
        sum0.intoArray(sums, 0);
        sum1.intoArray(sums, Lanes.LENGTH);
        sum2.intoArray(sums, 2 * Lanes.LENGTH);
        sum3.intoArray(sums, 3 * Lanes.LENGTH);
        sum4.intoArray(sums, 4 * Lanes.LENGTH);
        sum5.intoArray(sums, 5 * Lanes.LENGTH);
        clearUpperParts(6, sums);
    }

    private static void row1(short[] w, int at, float[] x, int xAt, int k, float[] sums) {
        FloatVector low = FloatVector.zero(FLOATS);
        FloatVector high = FloatVector.zero(FLOATS);
        for (int p = 0; p < k; p += HALVES_EACH * LANES) {
            FloatVector x0 = FloatVector.fromArray(FLOATS, x, xAt + p);
            FloatVector x1 = FloatVector.fromArray(FLOATS, x, xAt + p + LANES);
            IntVector v = (IntVector) ShortVector.fromArray(SHORTS, w, at + p).reinterpretShape(INTS, 0);
            low = x0.fma(v.lanewise(VectorOperators.LSHL, 16).reinterpretShape(FLOATS, 0), low);
            high = x1.fma(v.and(UPPER_HALF).reinterpretShape(FLOATS, 0), high);
        }
        low.add(high).intoArray(sums, 0);
        clearUpperParts(1, sums);
    }

    private static void rows4(short[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        int at2 = at + 2 * stride;
        int at3 = at + 3 * stride;
        FloatVector low0 = FloatVector.zero(FLOATS);
        FloatVector high0 = FloatVector.zero(FLOATS);
        FloatVector low1 = FloatVector.zero(FLOATS);
        FloatVector high1 = FloatVector.zero(FLOATS);
        FloatVector low2 = FloatVector.zero(FLOATS);
        FloatVector high2 = FloatVector.zero(FLOATS);
        FloatVector low3 = FloatVector.zero(FLOATS);
        FloatVector high3 = FloatVector.zero(FLOATS);
        for (int p = 0; p < k; p += HALVES_EACH * LANES) {
            FloatVector x0 = FloatVector.fromArray(FLOATS, x, xAt + p);
            FloatVector x1 = FloatVector.fromArray(FLOATS, x, xAt + p + LANES);
            IntVector v0 = (IntVector) ShortVector.fromArray(SHORTS, w, at + p).reinterpretShape(INTS, 0);
            low0 = x0.fma(v0.lanewise(VectorOperators.LSHL, 16).reinterpretShape(FLOATS, 0), low0);
            high0 = x1.fma(v0.and(UPPER_HALF).reinterpretShape(FLOATS, 0), high0);
            IntVector v1 = (IntVector) ShortVector.fromArray(SHORTS, w, at1 + p).reinterpretShape(INTS, 0);
            low1 = x0.fma(v1.lanewise(VectorOperators.LSHL, 16).reinterpretShape(FLOATS, 0), low1);
            high1 = x1.fma(v1.and(UPPER_HALF).reinterpretShape(FLOATS, 0), high1);
            IntVector v2 = (IntVector) ShortVector.fromArray(SHORTS, w, at2 + p).reinterpretShape(INTS, 0);
            low2 = x0.fma(v2.lanewise(VectorOperators.LSHL, 16).reinterpretShape(FLOATS, 0), low2);
            high2 = x1.fma(v2.and(UPPER_HALF).reinterpretShape(FLOATS, 0), high2);
            IntVector v3 = (IntVector) ShortVector.fromArray(SHORTS, w, at3 + p).reinterpretShape(INTS, 0);
            low3 = x0.fma(v3.lanewise(VectorOperators.LSHL, 16).reinterpretShape(FLOATS, 0), low3);
            high3 = x1.fma(v3.and(UPPER_HALF).reinterpretShape(FLOATS, 0), high3);
        }
        low0.add(high0).intoArray(sums, 0);
        low1.add(high1).intoArray(sums, Lanes.LENGTH);
        low2.add(high2).intoArray(sums, 2 * Lanes.LENGTH);
        low3.add(high3).intoArray(sums, 3 * Lanes.LENGTH);
        clearUpperParts(4, sums);
    }

    /** Where a part is not a whole vector, {@link Lanes#sum(float[], int)} adds what stands behind it too. */
    static void clearUpperParts(int rows, float[] sums) {
        if (LANES < Lanes.LENGTH) {
            for (int s = 0; s < rows; s++) {
                Arrays.fill(sums, s * Lanes.LENGTH + LANES, (s + 1) * Lanes.LENGTH, 0f);
            }
        }
    }
}
