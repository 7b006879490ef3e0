package org.tornadomor.engine.tornado;

import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The indices of compact row sets: {@code parent[j]} = the j-th candidate whose flag is 1, in order, with its index and position,
 * and {@code depth[index[i]] = recursion}. Lesson 6 ({@code docs/lessons/06-routing}) leads to it.
 *
 * <pre>{@code
 * compact:  one group; item l of 256 walks the l-th part of the candidates, once to count and once to write
 * copy:     [ 0 ... 63 ][ 64 ... 127 ] ...    work-item j has selected row j
 * }</pre>
 */
final class CompactRows {
    /** Work-items that walk the candidates together. */
    private static final int SCAN_GROUP = 256;

    private static final int GROUP = 64;

    private CompactRows() {}

    static void record(RowOp.Compact op, TaskList tasks) {
        int group = Math.min(SCAN_GROUP, tasks.device().maxGroup());
        int sequenceCount = tasks.count(op.from().start().rows());
        int room = op.parent().rows().max();
        tasks.add(
                "Compact",
                tasks.call(
                        op.rows(),
                        op.parent(),
                        op.to().start(),
                        op.selected(),
                        op.from().start()),
                Grid.groupPerRow(Extent.fixed(1), group, Integer.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        CompactRows::compact,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.i(0),
                        a.i(1),
                        a.arrays(),
                        a.code(),
                        sequenceCount,
                        room,
                        group));
        tasks.add(
                "CompactCopy",
                tasks.call(
                        op.rows(),
                        op.to().index(),
                        op.to().position(),
                        op.to().start(),
                        op.visible(),
                        op.parent(),
                        op.from().index(),
                        op.from().position()),
                Grid.items(op.rows(), 1, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        CompactRows::copySelected,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.i(0),
                        a.i(1),
                        a.arrays(),
                        a.code(),
                        sequenceCount,
                        room));
    }

    /**
     * Which candidates are selected, one after the other, and where each sequence begins among them. Selected candidates for
     * which there is no room are counted but not written: {@code to.start[B]} is then more than {@code parent} has rows.
     *
     * <p>KernelContext, for the scan in local memory. Tensors: parent, to.start, selected, from.start. Grid: one group; item
     * l walks the l-th part of the candidates twice, to count and then to write. Local memory: an int an item.
     *
     * @param sequenceCount where in run the rows of start stand, one more than there are sequences
     * @param room how many rows may be written
     */
    static void compact(
            KernelContext c,
            IntArray run,
            IntArray table,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int sequenceCount,
            int room,
            int group) {
        int[] counts = c.allocateIntLocalArray(group);
        int at = Args.begin(c, run, call);
        IntArray parent = Args.pick(i0, i1, arrays, 0);
        IntArray toStart = Args.pick(i0, i1, arrays, 1);
        IntArray selected = Args.pick(i0, i1, arrays, 2);
        IntArray fromStart = Args.pick(i0, i1, arrays, 3);
        int flagAt = Args.offset(table, at, 2);
        int flagStride = Args.stride(table, at, 2);
        int startAt = Args.offset(table, at, 3);
        int startStride = Args.stride(table, at, 3);
        int sequences = Math.max(0, run.get(sequenceCount) - 1);
        int first = fromStart.get(startAt);
        int end = Math.min(Args.rows(run, call), fromStart.get(startAt + sequences * startStride));
        int lane = c.localIdx;
        int each = (end - first + group - 1) / group;
        int from = Math.min(end, first + lane * each);
        int to = Math.min(end, from + each);
        int count = 0;
        for (int i = from; i < to; i++) {
            count += selected.get(flagAt + i * flagStride) != 0 ? 1 : 0;
        }
        counts[lane] = count;
        c.localBarrier();
        int place = 0;
        for (int l = 0; l < lane; l++) {
            place += counts[l];
        }
        // An item notes the starts of the sequences that begin in its part.
        int b = DeviceMath.firstFrom(fromStart, startAt, startStride, sequences, from);
        for (int i = from; i < to; i++) {
            while (b <= sequences && fromStart.get(startAt + b * startStride) <= i) {
                toStart.set(Args.offset(table, at, 1) + b * Args.stride(table, at, 1), place);
                b++;
            }
            if (selected.get(flagAt + i * flagStride) != 0) {
                if (place < room) {
                    parent.set(Args.offset(table, at, 0) + place * Args.stride(table, at, 0), i);
                }
                place++;
            }
        }
        // The last item also notes the starts behind the last candidate: those of sequences without rows, and the
        // end.
        int last = lane == group - 1 ? sequences : -1;
        for (int s = b; s <= last; s++) {
            toStart.set(Args.offset(table, at, 1) + s * Args.stride(table, at, 1), place);
        }
    }

    /**
     * Index and position of each selected row, and its number within its sequence, from 1.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: to.index, to.position, to.start,
     * visible, parent, from.index, from.position. Grid: an item for each candidate, of which the first deal with the
     * selected rows. No local memory.
     *
     * @param sequenceCount where in run the rows of start stand, one more than there are sequences
     * @param room how many rows may be written
     */
    static void copySelected(
            KernelContext c,
            IntArray run,
            IntArray table,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int sequenceCount,
            int room) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx;
        int sequences = run.get(sequenceCount) - 1;
        if (row < Args.rows(run, call) && row < room && sequences > 0) {
            IntArray toStart = Args.pick(i0, i1, arrays, 2);
            int startAt = Args.offset(table, at, 2);
            int startStride = Args.stride(table, at, 2);
            if (row < toStart.get(startAt + sequences * startStride)) {
                int b = DeviceMath.sequence(toStart, startAt, startStride, sequences, row);
                IntArray parent = Args.pick(i0, i1, arrays, 4);
                int from = parent.get(Args.offset(table, at, 4) + row * Args.stride(table, at, 4));
                copy(table, at, Args.pick(i0, i1, arrays, 0), 0, row, Args.pick(i0, i1, arrays, 5), 5, from);
                copy(table, at, Args.pick(i0, i1, arrays, 1), 1, row, Args.pick(i0, i1, arrays, 6), 6, from);
                Args.pick(i0, i1, arrays, 3)
                        .set(
                                Args.offset(table, at, 3) + row * Args.stride(table, at, 3),
                                row - toStart.get(startAt + b * startStride) + 1);
            }
        }
    }

    /** Copies a row of one index vector, tensor {@code k} of the task, to a row of another, tensor {@code toK}. */
    private static void copy(IntArray table, int at, IntArray to, int toK, int toRow, IntArray from, int k, int row) {
        int value = from.get(Args.offset(table, at, k) + row * Args.stride(table, at, k));
        to.set(Args.offset(table, at, toK) + toRow * Args.stride(table, at, toK), value);
    }

    static void record(RowOp.MarkDepth op, TaskList tasks) {
        int recursion = op.recursion();
        tasks.add(
                "MarkDepth",
                tasks.call(op.rows(), op.depth(), op.index()),
                Grid.items(op.rows(), 1, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        CompactRows::markDepth,
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
     * {@code depth[index[i]] = recursion}.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: depth, index. Grid: an item for
     * each row. No local memory.
     */
    static void markDepth(
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
            IntArray depth = Args.pick(i0, i1, arrays, 0);
            IntArray index = Args.pick(i0, i1, arrays, 1);
            int token = index.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1));
            depth.set(Args.offset(table, at, 0) + token * Args.stride(table, at, 0), recursion);
        }
    }
}
