package org.tornadomor.engine.tornado;

import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Root-mean-square normalisation of rows, or of each head of a row, {@code out = x / sqrt(mean(x^2) + eps) w}. A work-group has
 * one row or head: its items sum up the squares together in local memory, always in the same order, which gives the same bits on
 * every run. On a CPU a group is a single item. Lesson 3 ({@code docs/lessons/03-sums-together}) leads to it.
 *
 * <pre>{@code
 * groups:   [ row 0, head 0 ][ row 0, head 1 ] ...    item l of 128 has the columns l, l + 128, ...
 * }</pre>
 */
final class RmsNorm {
    private static final int GROUP = 128;
    /** Rows that one item of the weight gradient sums up. */
    private static final int BLOCK_ROWS = 32;

    private static final int COLUMN_GROUP = 64;

    private RmsNorm() {}

    static void record(DenseOp.RmsNorm op, TaskList tasks) {
        int group = tasks.device().cpu() ? 1 : GROUP;
        int heads = op.heads();
        int columns = op.x().columns() / heads;
        float eps = op.eps();
        tasks.add(
                "RmsNorm",
                tasks.call(op.rows(), op.out(), op.x(), op.w()),
                new Grid(new Grid.Groups(op.rows(), heads, 1), null, group, 1, Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        RmsNorm::forward,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.arrays(),
                        a.code(),
                        heads,
                        columns,
                        eps,
                        group));
    }

    /**
     * {@code out = x s w} with {@code s = 1 / sqrt(mean(x^2) + eps)}.
     *
     * <p>KernelContext, for the sum in local memory. Tensors: out, x, w. Grid: a group of {@code group} items, a power of
     * two, for each row and head; item l deals with the columns l, l + group, ... of the head. Local memory: a float an item.
     */
    static void forward(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            long arrays,
            int call,
            int heads,
            int columns,
            float eps,
            int group) {
        float[] sums = c.allocateFloatLocalArray(group);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx / heads;
        int from = (c.groupIdx - row * heads) * columns;
        if (row < Args.rows(run, call)) {
            FloatArray out = Args.pick(m0, m1, m2, arrays, 0);
            FloatArray x = Args.pick(m0, m1, m2, arrays, 1);
            FloatArray w = Args.pick(m0, m1, m2, arrays, 2);
            int outRow = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + from;
            int xRow = Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + from;
            int wAt = Args.offset(table, at, 2);
            int lane = c.localIdx;
            float sum = 0f;
            for (int i = lane; i < columns; i += group) {
                float value = x.get(xRow + i);
                sum += value * value;
            }
            sums[lane] = sum;
            for (int half = group / 2; half > 0; half /= 2) {
                c.localBarrier();
                if (lane < half) {
                    sums[lane] += sums[lane + half];
                }
            }
            c.localBarrier();
            float scale = 1f / TornadoMath.sqrt(sums[0] / columns + eps);
            for (int i = lane; i < columns; i += group) {
                out.set(outRow + i, x.get(xRow + i) * scale * w.get(wAt + i));
            }
        }
    }

    static void record(DenseOp.RmsNormBackward op, TaskList tasks) {
        int group = tasks.device().cpu() ? 1 : GROUP;
        int heads = op.heads();
        int columns = op.x().columns() / heads;
        int maxRows = op.rows().max();
        int blocks = (maxRows + BLOCK_ROWS - 1) / BLOCK_ROWS;
        // Scratch: s of each row and head, then the weight gradient of each block of rows.
        int scratch = maxRows * heads + blocks * columns;
        float eps = op.eps();
        tasks.add(
                "RmsNormInput",
                tasks.call(op.rows(), scratch, op.dx(), op.dOut(), op.x(), op.w()),
                new Grid(new Grid.Groups(op.rows(), heads, 1), null, group, 1, 2 * Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        RmsNorm::backwardInput,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.m(3),
                        a.m(4),
                        a.arrays(),
                        a.code(),
                        heads,
                        columns,
                        eps,
                        group));
        Grid.Groups columnGroups = new Grid.Groups(Extent.fixed(columns), 1, COLUMN_GROUP);
        tasks.add(
                "RmsNormWeightBlocks",
                tasks.call(op.rows(), scratch, op.dOut(), op.x()),
                new Grid(columnGroups, new Grid.Groups(op.rows(), 1, BLOCK_ROWS), COLUMN_GROUP, 1, 0),
                (graph, id, a) -> graph.task(
                        id,
                        RmsNorm::backwardWeightBlocks,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.arrays(),
                        a.code(),
                        heads,
                        columns,
                        maxRows));
        tasks.add(
                "RmsNormWeight",
                tasks.call(op.rows(), scratch, op.dw()),
                new Grid(columnGroups, null, COLUMN_GROUP, 1, 0),
                (graph, id, a) -> graph.task(
                        id,
                        RmsNorm::backwardWeight,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.arrays(),
                        a.code(),
                        columns,
                        maxRows * heads));
    }

