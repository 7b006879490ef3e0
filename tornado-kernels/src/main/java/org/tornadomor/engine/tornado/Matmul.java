package org.tornadomor.engine.tornado;

import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Products of matrices: {@code c = A B (+ other)} where A and B are read as they are or transposed. Two schedules: on
 * accelerators a work-group goes through tiles in local memory; on a CPU, where local memory is memory like any other and
 * work-items are loop iterations, an item has a block of results for itself. Lesson 4
 * ({@code docs/lessons/04-matrix-products}) leads to it.
 *
 * <pre>{@code
 * tiles:    group (x, y) has rows 64 y .. 64 y + 63 and columns 64 x .. 64 x + 63; its item (i, j) of 16 x 16 has the rows
 *           j, j + 16, j + 32, j + 48 and the columns i, i + 16, i + 32, i + 48 of those
 * panels:   item (x, y) has 32 rows and 16 columns
 * }</pre>
 */
public final class Matmul {
    /** Rows and columns of an accelerator item's block of results; rows that a CPU item goes through at a time. */
    private static final int BLOCK = 4;
    /** Rows of an item's results on a CPU. */
    private static final int CPU_ROWS = 32;
    /** Columns of an item's results on a CPU: the floats of the widest vector there is. */
    private static final int CPU_COLUMNS = 16;
    /** How much of the inner dimension a CPU item copies side by side: with the columns, a quarter of a first-level cache. */
    private static final int PANEL = 64;
    /** Items of a group along x and along y on an accelerator. */
    private static final int SIDE = 16;
    /** Rows and columns of a group's results on an accelerator. */
    private static final int TILE = SIDE * BLOCK;
    /** How much of the inner dimension is in local memory at a time. */
    private static final int DEPTH = 16;
    /** Floats from one line of a tile in local memory to the next: odd, so that columns lie in different banks. */
    private static final int LINE = TILE + 1;

    private static final int ITEMS = SIDE * SIDE;
    private static final int LOADS = TILE * DEPTH / ITEMS;

    private Matmul() {}

    /** A linear map: {@code c = a w^T (+ residual)}. */
    static void record(DenseOp.MatmulNT op, TaskList tasks) {
        Slot other = op.residual() == null ? op.c() : op.residual();
        Call call = tasks.call(op.rows(), op.c(), op.a(), op.w(), other);
        Extent columns = Extent.fixed(op.c().columns());
        add("MatmulNT", call, op.rows(), columns, op.a().columns(), 0, 1, op.residual() == null ? 0 : 1, tasks);
    }

    /** The gradient of its input: {@code c = a w} or {@code c += a w}. */
    static void record(DenseOp.MatmulNN op, TaskList tasks) {
        Call call = tasks.call(op.rows(), op.c(), op.a(), op.w(), op.c());
        Extent columns = Extent.fixed(op.c().columns());
        add("MatmulNN", call, op.rows(), columns, op.a().columns(), 0, 0, op.accumulate() ? 1 : 0, tasks);
    }

    /** The gradient of its weight: {@code c += a^T b}, the inner dimension being the rows. */
    static void record(DenseOp.MatmulTN op, TaskList tasks) {
        Call call = tasks.call(op.rows(), op.c(), op.a(), op.b(), op.c());
        Extent columns = Extent.fixed(op.c().columns());
        add("MatmulTN", call, Extent.fixed(op.a().columns()), columns, 0, 1, 0, 1, tasks);
    }

    private static void add(
            String name, Call call, Extent m, Extent n, int depth, int transA, int transB, int add, TaskList tasks) {
        if (tasks.device().cpu()) {
            Grid grid = new Grid(new Grid.Groups(n, 1, CPU_COLUMNS), new Grid.Groups(m, 1, CPU_ROWS), 1, 1, 0);
            tasks.add(
                    name,
                    call,
                    grid,
                    (graph, id, a) -> graph.task(
                            id,
                            Matmul::panels,
                            a.context(),
                            a.run(),
                            a.table(),
                            a.m(0),
                            a.m(1),
                            a.m(2),
                            a.m(3),
                            a.arrays(),
                            a.code(),
                            depth,
                            transA,
                            transB,
                            add));
        } else {
            Grid grid = new Grid(
                    new Grid.Groups(n, 1, TILE),
                    new Grid.Groups(m, 1, TILE),
                    SIDE,
                    SIDE,
                    2 * Float.BYTES * DEPTH * LINE);
            tasks.add(
                    name,
                    call,
                    grid,
                    (graph, id, a) -> graph.task(
                            id,
                            Matmul::tiles,
                            a.context(),
                            a.run(),
                            a.table(),
                            a.m(0),
                            a.m(1),
                            a.m(2),
                            a.m(3),
                            a.arrays(),
                            a.code(),
                            depth,
                            transA,
                            transB,
                            add));
        }
    }

