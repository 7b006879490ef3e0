package org.tornadomor.engine.tornado;

import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Products of matrices: {@code c = A B (+ other)} where A and B are read as they are or transposed. Two schedules: on
 * accelerators a work-group goes through tiles in local memory; on a CPU, where local memory is memory like any other, each
 * item keeps a block of 4 x 4 results in registers and reads its rows and columns straight from memory.
 */
final class Matmul {
    /** Rows and columns of an item's block of results. */
    private static final int BLOCK = 4;
    /** Items of a group along x on a CPU. */
    private static final int CPU_GROUP = 16;
    /** Items of a group along x and along y on an accelerator. */
    private static final int SIDE = 16;
    /** Rows and columns of a group's results there. */
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
            Grid grid =
                    new Grid(new Grid.Groups(n, 1, BLOCK * CPU_GROUP), new Grid.Groups(m, 1, BLOCK), CPU_GROUP, 1, 0);
            tasks.add(
                    name,
                    call,
                    grid,
                    (graph, id, a) -> graph.task(
                            id,
                            Matmul::blocks,
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
     * {@link #BLOCK} columns along x and as many rows along y. Rows and columns beyond the edge are read as the last ones
     * and not written. {@code depth} is the inner dimension, unless A is transposed: then that is the row count.
     */
    static void blocks(
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
        int i = c.globalIdy * BLOCK;
        int j = c.globalIdx * BLOCK;
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
            int a0At = aAt + i * aRow;
            int a1At = aAt + Math.min(i + 1, m - 1) * aRow;
            int a2At = aAt + Math.min(i + 2, m - 1) * aRow;
            int a3At = aAt + Math.min(i + 3, m - 1) * aRow;
            int b0At = bAt + Math.min(j, n - 1) * bColumn;
            int b1At = bAt + Math.min(j + 1, n - 1) * bColumn;
            int b2At = bAt + Math.min(j + 2, n - 1) * bColumn;
            int b3At = bAt + Math.min(j + 3, n - 1) * bColumn;
            float s00 = 0f, s01 = 0f, s02 = 0f, s03 = 0f;
            float s10 = 0f, s11 = 0f, s12 = 0f, s13 = 0f;
            float s20 = 0f, s21 = 0f, s22 = 0f, s23 = 0f;
            float s30 = 0f, s31 = 0f, s32 = 0f, s33 = 0f;
            for (int at0 = 0; at0 < k; at0++) {
                float a0 = a.get(a0At + at0 * aStep);
                float a1 = a.get(a1At + at0 * aStep);
                float a2 = a.get(a2At + at0 * aStep);
                float a3 = a.get(a3At + at0 * aStep);
                float b0 = b.get(b0At + at0 * bStep);
                float b1 = b.get(b1At + at0 * bStep);
                float b2 = b.get(b2At + at0 * bStep);
                float b3 = b.get(b3At + at0 * bStep);
                s00 += a0 * b0;
                s01 += a0 * b1;
                s02 += a0 * b2;
                s03 += a0 * b3;
                s10 += a1 * b0;
                s11 += a1 * b1;
                s12 += a1 * b2;
                s13 += a1 * b3;
                s20 += a2 * b0;
                s21 += a2 * b1;
                s22 += a2 * b2;
                s23 += a2 * b3;
                s30 += a3 * b0;
                s31 += a3 * b1;
                s32 += a3 * b2;
                s33 += a3 * b3;
            }
            int outStride = Args.stride(table, at, 0);
            int outAt = Args.offset(table, at, 0) + i * outStride;
            int otherStride = Args.stride(table, at, 3);
            int otherAt = Args.offset(table, at, 3) + i * otherStride;
            store(out, other, outAt, otherAt, i, m, j, n, 1, add, s00, s01, s02, s03);
            store(
                    out,
                    other,
                    outAt + 1 * outStride,
                    otherAt + 1 * otherStride,
                    i + 1,
                    m,
                    j,
                    n,
                    1,
                    add,
                    s10,
                    s11,
                    s12,
                    s13);
            store(
                    out,
                    other,
                    outAt + 2 * outStride,
                    otherAt + 2 * otherStride,
                    i + 2,
                    m,
                    j,
                    n,
                    1,
                    add,
                    s20,
                    s21,
                    s22,
                    s23);
            store(
                    out,
                    other,
                    outAt + 3 * outStride,
                    otherAt + 3 * otherStride,
                    i + 3,
                    m,
                    j,
                    n,
                    1,
                    add,
                    s30,
                    s31,
                    s32,
                    s33);
        }
    }

    /**
     * The schedule for accelerators, see {@link #blocks}.
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
            float s00 = 0f, s01 = 0f, s02 = 0f, s03 = 0f;
            float s10 = 0f, s11 = 0f, s12 = 0f, s13 = 0f;
            float s20 = 0f, s21 = 0f, s22 = 0f, s23 = 0f;
            float s30 = 0f, s31 = 0f, s32 = 0f, s33 = 0f;
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
                    float a0 = aTile[line + y];
                    float a1 = aTile[line + y + 1 * SIDE];
                    float a2 = aTile[line + y + 2 * SIDE];
                    float a3 = aTile[line + y + 3 * SIDE];
                    float b0 = bTile[line + x];
                    float b1 = bTile[line + x + 1 * SIDE];
                    float b2 = bTile[line + x + 2 * SIDE];
                    float b3 = bTile[line + x + 3 * SIDE];
                    s00 += a0 * b0;
                    s01 += a0 * b1;
                    s02 += a0 * b2;
                    s03 += a0 * b3;
                    s10 += a1 * b0;
                    s11 += a1 * b1;
                    s12 += a1 * b2;
                    s13 += a1 * b3;
                    s20 += a2 * b0;
                    s21 += a2 * b1;
                    s22 += a2 * b2;
                    s23 += a2 * b3;
                    s30 += a3 * b0;
                    s31 += a3 * b1;
                    s32 += a3 * b2;
                    s33 += a3 * b3;
                }
                c.localBarrier();
            }
            int i = i0 + y;
            int j = j0 + x;
            int outStride = Args.stride(table, at, 0);
            int outAt = Args.offset(table, at, 0) + i * outStride;
            int otherStride = Args.stride(table, at, 3);
            int otherAt = Args.offset(table, at, 3) + i * otherStride;
            store(out, other, outAt, otherAt, i, m, j, n, SIDE, add, s00, s01, s02, s03);
            store(
                    out,
                    other,
                    outAt + SIDE * outStride,
                    otherAt + SIDE * otherStride,
                    i + SIDE,
                    m,
                    j,
                    n,
                    SIDE,
                    add,
                    s10,
                    s11,
                    s12,
                    s13);
            store(
                    out,
                    other,
                    outAt + 2 * SIDE * outStride,
                    otherAt + 2 * SIDE * otherStride,
                    i + 2 * SIDE,
                    m,
                    j,
                    n,
                    SIDE,
                    add,
                    s20,
                    s21,
                    s22,
                    s23);
            store(
                    out,
                    other,
                    outAt + 3 * SIDE * outStride,
                    otherAt + 3 * SIDE * otherStride,
                    i + 3 * SIDE,
                    m,
                    j,
                    n,
                    SIDE,
                    add,
                    s30,
                    s31,
                    s32,
                    s33);
        }
    }

    /** Writes four results of row i, from column j on, {@code step} apart, as far as they are in the matrix. */
    private static void store(
            FloatArray out,
            FloatArray other,
            int outAt,
            int otherAt,
            int i,
            int m,
            int j,
            int n,
            int step,
            int add,
            float s0,
            float s1,
            float s2,
            float s3) {
        if (i < m) {
            put(out, other, outAt, otherAt, j, n, add, s0);
            put(out, other, outAt, otherAt, j + step, n, add, s1);
            put(out, other, outAt, otherAt, j + 2 * step, n, add, s2);
            put(out, other, outAt, otherAt, j + 3 * step, n, add, s3);
        }
    }

    private static void put(FloatArray out, FloatArray other, int outAt, int otherAt, int j, int n, int add, float s) {
        if (j < n) {
            float sum = add == 1 ? s + other.get(otherAt + j) : s;
            out.set(outAt + j, sum);
        }
    }
}
