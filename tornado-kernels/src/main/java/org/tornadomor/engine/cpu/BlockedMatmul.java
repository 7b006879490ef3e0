package org.tornadomor.engine.cpu;

import java.util.Arrays;

/**
 * {@code c = base + a b} for matrices that are worth packing: c [m, n], the sums of length k. Either operand may be given
 * transposed.
 *
 * <p>k is cut into blocks of at most {@link MatmulKernel#DEPTH}. All workers pack b into panels; then each tile packs the
 * rows of a that it needs, block by block, and runs the kernel over them. An element is the sum of its blocks in order,
 * wherever the tiles are cut.
 */
final class BlockedMatmul {
    /** Elements of b that are packed at a time: bounds the scratch memory for large vocabularies. */
    private static final int MAX_PACKED = 1 << 21;
    /** Columns that are packed at a time. */
    private static final int MAX_COLUMNS = 4096;
    /** Rows of a in a tile: with DEPTH columns they fill a part of the second-level cache. */
    private static final int TILE_ROWS = 96;
    /** Tiles that a product is cut into if it is large enough, so that workers end at about the same time. */
    private static final int TILES = 16;
    /** Panels of a tile, at least: packing a for fewer would not pay. */
    private static final int TILE_PANELS = 4;
    /** Panels of a tile, at most: with DEPTH rows they fill a part of the second-level cache, for the tiles below too. */
    private static final int MAX_TILE_PANELS = 16;
    /** Rows of a straight b that one tile packs. */
    private static final int PACK_ROWS = 16;
    /** Products of up to this many multiply-adds are not worth waking workers for. */
    private static final long ALONE = 64 * 64 * 64;

    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int DEPTH = MatmulKernel.DEPTH;
    private static final float[] ZEROS = MatmulKernel.ZEROS;
    private static final int EDGE_AT = TILE_ROWS * DEPTH;
    private static final int OWN = EDGE_AT + PanelProduct.EDGE;

    private final boolean aTransposed;
    private final boolean bTransposed;
    private final WorkerTeam.TileTask packTiles = this::packTile;
    private final WorkerTeam.TileTask productTiles = this::productTile;

    private Scratch scratch;
    private int m, n, k;
    private Matrix a, b;
    private float[] c, base;
    private int cAt, cStride, baseAt, baseStride;

    /** The part of b that is packed now, and how the rest is cut. */
    private int column, columns, from, depth, blockDepth, tileRows, rowTiles, tilePanels;

    /** @param aTransposed a is given as [k, m]; @param bTransposed b is given as [n, k] */
    BlockedMatmul(boolean aTransposed, boolean bTransposed) {
        this.aTransposed = aTransposed;
        this.bTransposed = bTransposed;
    }

    /** Runs the product. base is null for zero, or c itself, or a matrix of the shape of c; a transposed b may be narrow. */
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
        blockDepth = blockDepth(k);
        int maxColumns = Math.min(MAX_COLUMNS, n);
        int paddedColumns = (maxColumns + WIDTH - 1) / WIDTH * WIDTH;
        int maxDepth = Math.min(k, Math.max(1, MAX_PACKED / paddedColumns / blockDepth) * blockDepth);
        scratch.reserve(maxDepth * paddedColumns, OWN);
        boolean alone = (long) m * n * k <= ALONE;
        for (column = 0; column < n; column += maxColumns) {
            columns = Math.min(maxColumns, n - column);
            cut();
            for (from = 0; from < k; from += maxDepth) {
                depth = Math.min(maxDepth, k - from);
                runPart(team, alone);
            }
        }
    }

    /** Blocks of about equal depth, in whole vectors for the sake of transposing. */
    private static int blockDepth(int k) {
        int blocks = (k + DEPTH - 1) / DEPTH;
        int even = (k + blocks - 1) / blocks;
        return Math.min(DEPTH, (even + Lanes.LENGTH - 1) / Lanes.LENGTH * Lanes.LENGTH);
    }

    private void cut() {
        int panels = (columns + WIDTH - 1) / WIDTH;
        tileRows = TILE_ROWS;
        rowTiles = (m + tileRows - 1) / tileRows;
        int balanced = Math.clamp(panels / TILE_PANELS, 1, (TILES + rowTiles - 1) / rowTiles);
        int columnTiles = Math.max(balanced, (panels + MAX_TILE_PANELS - 1) / MAX_TILE_PANELS);
        tilePanels = (panels + columnTiles - 1) / columnTiles;
    }

    private void runPart(WorkerTeam team, boolean alone) {
        int panels = (columns + WIDTH - 1) / WIDTH;
        int packs = bTransposed ? panels : (depth + PACK_ROWS - 1) / PACK_ROWS;
        int products = rowTiles * ((panels + tilePanels - 1) / tilePanels);
        if (alone) {
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

    private void packTile(int tile, int worker) {
        float[] packed = scratch.shared();
        if (bTransposed) {
            int first = tile * WIDTH;
            int count = Math.min(WIDTH, columns - first);
            Packing.panelOfRows(b, column + first, from, count, depth, packed, first * depth, scratch.of(worker));
        } else {
            int first = tile * PACK_ROWS;
            Packing.panels(
                    b.values,
                    b.at(from, column),
                    b.stride,
                    first,
                    Math.min(depth, first + PACK_ROWS),
                    columns,
                    depth,
                    packed,
                    0);
        }
    }

    private void productTile(int tile, int worker) {
        float[] own = scratch.of(worker);
        int row = tile % rowTiles * tileRows;
        int rows = Math.min(tileRows, m - row);
        int firstPanel = tile / rowTiles * tilePanels;
        int endColumn = Math.min(columns, (firstPanel + tilePanels) * WIDTH);
        for (int p = 0; p < depth; p += blockDepth) {
            int length = Math.min(blockDepth, depth - p);
            packRows(own, row, rows, from + p, length);
            for (int j = firstPanel * WIDTH; j < endColumn; j += WIDTH) {
                panel(own, row, rows, j, Math.min(WIDTH, columns - j), p, length);
            }
        }
    }

    private void packRows(float[] own, int row, int rows, int p, int length) {
        if (aTransposed) {
            Packing.rowsOfColumns(a.values, a.at(p, row), a.stride, rows, length, own, 0);
        } else {
            Packing.rows(a.values, a.at(row, p), a.stride, rows, length, own, 0);
        }
        for (int i = rows; i < PanelProduct.covered(rows); i++) {
            Arrays.fill(own, i * DEPTH, i * DEPTH + length, 0f);
        }
    }

    /** All rows of the tile for one panel of b, which stays in the first-level cache. */
    private void panel(float[] own, int row, int rows, int j, int width, int p, int length) {
        float[] packed = scratch.shared();
        int panelAt = j * depth + p * WIDTH;
        boolean adds = from + p > 0;
        boolean zero = !adds && base == null;
        float[] start = adds ? c : zero ? ZEROS : base;
        int startAt = adds ? cAt + column : zero ? -j : baseAt + column;
        int startStride = adds ? cStride : zero ? 0 : baseStride;
        PanelProduct.run(
                own,
                0,
                rows,
                packed,
                panelAt,
                length,
                width,
                c,
                cAt + row * cStride + column + j,
                cStride,
                start,
                startAt + row * startStride + j,
                startStride,
                own,
                EDGE_AT);
    }
}
