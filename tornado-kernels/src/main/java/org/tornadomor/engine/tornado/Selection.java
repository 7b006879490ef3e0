package org.tornadomor.engine.tornado;

import org.tornadomor.engine.RowOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Which candidate rows go on to the next recursion: a work-item decides about a row, by its rank, {@code selected[i] = before[i] < k}, by a
 * threshold, {@code selected[i] = logits[i] > threshold}, or by its depth, {@code selected[i] = depth[index[i]] >= recursion}.
 * Lesson 6 ({@code docs/lessons/06-routing}) leads to it.
 *
 * <pre>{@code
 * items:    [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has candidate i
 * }</pre>
 */
final class Selection {
    private static final int GROUP = 64;

    private Selection() {}

    static void record(RowOp.SelectTopK op, TaskList tasks) {
        int sequenceCount = tasks.count(op.start().rows());
        tasks.add(
                "SelectTopK",
                tasks.call(op.rows(), op.selected(), op.logits(), op.start(), op.limit()),
                Grid.items(op.rows(), 1, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        Selection::topK,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.i(0),
                        a.i(1),
                        a.arrays(),
                        a.code(),
                        sequenceCount));
    }

    /**
     * {@code selected = 1} for the {@code limit[0]} rows of each sequence with the largest logits, ties to the earlier row,
     * NaN being the smallest.
     *
     * <p>A work-item counts the rows of its sequence that come before its own in that order. This needs no operations on the
     * bits of a float, and is cheap beside the attention of the same rows. KernelContext, since the row count is not known when
     * the graph is built. Tensors: selected, logits, start, limit. Grid: an item for each row. No local memory.
     *
     * @param sequenceCount where in run the rows of start stand, one more than there are sequences
     */
    static void topK(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int sequenceCount) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx;
        int sequences = run.get(sequenceCount) - 1;
        if (row < Args.rows(run, call) && sequences > 0) {
            IntArray selected = Args.pick(i0, i1, arrays, 0);
            IntArray start = Args.pick(i0, i1, arrays, 2);
            IntArray limit = Args.pick(i0, i1, arrays, 3);
            int startAt = Args.offset(table, at, 2);
            int startStride = Args.stride(table, at, 2);
            int b = DeviceMath.sequence(start, startAt, startStride, sequences, row);
            int from = start.get(startAt + b * startStride);
            int to = start.get(startAt + (b + 1) * startStride);
            if (row >= from && row < to) {
                int logitsAt = Args.offset(table, at, 1);
                int stride = Args.stride(table, at, 1);
                float own = m0.get(logitsAt + row * stride);
                int before = 0;
                for (int i = from; i < to; i++) {
                    before += precedes(m0.get(logitsAt + i * stride), i, own, row);
                }
                int chosen = before < limit.get(Args.offset(table, at, 3)) ? 1 : 0;
                selected.set(Args.offset(table, at, 0) + row * Args.stride(table, at, 0), chosen);
            }
        }
    }

    /**
     * 1 if a is larger than b, or equal and its row i earlier than j, else 0. Combines numbers and not conditions: see the
     * package comment on what kernels must not do.
     */
    private static int precedes(float a, int i, float b, int j) {
        int aMissing = a == a ? 0 : 1;
        int bMissing = b == b ? 0 : 1;
        int larger = (a > b ? 1 : 0) + (1 - aMissing) * bMissing;
        int same = (a == b ? 1 : 0) + aMissing * bMissing;
        return larger + same * (i < j ? 1 : 0);
    }

    static void record(RowOp.SelectAbove op, TaskList tasks) {
        tasks.add(
                "SelectAbove",
                tasks.call(op.rows(), op.selected(), op.logits(), op.threshold()),
                Grid.items(op.rows(), 1, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        Selection::above,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.i(0),
                        a.arrays(),
                        a.code()));
    }

    /**
     * {@code selected[i] = logits[i] > threshold[0]}; NaN is not selected.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: selected, logits, threshold.
     * Grid: an item for each row. No local memory.
     */
    static void above(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            IntArray i0,
            long arrays,
            int call) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx;
        if (row < Args.rows(run, call)) {
            FloatArray logits = Args.pick(m0, m1, arrays, 1);
            FloatArray threshold = Args.pick(m0, m1, arrays, 2);
            float logit = logits.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1));
            int chosen = logit > threshold.get(Args.offset(table, at, 2)) ? 1 : 0;
            i0.set(Args.offset(table, at, 0) + row * Args.stride(table, at, 0), chosen);
        }
    }

    static void record(RowOp.SelectDeeper op, TaskList tasks) {
        int recursion = op.recursion();
        tasks.add(
                "SelectDeeper",
                tasks.call(op.rows(), op.selected(), op.depth(), op.index()),
                Grid.items(op.rows(), 1, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        Selection::deeper,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.i(0),
                        a.i(1),
                        a.arrays(),
                        a.code(),
                        recursion));
    }

    /**
     * {@code selected[i] = depth[index[i]] >= recursion}.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: selected, depth, index. Grid: an
     * item for each row. No local memory.
     */
    static void deeper(
            KernelContext c,
            IntArray run,
            IntArray table,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int recursion) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx;
        if (row < Args.rows(run, call)) {
            IntArray selected = Args.pick(i0, i1, arrays, 0);
            IntArray depth = Args.pick(i0, i1, arrays, 1);
            IntArray index = Args.pick(i0, i1, arrays, 2);
            int token = index.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2));
            int reached = depth.get(Args.offset(table, at, 1) + token * Args.stride(table, at, 1));
            int chosen = reached >= recursion ? 1 : 0;
            selected.set(Args.offset(table, at, 0) + row * Args.stride(table, at, 0), chosen);
        }
    }
}
