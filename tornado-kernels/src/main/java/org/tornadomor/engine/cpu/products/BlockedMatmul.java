package org.tornadomor.engine.cpu.products;

import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.Scratch;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/**
 * {@code c = base + a b} for matrices that are worth packing: c [m, n], the sums of length k. Either operand may be given
 * transposed.
 *
 * <p>First all workers bring b into the order in which the kernel reads it, walking along the rows in which it is stored, since
 * that is what the processor fetches ahead of its use. Then they share the rows of c, some hundred at a time. Sums are cut into
 * blocks of at most {@link MatmulKernel#DEPTH}. For each block the worker copies the rows of a into its own memory, and takes some
 * panels of b after another: both stay in the second-level cache while they are multiplied, and the few rows of a that a kernel
 * takes in the first. An element is the sum of its blocks in order, wherever the tiles are cut.
 */
final class BlockedMatmul {
    /** Columns of b that are packed at a time if a has many rows: with {@link #MAX_DEPTH} it bounds the scratch memory. */
    private static final int MAX_COLUMNS = 4096;
    /** Rows of b that are packed at a time. */
    private static final int MAX_DEPTH = 8 * MatmulKernel.DEPTH;
    /** Rows of a in a tile. */
    private static final int TILE_ROWS = 8 * MatmulKernel.HEIGHT;
    /** Tiles beside each other that a worker takes together if there are enough: b is read from memory once for all of them. */
    private static final int TOGETHER = 4;
    /** Tiles for each worker that a product is cut into if it is large enough, so that workers end at about the same time. */
    private static final int TILES = 6;
    /** Panels of a tile, at least. */
    private static final int TILE_PANELS = 4;
    /** Panels that are multiplied with all rows of a worker before the next: with DEPTH rows a quarter of a MiB. */
    private static final int PANELS = 8;
    /**
     * Elements of b that are packed at a time for each worker if a has so few rows that each is used in one go: a MiB, of which most is
     * still in the worker's caches then.
     */
    private static final int USED_ONCE = 1 << 18;
    /** Rows of b that one task packs if b is not transposed. */
    private static final int PACK_ROWS = 16;
    /** Columns of b from which on it pays to turn the rows of a: then the kernel is faster. */
    private static final int TURNED_COLUMNS = 512;
    /** Products of up to this many multiply-adds are not worth waking workers for. */
    private static final long ALONE = 64 * 64 * 64;

    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int DEPTH = MatmulKernel.DEPTH;
    private static final float[] ZEROS = MatmulKernel.ZEROS;
    private static final int RIGHT_AT = Lanes.ALIGNED;
    /** Behind what packing and the edges of tiles need. */
    private static final int LEFT_AT = Lanes.ALIGNED + Math.max(Packing.STAGE, PanelProduct.EDGE);

    private final boolean aTransposed;
    private final boolean bTransposed;
    private final WorkerTeam.TileTask packTasks;
    private final WorkerTeam.TilesTask productTiles = this::productTiles;

    private Scratch scratch;
    private int m, n, k;
    private Matrix a, b;
    private float[] c, base;
    private int cAt, cStride, baseAt, baseStride;

    /** The part that is packed now, and how it is cut. */
    private int column, columns, from, depth;

    /** Whether the rows of a are turned when they are copied. */
    private boolean turned;

    private int blockDepth, packsPerBlock, rowTiles, tilePanels;

