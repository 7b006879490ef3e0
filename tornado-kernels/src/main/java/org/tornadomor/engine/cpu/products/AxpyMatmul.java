package org.tornadomor.engine.cpu.products;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/**
 * {@code c = base + a b} with b as it is stored, for few rows or short sums: either way an element of b is used so seldom that
 * packing would cost more than the product. Rows of b times an element of a are added to rows of c (the axpy of BLAS), four at
 * a time. An element is the sum over k in order, wherever the tiles are cut.
 */
final class AxpyMatmul {
    /** Most rows of c, if sums are long: what was measured to be faster than packing, on processors of either kind. */
    private static final int FEW_ROWS = Lanes.LENGTH >= 16 ? 3 : 8;
    /** Longest sums, if there are many rows. */
    private static final int SHORT_SUMS = Lanes.LENGTH >= 16 ? 4 : 8;
    /** Rows of c in a tile. */
    private static final int TILE_ROWS = 8;
    /** Columns of c in a tile, at least. */
    private static final int TILE_COLUMNS = 256;
    /** Elements of c in a tile, about: they fit the first-level cache. */
    private static final int TILE = 1 << 12;
    /** Multiply-adds that are not worth waking workers for. */
    private static final long ALONE = 64 * 64 * 64;

    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;
    private static final int LENGTH = Lanes.LENGTH;

    private final WorkerTeam.TileTask tiles = this::tile;
    private int m, n, k, aRow, aStep, tileColumns, columnTiles;
    private Matrix a, b, c, base;

    static boolean suits(int m, int k) {
        return m <= FEW_ROWS || k <= SHORT_SUMS;
    }

    /** Element (i, p) of a stands at {@code i aRow + p aStep}. base is null for zero, or c itself. */
    void run(
            WorkerTeam team,
            int rows,
            int columns,
            int length,
            Matrix left,
            int leftRow,
            int leftStep,
            Matrix right,
            Matrix result,
            Matrix start) {
        m = rows;
        n = columns;
        k = length;
        a = left;
        aRow = leftRow;
        aStep = leftStep;
        b = right;
        c = result;
        base = start;
        // Rows are fastest from their beginning to their end: as much of them as leaves each worker a tile.
        int widest = TILE / Math.min(m, TILE_ROWS);
        int rowTiles = (m + TILE_ROWS - 1) / TILE_ROWS;
        int share = rowTiles >= team.threads() ? n : (n + team.threads() - 1) / team.threads();
        tileColumns = Math.clamp((share + LENGTH - 1) / LENGTH * LENGTH, TILE_COLUMNS, widest);
        columnTiles = (n + tileColumns - 1) / tileColumns;
        int count = columnTiles * rowTiles;
        if ((long) m * n * k <= ALONE) {
            for (int tile = 0; tile < count; tile++) {
                tile(tile, 0);
            }
        } else {
            team.run(tiles, count);
        }
    }

    private void tile(int tile, int worker) {
        int row = tile / columnTiles * TILE_ROWS;
        int column = tile % columnTiles * tileColumns;
        int end = Math.min(m, row + TILE_ROWS);
        int count = Math.min(tileColumns, n - column);
        if (base == null) {
            for (int i = row; i < end; i++) {
                Arrays.fill(c.values, c.at(i, column), c.at(i, column) + count, 0f);
            }
        }
        int p = 0;
        for (; p + 4 <= k; p += 4) {
            for (int i = row; i < end; i++) {
                int at = a.at + i * aRow + p * aStep;
                add4(
                        c.values,
                        c.at(i, column),
                        count,
                        b.values,
                        b.at(p, column),
                        b.stride,
                        a.values[at],
                        a.values[at + aStep],
                        a.values[at + 2 * aStep],
                        a.values[at + 3 * aStep]);
            }
        }
        for (; p < k; p++) {
            for (int i = row; i < end; i++) {
                float factor = a.values[a.at + i * aRow + p * aStep];
                Lanes.addScaled(c.values, c.at(i, column), b.values, b.at(p, column), count, factor);
            }
        }
    }

    /** Adds four rows of b, each times its factor. */
    private static void add4(
            float[] c, int cAt, int count, float[] b, int bAt, int stride, float f0, float f1, float f2, float f3) {
        int whole = Lanes.whole(count);
        for (int j = 0; j < whole; j += LENGTH) {
            FloatVector sum = FloatVector.fromArray(SPECIES, c, cAt + j);
            sum = FloatVector.fromArray(SPECIES, b, bAt + j).fma(FloatVector.broadcast(SPECIES, f0), sum);
            sum = FloatVector.fromArray(SPECIES, b, bAt + stride + j).fma(FloatVector.broadcast(SPECIES, f1), sum);
            sum = FloatVector.fromArray(SPECIES, b, bAt + 2 * stride + j).fma(FloatVector.broadcast(SPECIES, f2), sum);
            sum = FloatVector.fromArray(SPECIES, b, bAt + 3 * stride + j).fma(FloatVector.broadcast(SPECIES, f3), sum);
            sum.intoArray(c, cAt + j);
        }
        for (int j = whole; j < count; j++) {
            float sum = Math.fma(b[bAt + j], f0, c[cAt + j]);
            sum = Math.fma(b[bAt + stride + j], f1, sum);
            sum = Math.fma(b[bAt + 2 * stride + j], f2, sum);
            c[cAt + j] = Math.fma(b[bAt + 3 * stride + j], f3, sum);
        }
    }
}