    /**
     * {@code dx += s (g - x s^2 mean(g x))} with {@code g = dOut w}; leaves s of each row and head in scratch.
     *
     * <p>KernelContext, for the sums in local memory. Tensors: dx, dOut, x, w, scratch. Grid as {@link #forward}; local
     * memory: two floats an item.
     */
    static void backwardInput(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            FloatArray m3,
            FloatArray m4,
            long arrays,
            int call,
            int heads,
            int columns,
            float eps,
            int group) {
        float[] squares = c.allocateFloatLocalArray(group);
        float[] dots = c.allocateFloatLocalArray(group);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx / heads;
        int from = (c.groupIdx - row * heads) * columns;
        if (row < Args.rows(run, call)) {
            FloatArray dx = Args.pick(m0, m1, m2, m3, m4, arrays, 0);
            FloatArray dOut = Args.pick(m0, m1, m2, m3, m4, arrays, 1);
            FloatArray x = Args.pick(m0, m1, m2, m3, m4, arrays, 2);
            FloatArray w = Args.pick(m0, m1, m2, m3, m4, arrays, 3);
            FloatArray scratch = Args.pick(m0, m1, m2, m3, m4, arrays, 4);
            int dxRow = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + from;
            int dRow = Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + from;
            int xRow = Args.offset(table, at, 2) + row * Args.stride(table, at, 2) + from;
            int wAt = Args.offset(table, at, 3);
            int lane = c.localIdx;
            float square = 0f;
            float dot = 0f;
            for (int i = lane; i < columns; i += group) {
                float value = x.get(xRow + i);
                square += value * value;
                dot += value * dOut.get(dRow + i) * w.get(wAt + i);
            }
            squares[lane] = square;
            dots[lane] = dot;
            for (int half = group / 2; half > 0; half /= 2) {
                c.localBarrier();
                if (lane < half) {
                    squares[lane] += squares[lane + half];
                    dots[lane] += dots[lane + half];
                }
            }
            c.localBarrier();
            float scale = 1f / TornadoMath.sqrt(squares[0] / columns + eps);
            float shrink = dots[0] * scale * scale / columns;
            if (lane == 0) {
                scratch.set(c.groupIdx, scale);
            }
            for (int i = lane; i < columns; i += group) {
                float g = dOut.get(dRow + i) * w.get(wAt + i);
                dx.set(dxRow + i, dx.get(dxRow + i) + scale * (g - x.get(xRow + i) * shrink));
            }
        }
    }

    /**
     * {@code sum of dOut x s} over each block of rows and their heads, into scratch.
     *
     * <p>KernelContext, since the second dimension depends on the row count. Tensors: dOut, x, scratch. Grid: an item for
     * each column along x, for each block of {@link #BLOCK_ROWS} rows along y.
     */
    static void backwardWeightBlocks(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            long arrays,
            int call,
            int heads,
            int columns,
            int maxRows) {
        int at = Args.begin(c, run, call);
        int rows = Args.rows(run, call);
        int column = c.globalIdx;
        int block = c.globalIdy;
        if (column < columns && block * BLOCK_ROWS < rows) {
            FloatArray dOut = Args.pick(m0, m1, m2, arrays, 0);
            FloatArray x = Args.pick(m0, m1, m2, arrays, 1);
            FloatArray scratch = Args.pick(m0, m1, m2, arrays, 2);
            int dAt = Args.offset(table, at, 0) + column;
            int dStride = Args.stride(table, at, 0);
            int xAt = Args.offset(table, at, 1) + column;
            int xStride = Args.stride(table, at, 1);
            int end = Math.min(rows, (block + 1) * BLOCK_ROWS);
            float sum = 0f;
            for (int row = block * BLOCK_ROWS; row < end; row++) {
                for (int head = 0; head < heads; head++) {
                    int place = head * columns;
                    sum += dOut.get(dAt + row * dStride + place)
                            * x.get(xAt + row * xStride + place)
                            * scratch.get(row * heads + head);
                }
            }
            scratch.set(maxRows * heads + block * columns + column, sum);
        }
    }

    /**
     * {@code dw +=} the sum over the blocks.
     *
     * <p>KernelContext. Tensors: dw, scratch. Grid: an item for each column.
     *
     * @param skipped floats of scratch before the blocks
     */
    static void backwardWeight(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            long arrays,
            int call,
            int columns,
            int skipped) {
        int at = Args.begin(c, run, call);
        int column = c.globalIdx;
        if (column < columns) {
            FloatArray dw = Args.pick(m0, m1, arrays, 0);
            FloatArray scratch = Args.pick(m0, m1, arrays, 1);
            int dwAt = Args.offset(table, at, 0) + column * Args.stride(table, at, 0);
            int blocks = (Args.rows(run, call) + BLOCK_ROWS - 1) / BLOCK_ROWS;
            float sum = 0f;
            for (int block = 0; block < blocks; block++) {
                sum += scratch.get(skipped + block * columns + column);
            }
            dw.set(dwAt, dw.get(dwAt) + sum);
        }
    }
}
