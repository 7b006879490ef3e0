package org.tornadomor.engine.cpu.products;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.cpu.basics.ColdStart;
import org.tornadomor.engine.cpu.basics.FasterWay;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.Scratch;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/**
 * {@code c = base + a b^T} by inner products of rows, for few rows of either: decoding steps and routers. The larger matrix
 * is read once, which is what bounds the time; nothing is packed. Narrow weights become floats in registers ({@link NarrowDot}),
 * or for several vectors four rows at a time in memory that stays in the caches.
 */
final class DotMatmul {
    /** Rows of a or of b up to which this is the way. */
    static final int FEW = 16;
    /** Rows of the larger matrix in a tile: whole groups of those that are multiplied together. */
    private static final int TILE = 24;
    /** Tiles of floats that a worker takes together. */
    private static final int TOGETHER = 3;
    /** Rows of the larger matrix that several vectors are multiplied with together. */
    private static final int ROWS = 4;
    /** Vectors that are multiplied with these rows together: the sums of four fill the registers of machines with 16 lanes. */
    private static final int MOST_VECTORS = Lanes.LENGTH >= 16 ? 4 : 2;
    /** Elements of the larger matrix that are not worth waking workers for. */
    private static final int ALONE = 1 << 15;

    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;
    private static final int LENGTH = Lanes.LENGTH;
    /** Where widened rows stand in a worker's scratch memory, behind the sums. */
    private static final int WIDE_AT = 16 * LENGTH;

    private final WorkerTeam.TilesTask tiles = this::tiles;
    /** How many rows of the larger matrix a single vector is multiplied with together. */
    private final FasterWay fewRows = new FasterWay();

    private Scratch scratch;
    private int few, many, k;
    private boolean swapped;
    private boolean oneVector;
    private int rowsAtOnce;
    private Matrix large;
    private float[] x, c, base;
    private int xAt, xStride, cAt, cStride, baseAt, baseStride;

    static boolean suits(int m, int n, int k) {
        return k >= LENGTH && Math.min(m, n) <= FEW;
    }

    /** a [m, k], b [n, k], c and base [m, n]; base may be null, and b narrow. */
    void run(WorkerTeam team, int m, int n, int length, Matrix a, Matrix b, Matrix result, Matrix start) {
        k = length;
        swapped = n < m;
        few = swapped ? n : m;
        many = swapped ? m : n;
        Matrix small = swapped ? b : a;
        large = swapped ? a : b;
        c = result.values;
        cAt = result.at;
        cStride = result.stride;
        base = start == null ? null : start.values;
        baseAt = start == null ? 0 : start.at;
        baseStride = start == null ? 0 : start.stride;
        rowsAtOnce = few == 1 ? VectorDot.rows(large, true) : ROWS;
        oneVector = few == 1 && many >= rowsAtOnce;
        boolean arranged = oneVector && large.isNarrow();
        scratch = team.scratch();
        scratch.reserve(small.isNarrow() || arranged ? few * k : 0, WIDE_AT + (large.isNarrow() ? ROWS * k : 0));
        x = small.values;
        xAt = small.at;
        xStride = small.stride;
        if (small.isNarrow()) {
            x = scratch.shared();
            xAt = 0;
            xStride = k;
            small.copy(0, 0, few, k, x, xAt, xStride);
        }
        int count = (many + TILE - 1) / TILE;
        if (arranged) {
            NarrowDot.arrange(large, x, xAt, k, scratch.shared(), 0);
            x = scratch.shared();
            xAt = 0;
        }
        if ((long) many * k <= ALONE) {
            tiles(0, count, 0);
        } else if (oneVector && !swapped && (large.isNarrow() || ColdStart.isOver())) {
            // Weights come from memory. A larger a was just computed, and is in the caches.
            rowsAtOnce = VectorDot.rows(large, !fewRows.isSecond());
            team.run(tiles, count, together());
            fewRows.done((long) many * k);
        } else {
            team.run(tiles, count, together());
        }
    }

    /** More rows of narrow weights, since it is by bytes that the processor finds out what to fetch ahead. */
    private int together() {
        return TOGETHER * (large.bytes != null ? 4 : large.halves != null ? 2 : 1);
    }

