package org.tornadomor.engine.cpu;

/**
 * {@code c = base + a b} for matrices that are worth packing: c [m, n], the sums of length k. Either operand may be given
 * transposed.
 *
 * <p>k is cut into blocks of at most {@link MatmulKernel#DEPTH}. For each block all workers bring b into the order in which the
 * kernel reads it, and a too if it is transposed, walking along the rows in which they are stored, since that is what the
 * processor fetches ahead of its use. Then they share the tiles of c. The rows of a tile that need no transposing are copied by
 * the worker that uses them, just before: they need not come out of another processor's cache. A worker goes down the rows with
 * the same panels of b, which so stay in the second-level cache, and the few rows of a that a kernel takes stay in the first
 * while it goes along a row of c. An element is the sum of its blocks in order, wherever the tiles are cut.
 */
final class BlockedMatmul {
    /** Rows of a, and columns of b, that are packed at a time: bounds the scratch memory for large vocabularies. */
    private static final int MAX_ROWS = 4096 / MatmulKernel.HEIGHT * MatmulKernel.HEIGHT;

    private static final int MAX_COLUMNS = 4096;
    /** Rows of a in a tile. */
    private static final int TILE_ROWS = 96;
    /** Tiles for each worker that a product is cut into if it is large enough, so that workers end at about the same time. */
    private static final int TILES = 6;
    /** Panels of a tile, at least. */
    private static final int TILE_PANELS = 4;
    /** Panels of a tile, at most: with DEPTH rows they fill half of a large second-level cache. */
    private static final int MAX_TILE_PANELS = 32;
    /** Rows of an operand that one task packs. */
    private static final int PACK_ROWS = Packing.STAGED_ROWS;
    /** Products of up to this many multiply-adds are not worth waking workers for. */
    private static final long ALONE = 64 * 64 * 64;

    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int DEPTH = MatmulKernel.DEPTH;
    private static final int ROW = MatmulKernel.ROW;
    private static final float[] ZEROS = MatmulKernel.ZEROS;
    private static final int RIGHT_AT = Lanes.ALIGNED;

    private final boolean aTransposed;
    private final boolean bTransposed;
    private final WorkerTeam.TileTask packTasks = this::pack;
    private final WorkerTeam.TileTask productTiles = this::productTile;

    private Scratch scratch;
    private int m, n, k;
    private Matrix a, b;
    private float[] c, base;
    private int cAt, cStride, baseAt, baseStride;

    /** The part that is packed now, and how it is cut. */
    private int row, rows, column, columns, from, depth;

    private int leftAt, rightPacks, leftPacks, rowTiles, tilePanels;

    /** @param aTransposed a is given as [k, m]; @param bTransposed b is given as [n, k] */
    BlockedMatmul(boolean aTransposed, boolean bTransposed) {
        this.aTransposed = aTransposed;
        this.bTransposed = bTransposed;
    }

    /** Runs the product. base is null for zero, or c itself, or a matrix of the shape of c; a transposed b may be narrow. */
    void run(
            WorkerTeam team,
            int height,
            int width,
            int length,
            Matrix left,
            Matrix right,
            Matrix result,
            Matrix start) {
        m = height;
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
        int blockDepth = blockDepth(k);
        int rightSize = blockDepth * panels(Math.min(MAX_COLUMNS, n)) * WIDTH;
        int leftSize = PanelProduct.covered(Math.min(aTransposed ? MAX_ROWS : TILE_ROWS, m)) * ROW;
        leftAt = aTransposed ? RIGHT_AT + rightSize : PanelProduct.EDGE;
        scratch = team.scratch();
        scratch.reserve(
                RIGHT_AT + rightSize + (aTransposed ? leftSize : 0),
                Math.max(PanelProduct.EDGE + (aTransposed ? 0 : leftSize), Packing.STAGE));
        boolean alone = (long) m * n * k <= ALONE;
        for (row = 0; row < m; row += MAX_ROWS) {
            rows = Math.min(MAX_ROWS, m - row);
            for (column = 0; column < n; column += MAX_COLUMNS) {
                columns = Math.min(MAX_COLUMNS, n - column);
                for (from = 0; from < k; from += blockDepth) {
                    depth = Math.min(blockDepth, k - from);
                    runBlock(team, alone);
                }
            }
        }
    }