    /**
     * The schedule for CPUs: {@code c = A B}, plus the tensor other if {@code add} is 1.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: c, A, B, other. Grid: items of
     * {@link #CPU_COLUMNS} columns along x and {@link #CPU_ROWS} rows along y, a group each. An item copies {@link #PANEL}
     * lines of its columns of B side by side, whichever way B lies, and takes all its rows through them, {@link #BLOCK} at a
     * time: loops over neighbouring columns are what the driver's compiler turns into vector instructions. Rows and columns
     * beyond the edge are read as the last ones and not written. {@code depth} is the inner dimension, unless A is
     * transposed: then that is the row count.
     */
    static void panels(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            FloatArray m3,
            long arrays,
            int call,
            int depth,
            int transA,
            int transB,
            int add) {
        int at = Args.begin(c, run, call);
        int rows = Args.rows(run, call);
        int m = transA == 1 ? Args.columns(table, at, 1) : rows;
        int n = Args.columns(table, at, 0);
        int k = transA == 1 ? rows : depth;
        int i = c.globalIdy * CPU_ROWS;
        int j = c.globalIdx * CPU_COLUMNS;
        float[] panel = new float[PANEL * CPU_COLUMNS];
        float[] sums = new float[CPU_ROWS * CPU_COLUMNS];
        float[] s0 = new float[CPU_COLUMNS];
        float[] s1 = new float[CPU_COLUMNS];
        float[] s2 = new float[CPU_COLUMNS];
        float[] s3 = new float[CPU_COLUMNS];
        if (i < m) {
            FloatArray out = Args.pick(m0, m1, m2, m3, arrays, 0);
            FloatArray a = Args.pick(m0, m1, m2, m3, arrays, 1);
            FloatArray b = Args.pick(m0, m1, m2, m3, arrays, 2);
            FloatArray other = Args.pick(m0, m1, m2, m3, arrays, 3);
            int aRow = transA == 1 ? 1 : Args.stride(table, at, 1);
            int aStep = transA == 1 ? Args.stride(table, at, 1) : 1;
            int bColumn = transB == 1 ? Args.stride(table, at, 2) : 1;
            int bStep = transB == 1 ? 1 : Args.stride(table, at, 2);
            int aAt = Args.offset(table, at, 1);
            int bAt = Args.offset(table, at, 2);
            int iEnd = Math.min(CPU_ROWS, m - i);
            for (int e = 0; e < CPU_ROWS * CPU_COLUMNS; e++) {
                sums[e] = 0f;
            }
            for (int k0 = 0; k0 < k; k0 += PANEL) {
                int kEnd = Math.min(PANEL, k - k0);
                for (int l = 0; l < kEnd; l++) {
                    for (int q = 0; q < CPU_COLUMNS; q++) {
                        panel[l * CPU_COLUMNS + q] = b.get(bAt + Math.min(j + q, n - 1) * bColumn + (k0 + l) * bStep);
                    }
                }
                for (int r = 0; r < iEnd; r += BLOCK) {
                    int first = r * CPU_COLUMNS;
                    int a0At = aAt + (i + r) * aRow + k0 * aStep;
                    int a1At = aAt + Math.min(i + r + 1, m - 1) * aRow + k0 * aStep;
                    int a2At = aAt + Math.min(i + r + 2, m - 1) * aRow + k0 * aStep;
                    int a3At = aAt + Math.min(i + r + 3, m - 1) * aRow + k0 * aStep;
                    for (int q = 0; q < CPU_COLUMNS; q++) {
                        s0[q] = sums[first + q];
                        s1[q] = sums[first + CPU_COLUMNS + q];
                        s2[q] = sums[first + 2 * CPU_COLUMNS + q];
                        s3[q] = sums[first + 3 * CPU_COLUMNS + q];
                    }
                    for (int l = 0; l < kEnd; l++) {
                        float a0 = a.get(a0At + l * aStep);
                        float a1 = a.get(a1At + l * aStep);
                        float a2 = a.get(a2At + l * aStep);
                        float a3 = a.get(a3At + l * aStep);
                        for (int q = 0; q < CPU_COLUMNS; q++) {
                            float right = panel[l * CPU_COLUMNS + q];
                            s0[q] += a0 * right;
                            s1[q] += a1 * right;
                            s2[q] += a2 * right;
                            s3[q] += a3 * right;
                        }
                    }
                    for (int q = 0; q < CPU_COLUMNS; q++) {
                        sums[first + q] = s0[q];
                        sums[first + CPU_COLUMNS + q] = s1[q];
                        sums[first + 2 * CPU_COLUMNS + q] = s2[q];
                        sums[first + 3 * CPU_COLUMNS + q] = s3[q];
                    }
                }
            }
            int outStride = Args.stride(table, at, 0);
            int outAt = Args.offset(table, at, 0) + i * outStride;
            int otherStride = Args.stride(table, at, 3);
            int otherAt = Args.offset(table, at, 3) + i * otherStride;
            int jEnd = Math.min(CPU_COLUMNS, n - j);
            for (int r = 0; r < iEnd; r++) {
                for (int q = 0; q < jEnd; q++) {
                    float sum = sums[r * CPU_COLUMNS + q];
                    if (add == 1) {
                        sum += other.get(otherAt + r * otherStride + j + q);
                    }
                    out.set(outAt + r * outStride + j + q, sum);
                }
            }
        }
    }

