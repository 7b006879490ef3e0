package org.tornadomor.engine.tornado;

import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The bias of a linear map, {@code x[i] += bias}, and its gradient, {@code dBias += sum of dOut over rows}, by blocks of rows.
 * Lesson 1 ({@code docs/lessons/01-loop-body}) leads to it.
 *
 * <pre>{@code
 * add:      [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has element i of x, row by row
 * blocks:   group (x, y) has the columns 64 x .. 64 x + 63 and the y-th block of rows
 * }</pre>
 */
final class Bias {
    /** Rows that one item of the gradient sums up. */
    private static final int BLOCK_ROWS = 32;

    private static final int COLUMN_GROUP = 64;

    private Bias() {}

    static void record(DenseOp.AddBias op, TaskList tasks) {
        int columns = op.x().columns();
        tasks.add(
                "AddBias",
                tasks.call(op.rows(), op.x(), op.bias()),
                Grid.items(op.rows(), columns, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        Bias::forward,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.arrays(),
                        a.code(),
                        columns));
    }

    /**
     * {@code x[i] += bias}.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: x, bias. Grid: an item for each element.
     */
    static void forward(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            long arrays,
            int call,
            int columns) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            FloatArray x = Args.pick(m0, m1, arrays, 0);
            FloatArray bias = Args.pick(m0, m1, arrays, 1);
            int xAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            x.set(xAt, x.get(xAt) + bias.get(Args.offset(table, at, 1) + column));
        }
    }

    static void record(DenseOp.AddBiasBackward op, TaskList tasks) {
        int columns = op.dOut().columns();
        int blocks = (op.rows().max() + BLOCK_ROWS - 1) / BLOCK_ROWS;
        Grid.Groups columnGroups = new Grid.Groups(Extent.fixed(columns), 1, COLUMN_GROUP);
        tasks.add(
                "BiasBlocks",
                tasks.call(op.rows(), blocks * columns, op.dOut()),
                new Grid(columnGroups, new Grid.Groups(op.rows(), 1, BLOCK_ROWS), COLUMN_GROUP, 1, 0),
                (graph, id, a) -> graph.task(
                        id,
                        Bias::backwardBlocks,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.arrays(),
                        a.code(),
                        columns));
        tasks.add(
                "BiasGradient",
                tasks.call(op.rows(), blocks * columns, op.dBias()),
                new Grid(columnGroups, null, COLUMN_GROUP, 1, 0),
                (graph, id, a) -> graph.task(
                        id,
                        Bias::backward,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.arrays(),
                        a.code(),
                        columns));
    }

    /**
     * The sum of dOut over each block of rows, into scratch.
     *
     * <p>KernelContext, since the second dimension depends on the row count. Tensors: dOut, scratch. Grid: an item for each column
     * along x, for each block of {@link #BLOCK_ROWS} rows along y.
     */
    static void backwardBlocks(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            long arrays,
            int call,
            int columns) {
        int at = Args.begin(c, run, call);
        int rows = Args.rows(run, call);
        int column = c.globalIdx;
        int block = c.globalIdy;
        if (column < columns && block * BLOCK_ROWS < rows) {
            FloatArray dOut = Args.pick(m0, m1, arrays, 0);
            int dAt = Args.offset(table, at, 0) + column;
            int dStride = Args.stride(table, at, 0);
            int end = Math.min(rows, (block + 1) * BLOCK_ROWS);
            float sum = 0f;
            for (int row = block * BLOCK_ROWS; row < end; row++) {
                sum += dOut.get(dAt + row * dStride);
            }
            Args.pick(m0, m1, arrays, 1).set(block * columns + column, sum);
        }
    }

    /**
     * {@code dBias +=} the sum over the blocks.
     *
     * <p>KernelContext. Tensors: dBias, scratch. Grid: an item for each column.
     */
    static void backward(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            long arrays,
            int call,
            int columns) {
        int at = Args.begin(c, run, call);
        int column = c.globalIdx;
        if (column < columns) {
            FloatArray dBias = Args.pick(m0, m1, arrays, 0);
            FloatArray scratch = Args.pick(m0, m1, arrays, 1);
            int place = Args.offset(table, at, 0) + column * Args.stride(table, at, 0);
            int blocks = (Args.rows(run, call) + BLOCK_ROWS - 1) / BLOCK_ROWS;
            float sum = 0f;
            for (int block = 0; block < blocks; block++) {
                sum += scratch.get(block * columns + column);
            }
            dBias.set(place, dBias.get(place) + sum);
        }
    }
}