    /** @param aTransposed a is given as [k, m]; @param bTransposed b is given as [n, k] */
    BlockedMatmul(boolean aTransposed, boolean bTransposed) {
        this.aTransposed = aTransposed;
        this.bTransposed = bTransposed;
        packTasks = bTransposed ? this::packTransposed : this::packRows;
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
        turned = aTransposed || n >= TURNED_COLUMNS;
        boolean once = m <= TOGETHER * TILE_ROWS;
        int maxDepth = once ? blockDepth : MAX_DEPTH / DEPTH * blockDepth;
        int maxColumns = once ? team.threads() * USED_ONCE / blockDepth / WIDTH * WIDTH : MAX_COLUMNS;
        scratch = team.scratch();
        scratch.reserve(
                RIGHT_AT + Math.min(maxDepth, k) * panels(Math.min(maxColumns, n)) * WIDTH,
                LEFT_AT + PanelProduct.size(turned, Math.min(TOGETHER * TILE_ROWS, m)));
        boolean alone = (long) m * n * k <= ALONE;
        for (column = 0; column < n; column += maxColumns) {
            columns = Math.min(maxColumns, n - column);
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
        rowTiles = (m + TILE_ROWS - 1) / TILE_ROWS;
        int tiles = team.threads() == 1 ? 1 : TILES * team.threads();
        int columnTiles = Math.clamp(panels / TILE_PANELS, 1, (tiles + rowTiles - 1) / rowTiles);
        tilePanels = (panels + columnTiles - 1) / columnTiles;
        int packs = packsPerBlock * ((depth + blockDepth - 1) / blockDepth);
        int products = rowTiles * ((panels + tilePanels - 1) / tilePanels);
        if (alone) {
            for (int task = 0; task < packs; task++) {
                packTasks.tile(task, 0);
            }
            productTiles(0, products, 0);
        } else {
            team.run(packTasks, packs);
            team.run(productTiles, products, TOGETHER);
        }
    }

    /** One block of the columns of one panel, which are rows of a transposed b. */
    private void packTransposed(int task, int worker) {
        int block = task / packsPerBlock * blockDepth;
        int length = Math.min(blockDepth, depth - block);
        int first = task % packsPerBlock * WIDTH;
        Packing.panelOfRows(
                b,
                column + first,
                from + block,
                Math.min(WIDTH, columns - first),
                length,
                scratch.shared(),
                packedAt(block) + first * length,
                scratch.of(worker));
    }

    /** Some rows of a block of b into all panels. */
    private void packRows(int task, int worker) {
        int block = task / packsPerBlock * blockDepth;
        int length = Math.min(blockDepth, depth - block);
        int first = task % packsPerBlock * PACK_ROWS;
        Packing.panels(
                b.values,
                b.at(from + block, column),
                b.stride,
                first,
                Math.min(length, first + PACK_ROWS),
                columns,
                length,
                scratch.shared(),
                packedAt(block));
    }

    /** Where the panels of a block stand. */
    private int packedAt(int block) {
        return RIGHT_AT + block * panels(columns) * WIDTH;
    }

    private void productTiles(int first, int end, int worker) {
        for (int tile = first; tile < end; ) {
            int rowTile = tile % rowTiles;
            int together = Math.min(Math.min(TOGETHER, end - tile), rowTiles - rowTile);
            int i = rowTile * TILE_ROWS;
            product(i, Math.min(together * TILE_ROWS, m - i), tile / rowTiles * tilePanels * WIDTH, scratch.of(worker));
            tile += together;
        }
    }

    /** Rows from i on, and the columns of one tile from j on. */
    private void product(int i, int rows, int j, float[] own) {
        int end = Math.min(columns, j + tilePanels * WIDTH);
        for (int block = 0; block < depth; block += blockDepth) {
            int length = Math.min(blockDepth, depth - block);
            copyLeft(i, rows, from + block, length, own);
            for (int panel = j; panel < end; panel += PANELS * WIDTH) {
                productBlock(i, rows, panel, Math.min(PANELS * WIDTH, end - panel), block, length, own);
            }
        }
    }

    private void productBlock(int i, int rows, int j, int width, int block, int length, float[] own) {
        boolean adds = from + block > 0;
        boolean zero = !adds && base == null;
        int cTile = cAt + i * cStride + column + j;
        PanelProduct.run(
                turned,
                own,
                LEFT_AT,
                rows,
                scratch.shared(),
                packedAt(block) + j * length,
                length,
                width,
                c,
                cTile,
                cStride,
                adds ? c : zero ? ZEROS : base,
                adds ? cTile : zero ? 0 : baseAt + i * baseStride + column + j,
                adds ? cStride : zero ? 0 : baseStride,
                own,
                0);
    }

    /** Copies a block of rows of a to where the kernel wants them, in the worker's own memory. */
    private void copyLeft(int row, int rows, int start, int length, float[] own) {
        if (aTransposed) {
            Packing.groupsOfColumns(a.values, a.at(start, row), a.stride, rows, length, own, LEFT_AT);
        } else if (turned) {
            Packing.groups(a.values, a.at(row, start), a.stride, rows, length, own, LEFT_AT, own);
        } else {
            Packing.rows(a.values, a.at(row, start), a.stride, rows, length, own, LEFT_AT);
        }
    }
}
