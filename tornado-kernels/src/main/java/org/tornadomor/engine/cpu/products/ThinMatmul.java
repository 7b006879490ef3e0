package org.tornadomor.engine.cpu.products;

import java.util.Arrays;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.RowMath;
import org.tornadomor.engine.cpu.basics.Scratch;
import org.tornadomor.engine.cpu.basics.Transpose;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/**
 * {@code c = base + a b^T} where a has some tens of rows and b many: a decoding step of several sequences. Packing b as
 * {@link BlockedMatmul} does would cost about as much as the product. So the roles change: {@code c^T = b a^T}. The few rows of
 * a become panels, and the kernel takes the rows of b where they are: while it multiplies some, the processor fetches the next.
 * Narrow weights become floats first, in a copy that the worker keeps in its cache. A tile's result is small enough to be
 * transposed in the first-level cache.
 */
final class ThinMatmul {
    private static final int WIDTH = MatmulKernel.WIDTH;
    /** Most rows of a: with more, {@link BlockedMatmul} packs b once and is faster. */
    private static final int MOST = 2 * WIDTH;
    /** Longest sums: with {@link #TILE} rows they fit the second-level cache. */
    private static final int LONGEST = 1 << 13;
    /** Rows of b in a tile. */
    private static final int TILE = 4 * MatmulKernel.HEIGHT;
    /** Multiply-adds that are not worth waking workers for. */
    private static final long ALONE = 64 * 64 * 64;

    private static final int DEPTH = MatmulKernel.DEPTH;
    private static final int ROW = MatmulKernel.ROW;
    private static final int PANELS_AT = Lanes.ALIGNED;
    private static final int RESULT_AT = Lanes.ALIGNED + PanelProduct.EDGE;
    private static final int TURNED_AT = RESULT_AT + MOST / WIDTH * TILE * WIDTH;
    private static final int ROWS_AT = TURNED_AT + TILE * WIDTH;

    private final WorkerTeam.TileTask packTiles = this::packTile;
    private final WorkerTeam.TileTask productTiles = this::productTile;
    private Scratch scratch;
    private int m, n, k;
    private Matrix a, b;
    private float[] c, base;
    private int cAt, cStride, baseAt, baseStride;

    static boolean suits(int m, int n, int k) {
        return m <= MOST && n >= m && k <= LONGEST;
    }

    /** a [m, k], b [n, k], c and base [m, n]; base may be null, and b narrow. */
    void run(WorkerTeam team, int rows, int width, int length, Matrix left, Matrix right, Matrix result, Matrix start) {
        m = rows;
        n = width;
        k = length;
        a = left;
        b = right;
        c = result.values;
        cAt = result.at;
        cStride = result.stride;
        base = start == null ? null : start.values;
        baseAt = start == null ? 0 : start.at;
        baseStride = start == null ? 0 : start.stride;
        scratch = team.scratch();
        scratch.reserve(PANELS_AT + panels() * WIDTH * k, ROWS_AT + blocks() * TILE * ROW);
        int packs = panels() * blocks();
        int products = (n + TILE - 1) / TILE;
        if ((long) m * n * k <= ALONE) {
            for (int tile = 0; tile < packs; tile++) {
                packTile(tile, 0);
            }
            for (int tile = 0; tile < products; tile++) {
                productTile(tile, 0);
            }
        } else {
            team.run(packTiles, packs);
            team.run(productTiles, products);
        }
    }

    private int panels() {
        return (m + WIDTH - 1) / WIDTH;
    }

    private int blocks() {
        return (k + DEPTH - 1) / DEPTH;
    }

    /** One block of one panel of a. */
    private void packTile(int tile, int worker) {
        int row = tile / blocks() * WIDTH;
        int p = tile % blocks() * DEPTH;
        int length = Math.min(DEPTH, k - p);
        int count = Math.min(WIDTH, m - row);
        Packing.panelOfRows(
                a.values, a.at(row, p), a.stride, count, length, scratch.shared(), PANELS_AT + row * k + p * WIDTH);
    }

