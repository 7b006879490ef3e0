package org.tornadomor.engine.cpu;

/**
 * {@code c = base + a b} for matrices that are worth packing: c [m, n], the sums of length k. Either operand may be given
 * transposed.
 *
 * <p>First all workers bring b into the order in which the kernel reads it, walking along the rows in which it is stored, since
 * that is what the processor fetches ahead of its use. Then they share the tiles of c. Sums are cut into blocks of at most
 * {@link MatmulKernel#DEPTH}, and a tile is finished before the next is begun, so that it stays in the second-level cache while
 * the blocks are added to it. For each block the worker copies the rows of a that the tile needs, turned if a is transposed, and
 * goes along the rows of c: the few rows of a that a kernel takes stay in the first-level cache, the panels of b in the second.
 * An element is the sum of its blocks in order, wherever the tiles are cut.
 */
final class BlockedMatmul {
    /** Columns of b that are packed at a time: with {@link #MAX_DEPTH} it bounds the scratch memory. */
    private static final int MAX_COLUMNS = 4096;
    /** Rows of b that are packed at a time. */
    private static final int MAX_DEPTH = 8 * MatmulKernel.DEPTH;
    /** Rows of a in a tile, at most. */
    private static final int TILE_ROWS = 96;
    /** The same if a is transposed: more, since that is how long the pieces of memory are which are then read. */
    private static final int TILE_COLUMNS = 192;
    /** Tiles for each worker that a product is cut into if it is large enough, so that workers end at about the same time. */
    private static final int TILES = 6;
    /** Panels of a tile, at least. */
    private static final int TILE_PANELS = 4;
    /** Panels of a tile, at most: with DEPTH rows they fill half of a large second-level cache. */
    private static final int MAX_TILE_PANELS = 32;
    /** Rows of b that one task packs if b is not transposed. */
    private static final int PACK_ROWS = 16;
    /** Products of up to this many multiply-adds are not worth waking workers for. */
    private static final long ALONE = 64 * 64 * 64;

    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int DEPTH = MatmulKernel.DEPTH;
    private static final int ROW = MatmulKernel.ROW;
    private static final float[] ZEROS = MatmulKernel.ZEROS;
    private static final int RIGHT_AT = Lanes.ALIGNED;
    /** Behind what packing and the edges of tiles need. */
    private static final int LEFT_AT = Math.max(Packing.STAGE, PanelProduct.EDGE);

    private final boolean aTransposed;
    private final boolean bTransposed;
    private final int tileRows;
    private final WorkerTeam.TileTask packTasks = this::pack;
    private final WorkerTeam.TileTask productTiles = this::productTile;

    private Scratch scratch;
    private int m, n, k;
    private Matrix a, b;
    private float[] c, base;
    private int cAt, cStride, baseAt, baseStride;

    /** The part that is packed now, and how it is cut. */
    private int column, columns, from, depth;

    private int blockDepth, packsPerBlock, rowTiles, tilePanels;

    /** @param aTransposed a is given as [k, m]; @param bTransposed b is given as [n, k] */
    BlockedMatmul(boolean aTransposed, boolean bTransposed) {
        this.aTransposed = aTransposed;
        this.bTransposed = bTransposed;
        this.tileRows = aTransposed ? TILE_COLUMNS : TILE_ROWS;
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
        blockDepth = blockDepth(k);
        int maxDepth = MAX_DEPTH / DEPTH * blockDepth;
        scratch = team.scratch();
        scratch.reserve(
                RIGHT_AT + Math.min(maxDepth, k) * panels(Math.min(MAX_COLUMNS, n)) * WIDTH,
                LEFT_AT + PanelProduct.covered(Math.min(tileRows, m)) * ROW);
        boolean alone = (long) m * n * k <= ALONE;
        for (column = 0; column < n; column += MAX_COLUMNS) {
            columns = Math.min(MAX_COLUMNS, n - column);
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

    private static int panels(int columns) {
        return (columns + WIDTH - 1) / WIDTH;
    }

    private void runPart(WorkerTeam team, boolean alone) {
        int panels = panels(columns);
        packsPerBlock = bTransposed ? panels : (blockDepth + PACK_ROWS - 1) / PACK_ROWS;
        rowTiles = (m + tileRows - 1) / tileRows;
        int tiles = team.threads() == 1 ? 1 : TILES * team.threads();
        int balanced = Math.clamp(panels / TILE_PANELS, 1, (tiles + rowTiles - 1) / rowTiles);
        int columnTiles = Math.max(balanced, (panels + MAX_TILE_PANELS - 1) / MAX_TILE_PANELS);
        tilePanels = (panels + columnTiles - 1) / columnTiles;
        int packs = packsPerBlock * ((depth + blockDepth - 1) / blockDepth);
        int products = rowTiles * ((panels + tilePanels - 1) / tilePanels);
        if (alone) {
            for (int task = 0; task < packs; task++) {
                pack(task, 0);
            }
            for (int tile = 0; tile < products; tile++) {
                productTile(tile, 0);
            }
        } else {
            team.run(packTasks, packs);
            team.run(productTiles, products);
        }
    }

    private void pack(int task, int worker) {
        int block = task / packsPerBlock * blockDepth;
        int length = Math.min(blockDepth, depth - block);
        int to = RIGHT_AT + block * panels(columns) * WIDTH;
        int part = task % packsPerBlock;
        if (bTransposed) {
            int first = part * WIDTH;
            int count = Math.min(WIDTH, columns - first);
            Packing.panelOfRows(
                    b,
                    column + first,
                    from + block,
                    count,
                    length,
                    scratch.shared(),
                    to + first * length,
                    scratch.of(worker));
        } else {
            int first = part * PACK_ROWS;
            int end = Math.min(length, first + PACK_ROWS);
            Packing.panels(
                    b.values, b.at(from + block, column), b.stride, first, end, columns, length, scratch.shared(), to);
        }
    }

    private void productTile(int tile, int worker) {
        int i = tile % rowTiles * tileRows;
        int j = tile / rowTiles * tilePanels * WIDTH;
        int rows = Math.min(tileRows, m - i);
        int cTile = cAt + i * cStride + column + j;
        float[] own = scratch.of(worker);
        for (int block = 0; block < depth; block += blockDepth) {
            int length = Math.min(blockDepth, depth - block);
            boolean adds = from + block > 0;
            boolean zero = !adds && base == null;
            copyLeft(i, rows, from + block, length, own);
            PanelProduct.run(
                    own,
                    LEFT_AT,
                    rows,
                    scratch.shared(),
                    RIGHT_AT + block * panels(columns) * WIDTH + j * length,
                    length,
                    Math.min(columns - j, tilePanels * WIDTH),
                    c,
                    cTile,
                    cStride,
                    adds ? c : zero ? ZEROS : base,
                    adds ? cTile : zero ? 0 : baseAt + i * baseStride + column + j,
                    adds ? cStride : zero ? 0 : baseStride,
                    own,
                    0);
        }
    }

    /** Copies a block of rows of a to where the kernel wants them, in the worker's own memory. */
    private void copyLeft(int row, int rows, int start, int length, float[] own) {
        if (!aTransposed) {
            Packing.rows(a.values, a.at(row, start), a.stride, rows, length, own, LEFT_AT);
            return;
        }
        Transpose.run(a.values, a.at(start, row), a.stride, length, rows, own, LEFT_AT, ROW);
    }
}
