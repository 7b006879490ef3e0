package org.tornadomor.engine.tornado;

import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Slot;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * What happens to each element by itself. One kernel for each element type: {@code out = keep out + take in} serves to copy,
 * add and clear.
 * Lesson 1 ({@code docs/lessons/01-loop-body}) leads to it.
 *
 * <pre>{@code
 * items:    [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has element i, row by row
 * }</pre>
 */
final class Elementwise {
    /** Work-items of a group: independent of each other, so that any size will do. */
    static final int GROUP = 64;

    private Elementwise() {}

    static void record(DenseOp.Copy op, TaskList tasks) {
        record("Copy", op.out(), op.in(), 0, 1, tasks);
    }

    static void record(DenseOp.Add op, TaskList tasks) {
        record("Add", op.out(), op.in(), 1, 1, tasks);
    }

    static void record(DenseOp.Clear op, TaskList tasks) {
        record("Clear", op.out(), op.out(), 0, 0, tasks);
    }

    private static void record(String name, Slot out, Slot in, int keep, int take, TaskList tasks) {
        int columns = out.columns();
        Grid grid = Grid.items(out.rows(), columns, GROUP);
        Call call = tasks.call(out.rows(), out, in);
        if (out.type() == ElementType.F32) {
            tasks.add(
                    name,
                    call,
                    grid,
                    (graph, id, a) -> graph.task(
                            id,
                            Elementwise::floats,
                            a.context(),
                            a.run(),
                            a.table(),
                            a.m(0),
                            a.m(1),
                            a.arrays(),
                            a.code(),
                            columns,
                            keep,
                            take));
        } else {
            tasks.add(
                    name,
                    call,
                    grid,
                    (graph, id, a) -> graph.task(
                            id,
                            Elementwise::ints,
                            a.context(),
                            a.run(),
                            a.table(),
                            a.i(0),
                            a.i(1),
                            a.arrays(),
                            a.code(),
                            columns,
                            keep,
                            take));
        }
    }

    /**
     * {@code out = keep out + take in}, keep and take being 0 or 1. What is not kept or taken is not read, so its value does
     * not matter.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: out, in. Grid: an item for each
     * element.
     */
    static void floats(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            long arrays,
            int call,
            int columns,
            int keep,
            int take) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            FloatArray out = Args.pick(m0, m1, arrays, 0);
            FloatArray in = Args.pick(m0, m1, arrays, 1);
            int outAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            int inAt = Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column;
            float old = keep == 1 ? out.get(outAt) : 0f;
            float more = take == 1 ? in.get(inAt) : 0f;
            out.set(outAt, old + more);
        }
    }

    /** As {@link #floats} for indices. */
    static void ints(
            KernelContext c,
            IntArray run,
            IntArray table,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int columns,
            int keep,
            int take) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            IntArray out = Args.pick(i0, i1, arrays, 0);
            IntArray in = Args.pick(i0, i1, arrays, 1);
            int outAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            int inAt = Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column;
            int old = keep == 1 ? out.get(outAt) : 0;
            int more = take == 1 ? in.get(inAt) : 0;
            out.set(outAt, old + more);
        }
    }
}
