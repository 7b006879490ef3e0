package org.tornadomor.engine.cpu.products;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.cpu.basics.BlockRows;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;

/**
 * Inner products of one vector with rows of bytes that have a scale for each block. As {@link NarrowDot}, whose order of x it takes, but
 * the products of a block are added up by themselves and multiplied with its scale. On machines with eight or more lanes a load is a
 * block; on others it is a part of one.
 */
final class BlockDot {
    private static final VectorSpecies<Float> FLOATS = Lanes.PART;
    private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
    private static final VectorSpecies<Byte> BYTES = FLOATS.withLanes(byte.class);
    private static final int LANES = FLOATS.length();
    private static final int BYTES_EACH = 4;
    private static final int UPPER_BYTE = 0xff000000;
    private static final float OF_UPPER_BYTE = 0x1p-24f;

    private BlockDot() {}

    /** As {@link VectorDot#rows}. */
    static int rows(boolean many) {
        return many ? 4 : 2;
    }

    /** As {@link VectorDot#run}, for an arranged x; k is a number of whole blocks. */
    static void run(Matrix w, int row, int step, int rows, float[] x, int xAt, int k, float[] sums) {
        int at = w.at(row, 0);
        int stride = step * w.stride;
        if (rows == 4) {
            rows4(w.bytes, at, stride, x, xAt, k, sums);
        } else {
            rows2(w.bytes, at, stride, x, xAt, k, sums);
        }
        for (int s = 0; s < rows; s++) {
            sums[s] = Lanes.sum(sums, s * Lanes.LENGTH) * OF_UPPER_BYTE;
        }
    }

    /** The sums of 2 rows, lane by lane, {@link Lanes#LENGTH} apart: of 2^24 times the products. */
    private static void rows2(byte[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        IntVector top = IntVector.broadcast(INTS, UPPER_BYTE);
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = FloatVector.zero(FLOATS);
        for (int p = 0; p < k; p += BYTES_EACH * LANES) {
            int scale = k + p / ElementType.BLOCK * ElementType.SCALE_BYTES;
            FloatVector x0 = FloatVector.fromArray(FLOATS, x, xAt + p);
            FloatVector x1 = FloatVector.fromArray(FLOATS, x, xAt + p + LANES);
            FloatVector x2 = FloatVector.fromArray(FLOATS, x, xAt + p + 2 * LANES);
            FloatVector x3 = FloatVector.fromArray(FLOATS, x, xAt + p + 3 * LANES);
            IntVector v0 = (IntVector) ByteVector.fromArray(BYTES, w, at + p).reinterpretShape(INTS, 0);
            FloatVector t0 = x0.mul(v0.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0));
            t0 = x1.fma(
                    v0.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t0);
            t0 = x2.fma(v0.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t0);
            t0 = x3.fma(v0.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t0);
            sum0 = t0.fma(FloatVector.broadcast(FLOATS, BlockRows.scale(w, at + scale)), sum0);
            IntVector v1 = (IntVector) ByteVector.fromArray(BYTES, w, at1 + p).reinterpretShape(INTS, 0);
            FloatVector t1 = x0.mul(v1.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0));
            t1 = x1.fma(
                    v1.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t1);
            t1 = x2.fma(v1.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t1);
            t1 = x3.fma(v1.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t1);
            sum1 = t1.fma(FloatVector.broadcast(FLOATS, BlockRows.scale(w, at1 + scale)), sum1);
        }
        sum0.intoArray(sums, 0);
        sum1.intoArray(sums, Lanes.LENGTH);
        NarrowDot.clearUpperParts(2, sums);
    }

    /** The sums of 4 rows, lane by lane, {@link Lanes#LENGTH} apart: of 2^24 times the products. */
    private static void rows4(byte[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        int at2 = at + 2 * stride;
        int at3 = at + 3 * stride;
        IntVector top = IntVector.broadcast(INTS, UPPER_BYTE);
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = FloatVector.zero(FLOATS);
        FloatVector sum2 = FloatVector.zero(FLOATS);
        FloatVector sum3 = FloatVector.zero(FLOATS);
        for (int p = 0; p < k; p += BYTES_EACH * LANES) {
            int scale = k + p / ElementType.BLOCK * ElementType.SCALE_BYTES;
            FloatVector x0 = FloatVector.fromArray(FLOATS, x, xAt + p);
            FloatVector x1 = FloatVector.fromArray(FLOATS, x, xAt + p + LANES);
            FloatVector x2 = FloatVector.fromArray(FLOATS, x, xAt + p + 2 * LANES);
            FloatVector x3 = FloatVector.fromArray(FLOATS, x, xAt + p + 3 * LANES);
            IntVector v0 = (IntVector) ByteVector.fromArray(BYTES, w, at + p).reinterpretShape(INTS, 0);
            FloatVector t0 = x0.mul(v0.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0));
            t0 = x1.fma(
                    v0.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t0);
            t0 = x2.fma(v0.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t0);
            t0 = x3.fma(v0.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t0);
            sum0 = t0.fma(FloatVector.broadcast(FLOATS, BlockRows.scale(w, at + scale)), sum0);
            IntVector v1 = (IntVector) ByteVector.fromArray(BYTES, w, at1 + p).reinterpretShape(INTS, 0);
            FloatVector t1 = x0.mul(v1.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0));
            t1 = x1.fma(
                    v1.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t1);
            t1 = x2.fma(v1.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t1);
            t1 = x3.fma(v1.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t1);
            sum1 = t1.fma(FloatVector.broadcast(FLOATS, BlockRows.scale(w, at1 + scale)), sum1);
            IntVector v2 = (IntVector) ByteVector.fromArray(BYTES, w, at2 + p).reinterpretShape(INTS, 0);
            FloatVector t2 = x0.mul(v2.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0));
            t2 = x1.fma(
                    v2.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t2);
            t2 = x2.fma(v2.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t2);
            t2 = x3.fma(v2.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t2);
            sum2 = t2.fma(FloatVector.broadcast(FLOATS, BlockRows.scale(w, at2 + scale)), sum2);
            IntVector v3 = (IntVector) ByteVector.fromArray(BYTES, w, at3 + p).reinterpretShape(INTS, 0);
            FloatVector t3 = x0.mul(v3.lanewise(VectorOperators.LSHL, 24).convertShape(VectorOperators.I2F, FLOATS, 0));
            t3 = x1.fma(
                    v3.lanewise(VectorOperators.LSHL, 16).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t3);
            t3 = x2.fma(v3.lanewise(VectorOperators.LSHL, 8).and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t3);
            t3 = x3.fma(v3.and(top).convertShape(VectorOperators.I2F, FLOATS, 0), t3);
            sum3 = t3.fma(FloatVector.broadcast(FLOATS, BlockRows.scale(w, at3 + scale)), sum3);
        }
        sum0.intoArray(sums, 0);
        sum1.intoArray(sums, Lanes.LENGTH);
        sum2.intoArray(sums, 2 * Lanes.LENGTH);
        sum3.intoArray(sums, 3 * Lanes.LENGTH);
        NarrowDot.clearUpperParts(4, sums);
    }
}