    /** Blocks of about equal depth, in whole vectors for the sake of transposing. */
    private static int blockDepth(int k) {
        int blocks = (k + DEPTH - 1) / DEPTH;
        int even = (k + blocks - 1) / blocks;
        return Math.min(DEPTH, (even + Lanes.LENGTH - 1) / Lanes.LENGTH * Lanes.LENGTH);
    }

    private static int panels(int columns) {
        return (columns + WIDTH - 1) / WIDTH;
    }

    private void runBlock(WorkerTeam team, boolean alone) {
        int panels = panels(columns);
        rightPacks = bTransposed ? panels : (depth + PACK_ROWS - 1) / PACK_ROWS;
        leftPacks = aTransposed ? (depth + PACK_ROWS - 1) / PACK_ROWS : 0;
        rowTiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
        int tiles = team.threads() == 1 ? 1 : TILES * team.threads();
        int balanced = Math.clamp(panels / TILE_PANELS, 1, (tiles + rowTiles - 1) / rowTiles);
        int columnTiles = Math.max(balanced, (panels + MAX_TILE_PANELS - 1) / MAX_TILE_PANELS);
        tilePanels = (panels + columnTiles - 1) / columnTiles;
        int products = rowTiles * ((panels + tilePanels - 1) / tilePanels);
        if (alone) {
            for (int task = 0; task < rightPacks + leftPacks; task++) {
                pack(task, 0);
            }
            for (int tile = 0; tile < products; tile++) {
                productTile(tile, 0);
            }
        } else {
            team.run(packTasks, rightPacks + leftPacks);
            team.run(productTiles, products);
        }
    }

    private void pack(int task, int worker) {
        if (task < rightPacks) {
            packRight(task, worker);
        } else {
            packLeft(task - rightPacks, worker);
        }
    }

    private void packRight(int task, int worker) {
        float[] packed = scratch.shared();
        if (bTransposed) {
            int first = task * WIDTH;
            int count = Math.min(WIDTH, columns - first);
            int to = RIGHT_AT + first * depth;
            Packing.panelOfRows(b, column + first, from, count, depth, packed, to, scratch.of(worker));
        } else {
            int first = task * PACK_ROWS;
            int end = Math.min(depth, first + PACK_ROWS);
            Packing.panels(b.values, b.at(from, column), b.stride, first, end, columns, depth, packed, RIGHT_AT);
        }
    }

    private void packLeft(int task, int worker) {
        int first = task * PACK_ROWS;
        int count = Math.min(PACK_ROWS, depth - first);
        Packing.rowsOfColumns(
                a.values,
                a.at(from + first, row),
                a.stride,
                rows,
                count,
                scratch.shared(),
                leftAt + first,
                scratch.of(worker));
    }

    private void productTile(int tile, int worker) {
        int i = tile % rowTiles * TILE_ROWS;
        int j = tile / rowTiles * tilePanels * WIDTH;
        int cTile = cAt + (row + i) * cStride + column + j;
        int tileRows = Math.min(TILE_ROWS, rows - i);
        float[] own = scratch.of(worker);
        if (!aTransposed) {
            Packing.rows(a.values, a.at(row + i, from), a.stride, tileRows, depth, own, leftAt);
        }
        boolean adds = from > 0;
        boolean zero = !adds && base == null;
        PanelProduct.run(
                aTransposed ? scratch.shared() : own,
                aTransposed ? leftAt + i * ROW : leftAt,
                tileRows,
                scratch.shared(),
                RIGHT_AT + j * depth,
                depth,
                Math.min(columns - j, tilePanels * WIDTH),
                c,
                cTile,
                cStride,
                adds ? c : zero ? ZEROS : base,
                adds ? cTile : zero ? 0 : baseAt + (row + i) * baseStride + column + j,
                adds ? cStride : zero ? 0 : baseStride,
                own,
                0);
    }
}
