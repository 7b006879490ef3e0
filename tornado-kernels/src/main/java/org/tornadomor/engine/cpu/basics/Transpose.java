package org.tornadomor.engine.cpu.basics;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes matrices in square blocks of as many rows as a vector has lanes, all in registers. In each round, vectors i and
 * i + d exchange lanes for d = 1, 2, 4, ...: the lower one takes its lanes with bit d from the upper one's lanes without, and
 * the other way round. That is two operations a vector and round, and no access to single elements.
 */
public final class Transpose {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;
    private static final int LENGTH = Lanes.LENGTH;

    private static final VectorShuffle<Float> UP_1 = shuffle(1);
    private static final VectorShuffle<Float> DOWN_1 = shuffle(-1);
    private static final VectorMask<Float> ODD_1 = odd(1);
    private static final VectorShuffle<Float> UP_2 = shuffle(2);
    private static final VectorShuffle<Float> DOWN_2 = shuffle(-2);
    private static final VectorMask<Float> ODD_2 = odd(2);
    private static final VectorShuffle<Float> UP_4 = shuffle(4);
    private static final VectorShuffle<Float> DOWN_4 = shuffle(-4);
    private static final VectorMask<Float> ODD_4 = odd(4);
    private static final VectorShuffle<Float> UP_8 = shuffle(8);
    private static final VectorShuffle<Float> DOWN_8 = shuffle(-8);
    private static final VectorMask<Float> ODD_8 = odd(8);

    private Transpose() {}

    private static VectorShuffle<Float> shuffle(int distance) {
        return VectorShuffle.fromOp(SPECIES, lane -> Math.floorMod(lane - distance, LENGTH));
    }

    private static VectorMask<Float> odd(int bit) {
        boolean[] odd = new boolean[LENGTH];
        for (int lane = 0; lane < LENGTH; lane++) {
            odd[lane] = (lane & bit) != 0;
        }
        return VectorMask.fromArray(SPECIES, odd, 0);
    }

    /** {@code to[j][i] = from[i][j]} for {@code rows} rows and {@code columns} columns of {@code from}. */
    public static void run(
            float[] from, int at, int stride, int rows, int columns, float[] to, int toAt, int toStride) {
        boolean known = LENGTH == 16 || LENGTH == 8 || LENGTH == 4;
        int wholeRows = known ? Lanes.whole(rows) : 0;
        int wholeColumns = known ? Lanes.whole(columns) : 0;
        for (int i = 0; i < wholeRows; i += LENGTH) {
            switch (LENGTH) {
                case 16 -> strip16(from, at + i * stride, stride, wholeColumns, to, toAt + i, toStride);
                case 8 -> strip8(from, at + i * stride, stride, wholeColumns, to, toAt + i, toStride);
                default -> strip4(from, at + i * stride, stride, wholeColumns, to, toAt + i, toStride);
            }
        }
        scalar(
                from,
                at + wholeColumns,
                stride,
                wholeRows,
                columns - wholeColumns,
                to,
                toAt + wholeColumns * toStride,
                toStride);
        scalar(from, at + wholeRows * stride, stride, rows - wholeRows, columns, to, toAt + wholeRows, toStride);
    }

