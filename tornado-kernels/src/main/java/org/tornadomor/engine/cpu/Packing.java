package org.tornadomor.engine.cpu;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Brings the operands of a matrix product into the order in which {@link MatmulKernel} reads them. Transposing works on
 * square blocks of as many rows as a vector has lanes: in each round, vectors i and i + d exchange the lanes whose number
 * has bit d, for d = 1, 2, 4, ... That takes two operations on registers for each vector and round, and no scalar access.
 */
final class Packing {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;
    private static final int LENGTH = Lanes.LENGTH;
    private static final int WIDTH = MatmulKernel.WIDTH;
    /** Elements of scratch that a transposition needs. */
    static final int BLOCK = LENGTH * LENGTH;

    private static final int ROUNDS = Integer.numberOfTrailingZeros(LENGTH);
    private static final VectorShuffle<Float>[] UP = shuffles(1);
    private static final VectorShuffle<Float>[] DOWN = shuffles(-1);
    private static final VectorMask<Float>[] ODD = masks();

    private Packing() {}

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static VectorShuffle<Float>[] shuffles(int sign) {
        VectorShuffle[] shuffles = new VectorShuffle[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            int distance = sign << round;
            shuffles[round] = VectorShuffle.fromOp(SPECIES, lane -> (lane - distance + LENGTH) % LENGTH);
        }
        return shuffles;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static VectorMask<Float>[] masks() {
        VectorMask[] masks = new VectorMask[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            boolean[] odd = new boolean[LENGTH];
            for (int lane = 0; lane < LENGTH; lane++) {
                odd[lane] = (lane >> round & 1) == 1;
            }
            masks[round] = VectorMask.fromArray(SPECIES, odd, 0);
        }
        return masks;
    }

    /** Rows of k elements each, {@link MatmulKernel#DEPTH} apart in {@code to}. */
    static void rows(float[] from, int at, int stride, int rows, int k, float[] to, int toAt) {
        for (int i = 0; i < rows; i++) {
            System.arraycopy(from, at + i * stride, to, toAt + i * MatmulKernel.DEPTH, k);
        }
    }

    /** As {@link #rows}, where the elements of a row are {@code stride} apart and the rows are neighbours. */
    static void rowsOfColumns(
            float[] from, int at, int stride, int rows, int k, float[] to, int toAt, float[] block, int blockAt) {
        transpose(from, at, stride, k, rows, to, toAt, MatmulKernel.DEPTH, block, blockAt);
    }

    /**
     * Rows {@code first} to {@code end - 1} of a matrix with k rows into all of its panels; missing columns of the last
     * panel become zeros.
     */
    static void panels(float[] from, int at, int stride, int first, int end, int columns, int k, float[] to, int toAt) {
        for (int panel = 0; panel * WIDTH < columns; panel++) {
            int count = Math.min(WIDTH, columns - panel * WIDTH);
            int target = toAt + (panel * k + first) * WIDTH;
            int source = at + first * stride + panel * WIDTH;
            if (count == WIDTH) {
                copyPanel(from, source, stride, end - first, to, target);
            } else {
                for (int p = 0; p < end - first; p++) {
                    System.arraycopy(from, source + p * stride, to, target + p * WIDTH, count);
                    Arrays.fill(to, target + p * WIDTH + count, target + p * WIDTH + WIDTH, 0f);
                }
            }
        }
    }

    private static void copyPanel(float[] from, int source, int stride, int count, float[] to, int target) {
        for (int p = 0; p < count; p++) {
            int row = source + p * stride;
            FloatVector.fromArray(SPECIES, from, row).intoArray(to, target + p * WIDTH);
            FloatVector.fromArray(SPECIES, from, row + LENGTH).intoArray(to, target + p * WIDTH + LENGTH);
        }
    }

    /** A panel whose columns are rows of {@code from}, k elements each; missing columns become zeros. */
    static void panelOfRows(
            float[] from, int at, int stride, int columns, int k, float[] to, int toAt, float[] block, int blockAt) {
        if (columns < WIDTH) {
            Arrays.fill(to, toAt, toAt + k * WIDTH, 0f);
        }
        transpose(from, at, stride, columns, k, to, toAt, WIDTH, block, blockAt);
    }

    /** {@code to[j][i] = from[i][j]}: {@code from} has {@code rows} rows and {@code columns} columns. */
    private static void transpose(
            float[] from,
            int at,
            int stride,
            int rows,
            int columns,
            float[] to,
            int toAt,
            int toStride,
            float[] block,
            int blockAt) {
        int wholeRows = Lanes.whole(rows);
        int wholeColumns = Lanes.whole(columns);
        for (int i = 0; i < wholeRows; i += LENGTH) {
            for (int j = 0; j < wholeColumns; j += LENGTH) {
                block(from, at + i * stride + j, stride, to, toAt + j * toStride + i, toStride, block, blockAt);
            }
            scalar(from, at, stride, i, i + LENGTH, wholeColumns, columns, to, toAt, toStride);
        }
        scalar(from, at, stride, wholeRows, rows, 0, columns, to, toAt, toStride);
    }

    private static void scalar(
            float[] from,
            int at,
            int stride,
            int rowFrom,
            int rowTo,
            int columnFrom,
            int columnTo,
            float[] to,
            int toAt,
            int toStride) {
        for (int i = rowFrom; i < rowTo; i++) {
            for (int j = columnFrom; j < columnTo; j++) {
                to[toAt + j * toStride + i] = from[at + i * stride + j];
            }
        }
    }

    /** One square block: two rounds at a time on four vectors in registers, through {@code block} in between. */
    private static void block(
            float[] from, int at, int stride, float[] to, int toAt, int toStride, float[] block, int blockAt) {
        float[] source = from;
        int sourceAt = at;
        int sourceStride = stride;
        for (int round = 0; round < ROUNDS; round += 2) {
            boolean last = round + 2 >= ROUNDS;
            float[] target = last ? to : block;
            int targetAt = last ? toAt : blockAt;
            int targetStride = last ? toStride : LENGTH;
            if (round + 1 < ROUNDS) {
                exchangeFour(source, sourceAt, sourceStride, round, target, targetAt, targetStride);
            } else {
                exchangeTwo(source, sourceAt, sourceStride, round, target, targetAt, targetStride);
            }
            source = target;
            sourceAt = targetAt;
            sourceStride = targetStride;
        }
    }

    private static void exchangeFour(
            float[] source, int at, int stride, int round, float[] target, int targetAt, int targetStride) {
        VectorShuffle<Float> up = UP[round];
        VectorShuffle<Float> down = DOWN[round];
        VectorMask<Float> odd = ODD[round];
        VectorShuffle<Float> up2 = UP[round + 1];
        VectorShuffle<Float> down2 = DOWN[round + 1];
        VectorMask<Float> odd2 = ODD[round + 1];
        int d = 1 << round;
        for (int group = 0; group < LENGTH / 4; group++) {
            int i = group / d * 4 * d + group % d;
            FloatVector a = FloatVector.fromArray(SPECIES, source, at + i * stride);
            FloatVector b = FloatVector.fromArray(SPECIES, source, at + (i + d) * stride);
            FloatVector c = FloatVector.fromArray(SPECIES, source, at + (i + 2 * d) * stride);
            FloatVector e = FloatVector.fromArray(SPECIES, source, at + (i + 3 * d) * stride);
            FloatVector a1 = a.blend(b.rearrange(up), odd);
            FloatVector b1 = a.rearrange(down).blend(b, odd);
            FloatVector c1 = c.blend(e.rearrange(up), odd);
            FloatVector e1 = c.rearrange(down).blend(e, odd);
            a1.blend(c1.rearrange(up2), odd2).intoArray(target, targetAt + i * targetStride);
            b1.blend(e1.rearrange(up2), odd2).intoArray(target, targetAt + (i + d) * targetStride);
            a1.rearrange(down2).blend(c1, odd2).intoArray(target, targetAt + (i + 2 * d) * targetStride);
            b1.rearrange(down2).blend(e1, odd2).intoArray(target, targetAt + (i + 3 * d) * targetStride);
        }
    }

    private static void exchangeTwo(
            float[] source, int at, int stride, int round, float[] target, int targetAt, int targetStride) {
        VectorShuffle<Float> up = UP[round];
        VectorShuffle<Float> down = DOWN[round];
        VectorMask<Float> odd = ODD[round];
        int d = 1 << round;
        for (int group = 0; group < LENGTH / 2; group++) {
            int i = group / d * 2 * d + group % d;
            FloatVector a = FloatVector.fromArray(SPECIES, source, at + i * stride);
            FloatVector b = FloatVector.fromArray(SPECIES, source, at + (i + d) * stride);
            a.blend(b.rearrange(up), odd).intoArray(target, targetAt + i * targetStride);
            a.rearrange(down).blend(b, odd).intoArray(target, targetAt + (i + d) * targetStride);
        }
    }
}
