package org.tornadomor.engine.tornado;

import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.RowOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Rows between their places among all rows and among the active ones: gather, {@code out[i] = in[index[i]]}, and scatter,
 * {@code out[index[i]] = in[i]} or {@code +=}.
 * Lesson 6 ({@code docs/lessons/06-routing}) leads to it.
 *
 * <pre>{@code
 * items:    [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has element i of the active rows, row by row
 * }</pre>
 */
final class RowMoves {
    private RowMoves() {}

    static void record(RowOp.Gather op, TaskList tasks) {
        int columns = op.in().columns();
        if (op.in().type() == ElementType.I32) {
            tasks.add(
                    "GatherIndices",
                    tasks.call(op.rows(), op.out(), op.in(), op.index()),
                    Grid.items(op.rows(), columns, Elementwise.GROUP),
                    (graph, id, a) -> graph.task(
                            id,
                            RowMoves::gatherIndices,
                            a.context(),
                            a.run(),
                            a.table(),
                            a.i(0),
                            a.i(1),
                            a.arrays(),
                            a.code(),
                            columns));
            return;
        }
        tasks.add(
                "Gather",
                tasks.call(op.rows(), op.out(), op.in(), op.index()),
                Grid.items(op.rows(), columns, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        RowMoves::gather,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        columns));
    }

    /**
     * {@code out[i] = in[index[i]]}.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: out, in, index. Grid: an item for each element of a row.
     */
    static void gather(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            IntArray i0,
            long arrays,
            int call,
            int columns) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            FloatArray out = Args.pick(m0, m1, arrays, 0);
            FloatArray in = Args.pick(m0, m1, arrays, 1);
            int other = i0.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2));
            int outAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            out.set(outAt, in.get(Args.offset(table, at, 1) + other * Args.stride(table, at, 1) + column));
        }
    }

    /** {@link #gather} for indices, which lie in arrays of another type. Tensors and grid are the same. */
    static void gatherIndices(
            KernelContext c,
            IntArray run,
            IntArray table,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int columns) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            IntArray out = Args.pick(i0, i1, arrays, 0);
            IntArray in = Args.pick(i0, i1, arrays, 1);
            IntArray index = Args.pick(i0, i1, arrays, 2);
            int other = index.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2));
            int outAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            out.set(outAt, in.get(Args.offset(table, at, 1) + other * Args.stride(table, at, 1) + column));
        }
    }

    static void record(RowOp.Take op, TaskList tasks) {
        int columns = op.in().columns();
        tasks.add(
                "Take",
                tasks.call(op.rows(), op.out(), op.in(), op.index()),
                Grid.items(op.rows(), columns, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        RowMoves::take,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        columns));
    }

    /**
     * {@code out[i] = in[index[i]]}, leaving zeros there; indices are distinct.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: out, in, index. Grid: an item for each element of a row.
     */
    static void take(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            IntArray i0,
            long arrays,
            int call,
            int columns) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            FloatArray out = Args.pick(m0, m1, arrays, 0);
            FloatArray in = Args.pick(m0, m1, arrays, 1);
            int other = i0.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2));
            int inAt = Args.offset(table, at, 1) + other * Args.stride(table, at, 1) + column;
            out.set(Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column, in.get(inAt));
            in.set(inAt, 0f);
        }
    }

    static void record(RowOp.Scatter op, TaskList tasks) {
        int columns = op.in().columns();
        tasks.add(
                "Scatter",
                tasks.call(op.rows(), op.out(), op.in(), op.index()),
                Grid.items(op.rows(), columns, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        RowMoves::scatter,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        columns));
    }

    /**
     * {@code out[index[i]] = in[i]}; indices are distinct.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: out, in, index. Grid: an item for each element of a row.
     */
    static void scatter(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            IntArray i0,
            long arrays,
            int call,
            int columns) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            FloatArray out = Args.pick(m0, m1, arrays, 0);
            FloatArray in = Args.pick(m0, m1, arrays, 1);
            int other = i0.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2));
            int outAt = Args.offset(table, at, 0) + other * Args.stride(table, at, 0) + column;
            out.set(outAt, in.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column));
        }
    }

    static void record(RowOp.ScatterAdd op, TaskList tasks) {
        int columns = op.in().columns();
        tasks.add(
                "ScatterAdd",
                tasks.call(op.rows(), op.out(), op.in(), op.index()),
                Grid.items(op.rows(), columns, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        RowMoves::scatterAdd,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        columns));
    }

    /**
     * {@code out[index[i]] += in[i]}; indices are distinct.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: out, in, index. Grid: an item for each element of a row.
     */
    static void scatterAdd(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            IntArray i0,
            long arrays,
            int call,
            int columns) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            FloatArray out = Args.pick(m0, m1, arrays, 0);
            FloatArray in = Args.pick(m0, m1, arrays, 1);
            int other = i0.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2));
            int outAt = Args.offset(table, at, 0) + other * Args.stride(table, at, 0) + column;
            float more = in.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column);
            out.set(outAt, out.get(outAt) + more);
        }
    }
}