    private static void scalar(
            float[] from, int at, int stride, int rows, int columns, float[] to, int toAt, int toStride) {
        // The longer loop is the inner one.
        if (rows < columns) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    to[toAt + j * toStride + i] = from[at + i * stride + j];
                }
            }
        } else {
            for (int j = 0; j < columns; j++) {
                for (int i = 0; i < rows; i++) {
                    to[toAt + j * toStride + i] = from[at + i * stride + j];
                }
            }
        }
    }

    private static void strip16(float[] from, int at, int stride, int count, float[] to, int toAt, int toStride) {
        for (int j = 0; j < count; j += 16) {
            FloatVector r0v0 = FloatVector.fromArray(SPECIES, from, at + j);
            FloatVector r0v1 = FloatVector.fromArray(SPECIES, from, at + stride + j);
            FloatVector r0v2 = FloatVector.fromArray(SPECIES, from, at + 2 * stride + j);
            FloatVector r0v3 = FloatVector.fromArray(SPECIES, from, at + 3 * stride + j);
            FloatVector r0v4 = FloatVector.fromArray(SPECIES, from, at + 4 * stride + j);
            FloatVector r0v5 = FloatVector.fromArray(SPECIES, from, at + 5 * stride + j);
            FloatVector r0v6 = FloatVector.fromArray(SPECIES, from, at + 6 * stride + j);
            FloatVector r0v7 = FloatVector.fromArray(SPECIES, from, at + 7 * stride + j);
            FloatVector r0v8 = FloatVector.fromArray(SPECIES, from, at + 8 * stride + j);
            FloatVector r0v9 = FloatVector.fromArray(SPECIES, from, at + 9 * stride + j);
            FloatVector r0v10 = FloatVector.fromArray(SPECIES, from, at + 10 * stride + j);
            FloatVector r0v11 = FloatVector.fromArray(SPECIES, from, at + 11 * stride + j);
            FloatVector r0v12 = FloatVector.fromArray(SPECIES, from, at + 12 * stride + j);
            FloatVector r0v13 = FloatVector.fromArray(SPECIES, from, at + 13 * stride + j);
            FloatVector r0v14 = FloatVector.fromArray(SPECIES, from, at + 14 * stride + j);
            FloatVector r0v15 = FloatVector.fromArray(SPECIES, from, at + 15 * stride + j);
            FloatVector r1v0 = r0v0.blend(r0v1.rearrange(UP_1), ODD_1);
            FloatVector r1v1 = r0v0.rearrange(DOWN_1).blend(r0v1, ODD_1);
            FloatVector r1v2 = r0v2.blend(r0v3.rearrange(UP_1), ODD_1);
            FloatVector r1v3 = r0v2.rearrange(DOWN_1).blend(r0v3, ODD_1);
            FloatVector r1v4 = r0v4.blend(r0v5.rearrange(UP_1), ODD_1);
            FloatVector r1v5 = r0v4.rearrange(DOWN_1).blend(r0v5, ODD_1);
            FloatVector r1v6 = r0v6.blend(r0v7.rearrange(UP_1), ODD_1);
            FloatVector r1v7 = r0v6.rearrange(DOWN_1).blend(r0v7, ODD_1);
            FloatVector r1v8 = r0v8.blend(r0v9.rearrange(UP_1), ODD_1);
            FloatVector r1v9 = r0v8.rearrange(DOWN_1).blend(r0v9, ODD_1);
            FloatVector r1v10 = r0v10.blend(r0v11.rearrange(UP_1), ODD_1);
            FloatVector r1v11 = r0v10.rearrange(DOWN_1).blend(r0v11, ODD_1);
            FloatVector r1v12 = r0v12.blend(r0v13.rearrange(UP_1), ODD_1);
            FloatVector r1v13 = r0v12.rearrange(DOWN_1).blend(r0v13, ODD_1);
            FloatVector r1v14 = r0v14.blend(r0v15.rearrange(UP_1), ODD_1);
            FloatVector r1v15 = r0v14.rearrange(DOWN_1).blend(r0v15, ODD_1);
            FloatVector r2v0 = r1v0.blend(r1v2.rearrange(UP_2), ODD_2);
            FloatVector r2v2 = r1v0.rearrange(DOWN_2).blend(r1v2, ODD_2);
            FloatVector r2v1 = r1v1.blend(r1v3.rearrange(UP_2), ODD_2);
            FloatVector r2v3 = r1v1.rearrange(DOWN_2).blend(r1v3, ODD_2);
            FloatVector r2v4 = r1v4.blend(r1v6.rearrange(UP_2), ODD_2);
            FloatVector r2v6 = r1v4.rearrange(DOWN_2).blend(r1v6, ODD_2);
            FloatVector r2v5 = r1v5.blend(r1v7.rearrange(UP_2), ODD_2);
            FloatVector r2v7 = r1v5.rearrange(DOWN_2).blend(r1v7, ODD_2);
            FloatVector r2v8 = r1v8.blend(r1v10.rearrange(UP_2), ODD_2);
            FloatVector r2v10 = r1v8.rearrange(DOWN_2).blend(r1v10, ODD_2);
            FloatVector r2v9 = r1v9.blend(r1v11.rearrange(UP_2), ODD_2);
            FloatVector r2v11 = r1v9.rearrange(DOWN_2).blend(r1v11, ODD_2);
            FloatVector r2v12 = r1v12.blend(r1v14.rearrange(UP_2), ODD_2);
            FloatVector r2v14 = r1v12.rearrange(DOWN_2).blend(r1v14, ODD_2);
            FloatVector r2v13 = r1v13.blend(r1v15.rearrange(UP_2), ODD_2);
            FloatVector r2v15 = r1v13.rearrange(DOWN_2).blend(r1v15, ODD_2);
            FloatVector r3v0 = r2v0.blend(r2v4.rearrange(UP_4), ODD_4);
            FloatVector r3v4 = r2v0.rearrange(DOWN_4).blend(r2v4, ODD_4);
            FloatVector r3v1 = r2v1.blend(r2v5.rearrange(UP_4), ODD_4);
            FloatVector r3v5 = r2v1.rearrange(DOWN_4).blend(r2v5, ODD_4);
            FloatVector r3v2 = r2v2.blend(r2v6.rearrange(UP_4), ODD_4);
            FloatVector r3v6 = r2v2.rearrange(DOWN_4).blend(r2v6, ODD_4);
            FloatVector r3v3 = r2v3.blend(r2v7.rearrange(UP_4), ODD_4);
            FloatVector r3v7 = r2v3.rearrange(DOWN_4).blend(r2v7, ODD_4);
            FloatVector r3v8 = r2v8.blend(r2v12.rearrange(UP_4), ODD_4);
            FloatVector r3v12 = r2v8.rearrange(DOWN_4).blend(r2v12, ODD_4);
            FloatVector r3v9 = r2v9.blend(r2v13.rearrange(UP_4), ODD_4);
            FloatVector r3v13 = r2v9.rearrange(DOWN_4).blend(r2v13, ODD_4);
            FloatVector r3v10 = r2v10.blend(r2v14.rearrange(UP_4), ODD_4);
            FloatVector r3v14 = r2v10.rearrange(DOWN_4).blend(r2v14, ODD_4);
            FloatVector r3v11 = r2v11.blend(r2v15.rearrange(UP_4), ODD_4);
            FloatVector r3v15 = r2v11.rearrange(DOWN_4).blend(r2v15, ODD_4);
            FloatVector r4v0 = r3v0.blend(r3v8.rearrange(UP_8), ODD_8);
            FloatVector r4v8 = r3v0.rearrange(DOWN_8).blend(r3v8, ODD_8);
            FloatVector r4v1 = r3v1.blend(r3v9.rearrange(UP_8), ODD_8);
            FloatVector r4v9 = r3v1.rearrange(DOWN_8).blend(r3v9, ODD_8);
            FloatVector r4v2 = r3v2.blend(r3v10.rearrange(UP_8), ODD_8);
            FloatVector r4v10 = r3v2.rearrange(DOWN_8).blend(r3v10, ODD_8);
            FloatVector r4v3 = r3v3.blend(r3v11.rearrange(UP_8), ODD_8);
            FloatVector r4v11 = r3v3.rearrange(DOWN_8).blend(r3v11, ODD_8);
            FloatVector r4v4 = r3v4.blend(r3v12.rearrange(UP_8), ODD_8);
            FloatVector r4v12 = r3v4.rearrange(DOWN_8).blend(r3v12, ODD_8);
            FloatVector r4v5 = r3v5.blend(r3v13.rearrange(UP_8), ODD_8);
            FloatVector r4v13 = r3v5.rearrange(DOWN_8).blend(r3v13, ODD_8);
            FloatVector r4v6 = r3v6.blend(r3v14.rearrange(UP_8), ODD_8);
            FloatVector r4v14 = r3v6.rearrange(DOWN_8).blend(r3v14, ODD_8);
            FloatVector r4v7 = r3v7.blend(r3v15.rearrange(UP_8), ODD_8);
            FloatVector r4v15 = r3v7.rearrange(DOWN_8).blend(r3v15, ODD_8);
            int row = toAt + j * toStride;
            r4v0.intoArray(to, row);
            r4v1.intoArray(to, row + toStride);
            r4v2.intoArray(to, row + 2 * toStride);
            r4v3.intoArray(to, row + 3 * toStride);
            r4v4.intoArray(to, row + 4 * toStride);
            r4v5.intoArray(to, row + 5 * toStride);
            r4v6.intoArray(to, row + 6 * toStride);
            r4v7.intoArray(to, row + 7 * toStride);
            r4v8.intoArray(to, row + 8 * toStride);
            r4v9.intoArray(to, row + 9 * toStride);
            r4v10.intoArray(to, row + 10 * toStride);
            r4v11.intoArray(to, row + 11 * toStride);
            r4v12.intoArray(to, row + 12 * toStride);
            r4v13.intoArray(to, row + 13 * toStride);
            r4v14.intoArray(to, row + 14 * toStride);
            r4v15.intoArray(to, row + 15 * toStride);
        }
    }

    private static void strip8(float[] from, int at, int stride, int count, float[] to, int toAt, int toStride) {
        for (int j = 0; j < count; j += 8) {
            FloatVector r0v0 = FloatVector.fromArray(SPECIES, from, at + j);
            FloatVector r0v1 = FloatVector.fromArray(SPECIES, from, at + stride + j);
            FloatVector r0v2 = FloatVector.fromArray(SPECIES, from, at + 2 * stride + j);
            FloatVector r0v3 = FloatVector.fromArray(SPECIES, from, at + 3 * stride + j);
            FloatVector r0v4 = FloatVector.fromArray(SPECIES, from, at + 4 * stride + j);
            FloatVector r0v5 = FloatVector.fromArray(SPECIES, from, at + 5 * stride + j);
            FloatVector r0v6 = FloatVector.fromArray(SPECIES, from, at + 6 * stride + j);
            FloatVector r0v7 = FloatVector.fromArray(SPECIES, from, at + 7 * stride + j);
            FloatVector r1v0 = r0v0.blend(r0v1.rearrange(UP_1), ODD_1);
            FloatVector r1v1 = r0v0.rearrange(DOWN_1).blend(r0v1, ODD_1);
            FloatVector r1v2 = r0v2.blend(r0v3.rearrange(UP_1), ODD_1);
            FloatVector r1v3 = r0v2.rearrange(DOWN_1).blend(r0v3, ODD_1);
            FloatVector r1v4 = r0v4.blend(r0v5.rearrange(UP_1), ODD_1);
            FloatVector r1v5 = r0v4.rearrange(DOWN_1).blend(r0v5, ODD_1);
            FloatVector r1v6 = r0v6.blend(r0v7.rearrange(UP_1), ODD_1);
            FloatVector r1v7 = r0v6.rearrange(DOWN_1).blend(r0v7, ODD_1);
            FloatVector r2v0 = r1v0.blend(r1v2.rearrange(UP_2), ODD_2);
            FloatVector r2v2 = r1v0.rearrange(DOWN_2).blend(r1v2, ODD_2);
            FloatVector r2v1 = r1v1.blend(r1v3.rearrange(UP_2), ODD_2);
            FloatVector r2v3 = r1v1.rearrange(DOWN_2).blend(r1v3, ODD_2);
            FloatVector r2v4 = r1v4.blend(r1v6.rearrange(UP_2), ODD_2);
            FloatVector r2v6 = r1v4.rearrange(DOWN_2).blend(r1v6, ODD_2);
            FloatVector r2v5 = r1v5.blend(r1v7.rearrange(UP_2), ODD_2);
            FloatVector r2v7 = r1v5.rearrange(DOWN_2).blend(r1v7, ODD_2);
            FloatVector r3v0 = r2v0.blend(r2v4.rearrange(UP_4), ODD_4);
            FloatVector r3v4 = r2v0.rearrange(DOWN_4).blend(r2v4, ODD_4);
            FloatVector r3v1 = r2v1.blend(r2v5.rearrange(UP_4), ODD_4);
            FloatVector r3v5 = r2v1.rearrange(DOWN_4).blend(r2v5, ODD_4);
            FloatVector r3v2 = r2v2.blend(r2v6.rearrange(UP_4), ODD_4);
            FloatVector r3v6 = r2v2.rearrange(DOWN_4).blend(r2v6, ODD_4);
            FloatVector r3v3 = r2v3.blend(r2v7.rearrange(UP_4), ODD_4);
            FloatVector r3v7 = r2v3.rearrange(DOWN_4).blend(r2v7, ODD_4);
            int row = toAt + j * toStride;
            r3v0.intoArray(to, row);
            r3v1.intoArray(to, row + toStride);
            r3v2.intoArray(to, row + 2 * toStride);
            r3v3.intoArray(to, row + 3 * toStride);
            r3v4.intoArray(to, row + 4 * toStride);
            r3v5.intoArray(to, row + 5 * toStride);
            r3v6.intoArray(to, row + 6 * toStride);
            r3v7.intoArray(to, row + 7 * toStride);
        }
    }

    private static void strip4(float[] from, int at, int stride, int count, float[] to, int toAt, int toStride) {
        for (int j = 0; j < count; j += 4) {
            FloatVector r0v0 = FloatVector.fromArray(SPECIES, from, at + j);
            FloatVector r0v1 = FloatVector.fromArray(SPECIES, from, at + stride + j);
            FloatVector r0v2 = FloatVector.fromArray(SPECIES, from, at + 2 * stride + j);
            FloatVector r0v3 = FloatVector.fromArray(SPECIES, from, at + 3 * stride + j);
            FloatVector r1v0 = r0v0.blend(r0v1.rearrange(UP_1), ODD_1);
            FloatVector r1v1 = r0v0.rearrange(DOWN_1).blend(r0v1, ODD_1);
            FloatVector r1v2 = r0v2.blend(r0v3.rearrange(UP_1), ODD_1);
            FloatVector r1v3 = r0v2.rearrange(DOWN_1).blend(r0v3, ODD_1);
            FloatVector r2v0 = r1v0.blend(r1v2.rearrange(UP_2), ODD_2);
            FloatVector r2v2 = r1v0.rearrange(DOWN_2).blend(r1v2, ODD_2);
            FloatVector r2v1 = r1v1.blend(r1v3.rearrange(UP_2), ODD_2);
            FloatVector r2v3 = r1v1.rearrange(DOWN_2).blend(r1v3, ODD_2);
            int row = toAt + j * toStride;
            r2v0.intoArray(to, row);
            r2v1.intoArray(to, row + toStride);
            r2v2.intoArray(to, row + 2 * toStride);
            r2v3.intoArray(to, row + 3 * toStride);
        }
    }
}