    /**
     * The schedule for accelerators, see {@link #panels}.
     *
     * <p>KernelContext, for local memory and barriers. Tensors: c, A, B, other. Grid: groups of {@link #SIDE} x {@link #SIDE}
     * items for tiles of {@link #TILE} x {@link #TILE} results; an item has 4 x 4 of them, {@link #SIDE} apart. Local memory:
     * {@link #DEPTH} lines of a tile of A and of B.
     */
    static void tiles(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            FloatArray m3,
            long arrays,
            int call,
            int depth,
            int transA,
            int transB,
            int add) {
        float[] aTile = c.allocateFloatLocalArray(DEPTH * LINE);
        float[] bTile = c.allocateFloatLocalArray(DEPTH * LINE);
        float[] sums = new float[BLOCK * BLOCK];
        float[] left = new float[BLOCK];
        float[] right = new float[BLOCK];
        int at = Args.begin(c, run, call);
        int rows = Args.rows(run, call);
        int m = transA == 1 ? Args.columns(table, at, 1) : rows;
        int n = Args.columns(table, at, 0);
        int k = transA == 1 ? rows : depth;
        int i0 = c.groupIdy * TILE;
        if (i0 < m) {
            FloatArray out = Args.pick(m0, m1, m2, m3, arrays, 0);
            FloatArray a = Args.pick(m0, m1, m2, m3, arrays, 1);
            FloatArray b = Args.pick(m0, m1, m2, m3, arrays, 2);
            FloatArray other = Args.pick(m0, m1, m2, m3, arrays, 3);
            int aStride = Args.stride(table, at, 1);
            int bStride = Args.stride(table, at, 2);
            int aAt = Args.offset(table, at, 1);
            int bAt = Args.offset(table, at, 2);
            int j0 = c.groupIdx * TILE;
            int x = c.localIdx;
            int y = c.localIdy;
            int item = y * SIDE + x;
            for (int e = 0; e < BLOCK * BLOCK; e++) {
                sums[e] = 0f;
            }
            for (int k0 = 0; k0 < k; k0 += DEPTH) {
                for (int load = 0; load < LOADS; load++) {
                    // Neighbouring items read neighbouring elements, whichever way the matrix lies.
                    int e = item + load * ITEMS;
                    int ai = transA == 1 ? e % TILE : e / DEPTH;
                    int ak = transA == 1 ? e / TILE : e % DEPTH;
                    int bj = transB == 1 ? e / DEPTH : e % TILE;
                    int bk = transB == 1 ? e % DEPTH : e / TILE;
                    float av = 0f;
                    if (i0 + ai < m && k0 + ak < k) {
                        av = a.get(aAt + (transA == 1 ? (k0 + ak) * aStride + i0 + ai : (i0 + ai) * aStride + k0 + ak));
                    }
                    float bv = 0f;
                    if (j0 + bj < n && k0 + bk < k) {
                        bv = b.get(bAt + (transB == 1 ? (j0 + bj) * bStride + k0 + bk : (k0 + bk) * bStride + j0 + bj));
                    }
                    aTile[ak * LINE + ai] = av;
                    bTile[bk * LINE + bj] = bv;
                }
                c.localBarrier();
                for (int line = 0; line < DEPTH * LINE; line += LINE) {
                    for (int p = 0; p < BLOCK; p++) {
                        left[p] = aTile[line + y + p * SIDE];
                        right[p] = bTile[line + x + p * SIDE];
                    }
                    for (int p = 0; p < BLOCK; p++) {
                        for (int q = 0; q < BLOCK; q++) {
                            sums[p * BLOCK + q] += left[p] * right[q];
                        }
                    }
                }
                c.localBarrier();
            }
            int outStride = Args.stride(table, at, 0);
            int outAt = Args.offset(table, at, 0);
            int otherStride = Args.stride(table, at, 3);
            int otherAt = Args.offset(table, at, 3);
            for (int p = 0; p < BLOCK; p++) {
                int i = i0 + y + p * SIDE;
                for (int q = 0; q < BLOCK; q++) {
                    int j = j0 + x + q * SIDE;
                    if (i < m && j < n) {
                        float sum = sums[p * BLOCK + q];
                        if (add == 1) {
                            sum += other.get(otherAt + i * otherStride + j);
                        }
                        out.set(outAt + i * outStride + j, sum);
                    }
                }
            }
        }
    }
}