    private void tiles(int firstTile, int endTile, int worker) {
        int first = firstTile * TILE;
        int rows = Math.min(many, endTile * TILE) - first;
        float[] own = scratch.of(worker);
        boolean narrow = large.isNarrow();
        if (!narrow && ColdStart.isPlain(rows * few * k)) {
            plainRows(first, rows);
            return;
        }
        // Rows that are worked on together stand an equal part of them all apart: a few streams, which the
        // processor fetches ahead better than one that jumps to and fro.
        int part = rows / rowsAtOnce;
        int left = rows - part * rowsAtOnce;
        for (int j = first; j < first + part; j++) {
            if (oneVector) {
                VectorDot.run(large, j, part, rowsAtOnce, x, xAt, k, own);
                storeRows(j, part, 0, own);
            } else if (narrow) {
                for (int s = 0; s < ROWS; s++) {
                    large.copy(j + s * part, 0, 1, k, own, WIDE_AT + s * k, 0);
                }
                fourRows(j, part, own, WIDE_AT, k, own);
            } else {
                fourRows(j, part, large.values, large.at(j, 0), part * large.stride, own);
            }
        }
        if (left > 0 && oneVector) {
            // With some rows before them, which have their results: so every row is computed alike.
            int j = first + rows - rowsAtOnce;
            VectorDot.run(large, j, 1, rowsAtOnce, x, xAt, k, own);
            storeRows(j, 1, rowsAtOnce - left, own);
        } else {
            for (int j = first + rows - left; j < first + rows; j++) {
                oneRow(j, own);
            }
        }
    }

    /** The results of one vector from {@code firstSum} on. */
    private void storeRows(int j, int step, int firstSum, float[] sums) {
        for (int s = firstSum; s < rowsAtOnce; s++) {
            store(0, j + s * step, sums[s]);
        }
    }

    private void plainRows(int first, int rows) {
        for (int j = first; j < first + rows; j++) {
            int row = large.at(j, 0);
            for (int i = 0; i < few; i++) {
                store(i, j, Lanes.plainDot(x, xAt + i * xStride, large.values, row, k));
            }
        }
    }

    private void oneRow(int j, float[] own) {
        float[] y = large.values;
        int yAt = large.at(j, 0);
        if (large.isNarrow()) {
            large.copy(j, 0, 1, k, own, WIDE_AT, 0);
            y = own;
            yAt = WIDE_AT;
        }
        for (int i = 0; i < few; i++) {
            store(i, j, Lanes.dot(x, xAt + i * xStride, y, yAt, k));
        }
    }

    /** The rows j, j + step, j + 2 step, j + 3 step of the larger matrix, {@code yStride} elements apart. */
    private void fourRows(int j, int step, float[] y, int yRow, int yStride, float[] sums) {
        int whole = Lanes.whole(k);
        int i = 0;
        while (i < few) {
            int rows = few - i >= MOST_VECTORS ? MOST_VECTORS : few - i >= 2 ? 2 : 1;
            int xRow = xAt + i * xStride;
            switch (rows) {
                case 4 -> rows4(x, xRow, xStride, y, yRow, yStride, whole, sums);
                case 2 -> rows2(x, xRow, xStride, y, yRow, yStride, whole, sums);
                default -> VectorDot.rows4(y, yRow, yStride, x, xRow, whole, sums);
            }
            for (int r = 0; r < rows; r++) {
                for (int s = 0; s < ROWS; s++) {
                    float sum = Lanes.sum(sums, (4 * r + s) * LENGTH);
                    for (int p = whole; p < k; p++) {
                        sum = Math.fma(x[xRow + r * xStride + p], y[yRow + s * yStride + p], sum);
                    }
                    store(i + r, j + s * step, sum);
                }
            }
            i += rows;
        }
    }

    private void store(int i, int j, float sum) {
        int row = swapped ? j : i;
        int column = swapped ? i : j;
        c[cAt + row * cStride + column] = base == null ? sum : base[baseAt + row * baseStride + column] + sum;
    }