    private void productTile(int tile, int worker) {
        float[] own = scratch.of(worker);
        int first = tile * TILE;
        int rows = Math.min(TILE, n - first);
        if (b.isNarrow() || rows < MatmulKernel.STORED) {
            copiedRows(own, first, rows);
        } else {
            storedRows(own, first, rows);
        }
        for (int panel = 0; panel < panels(); panel++) {
            store(own, first, rows, panel);
        }
    }

    /**
     * Rows of b where they are, a few at a time, equal parts of the tile apart: each is followed by its neighbour the next time, and
     * the processor fetches it meanwhile.
     */
    private void storedRows(float[] own, int first, int rows) {
        int part = rows / MatmulKernel.STORED;
        for (int row = 0; row < part; row++) {
            storedRows(own, first, row, part);
        }
        if (part * MatmulKernel.STORED < rows) {
            // Some of the last ones were taken before: they get the same values again.
            storedRows(own, first, rows - MatmulKernel.STORED, 1);
        }
    }

    /** The rows {@code row}, {@code row + step} and so on of a tile. */
    private void storedRows(float[] own, int first, int row, int step) {
        for (int panel = 0; panel < panels(); panel++) {
            int to = resultAt(panel) + row * WIDTH;
            for (int p = 0; p < k; p += DEPTH) {
                Kernels16.stored6(
                        b.values,
                        b.at(first + row, p),
                        step * b.stride,
                        scratch.shared(),
                        PANELS_AT + (panel * k + p) * WIDTH,
                        Math.min(DEPTH, k - p),
                        own,
                        to,
                        step * WIDTH,
                        p == 0 ? MatmulKernel.ZEROS : own,
                        p == 0 ? 0 : to,
                        p == 0 ? 0 : step * WIDTH);
            }
        }
    }

    private void copiedRows(float[] own, int first, int rows) {
        for (int i = 0; i < PanelProduct.covered(rows); i++) {
            for (int p = 0; p < k; p += DEPTH) {
                int length = Math.min(DEPTH, k - p);
                int at = ROWS_AT + p / DEPTH * TILE * ROW + i * ROW;
                if (i < rows) {
                    b.copy(first + i, p, 1, length, own, at, 0);
                } else {
                    Arrays.fill(own, at, at + length, 0f);
                }
            }
        }
        for (int panel = 0; panel < panels(); panel++) {
            int to = resultAt(panel);
            for (int p = 0; p < k; p += DEPTH) {
                PanelProduct.run(
                        false,
                        own,
                        ROWS_AT + p / DEPTH * TILE * ROW,
                        rows,
                        scratch.shared(),
                        PANELS_AT + (panel * k + p) * WIDTH,
                        Math.min(DEPTH, k - p),
                        WIDTH,
                        own,
                        to,
                        WIDTH,
                        p == 0 ? MatmulKernel.ZEROS : own,
                        p == 0 ? 0 : to,
                        p == 0 ? 0 : WIDTH,
                        own,
                        0);
            }
        }
    }

    /** The columns {@code first} and on of c for one panel of a. */
    private void store(float[] own, int first, int rows, int panel) {
        int row = panel * WIDTH;
        int count = Math.min(WIDTH, m - row);
        if (base == null) {
            Transpose.run(own, resultAt(panel), WIDTH, rows, count, c, cAt + row * cStride + first, cStride);
            return;
        }
        Transpose.run(own, resultAt(panel), WIDTH, rows, count, own, TURNED_AT, TILE);
        for (int i = 0; i < count; i++) {
            int from = baseAt + (row + i) * baseStride + first;
            RowMath.addScaledInto(
                    c, cAt + (row + i) * cStride + first, base, from, own, TURNED_AT + i * TILE, rows, 1f);
        }
    }

    /** Where a tile's sums for a panel of a stand, a row for each row of b. */
    private static int resultAt(int panel) {
        return RESULT_AT + panel * TILE * WIDTH;
    }
}