    private static void rows4(float[] a, int aAt, int aStride, float[] b, int bAt, int bStride, int k, float[] sums) {
        int b1At = bAt + bStride;
        int b2At = bAt + 2 * bStride;
        int b3At = bAt + 3 * bStride;
        int a1At = aAt + aStride;
        int a2At = aAt + 2 * aStride;
        int a3At = aAt + 3 * aStride;
        FloatVector s00 = FloatVector.zero(SPECIES);
        FloatVector s01 = FloatVector.zero(SPECIES);
        FloatVector s02 = FloatVector.zero(SPECIES);
        FloatVector s03 = FloatVector.zero(SPECIES);
        FloatVector s10 = FloatVector.zero(SPECIES);
        FloatVector s11 = FloatVector.zero(SPECIES);
        FloatVector s12 = FloatVector.zero(SPECIES);
        FloatVector s13 = FloatVector.zero(SPECIES);
        FloatVector s20 = FloatVector.zero(SPECIES);
        FloatVector s21 = FloatVector.zero(SPECIES);
        FloatVector s22 = FloatVector.zero(SPECIES);
        FloatVector s23 = FloatVector.zero(SPECIES);
        FloatVector s30 = FloatVector.zero(SPECIES);
        FloatVector s31 = FloatVector.zero(SPECIES);
        FloatVector s32 = FloatVector.zero(SPECIES);
        FloatVector s33 = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p += LENGTH) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt + p);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, b1At + p);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, b2At + p);
            FloatVector b3 = FloatVector.fromArray(SPECIES, b, b3At + p);
            FloatVector a0 = FloatVector.fromArray(SPECIES, a, aAt + p);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            FloatVector a1 = FloatVector.fromArray(SPECIES, a, a1At + p);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
            FloatVector a2 = FloatVector.fromArray(SPECIES, a, a2At + p);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
            s23 = a2.fma(b3, s23);
            FloatVector a3 = FloatVector.fromArray(SPECIES, a, a3At + p);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            s32 = a3.fma(b2, s32);
            s33 = a3.fma(b3, s33);
        }
        s00.intoArray(sums, 0);
        s01.intoArray(sums, LENGTH);
        s02.intoArray(sums, 2 * LENGTH);
        s03.intoArray(sums, 3 * LENGTH);
        s10.intoArray(sums, 4 * LENGTH);
        s11.intoArray(sums, 5 * LENGTH);
        s12.intoArray(sums, 6 * LENGTH);
        s13.intoArray(sums, 7 * LENGTH);
        s20.intoArray(sums, 8 * LENGTH);
        s21.intoArray(sums, 9 * LENGTH);
        s22.intoArray(sums, 10 * LENGTH);
        s23.intoArray(sums, 11 * LENGTH);
        s30.intoArray(sums, 12 * LENGTH);
        s31.intoArray(sums, 13 * LENGTH);
        s32.intoArray(sums, 14 * LENGTH);
        s33.intoArray(sums, 15 * LENGTH);
    }

    private static void rows2(float[] a, int aAt, int aStride, float[] b, int bAt, int bStride, int k, float[] sums) {
        int b1At = bAt + bStride;
        int b2At = bAt + 2 * bStride;
        int b3At = bAt + 3 * bStride;
        int a1At = aAt + aStride;
        FloatVector s00 = FloatVector.zero(SPECIES);
        FloatVector s01 = FloatVector.zero(SPECIES);
        FloatVector s02 = FloatVector.zero(SPECIES);
        FloatVector s03 = FloatVector.zero(SPECIES);
        FloatVector s10 = FloatVector.zero(SPECIES);
        FloatVector s11 = FloatVector.zero(SPECIES);
        FloatVector s12 = FloatVector.zero(SPECIES);
        FloatVector s13 = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p += LENGTH) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt + p);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, b1At + p);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, b2At + p);
            FloatVector b3 = FloatVector.fromArray(SPECIES, b, b3At + p);
            FloatVector a0 = FloatVector.fromArray(SPECIES, a, aAt + p);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            FloatVector a1 = FloatVector.fromArray(SPECIES, a, a1At + p);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
        }
        s00.intoArray(sums, 0);
        s01.intoArray(sums, LENGTH);
        s02.intoArray(sums, 2 * LENGTH);
        s03.intoArray(sums, 3 * LENGTH);
        s10.intoArray(sums, 4 * LENGTH);
        s11.intoArray(sums, 5 * LENGTH);
        s12.intoArray(sums, 6 * LENGTH);
        s13.intoArray(sums, 7 * LENGTH);
    }
}
