package org.tornadomor.engine.tornado;

import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The second half of a loss: takes the mean of what the rows left in scratch memory, always in the same order,
 * {@code out[element] += factor mean(scratch[row])}. Lesson 3 ({@code docs/lessons/03-sums-together}) leads to it.
 *
 * <pre>{@code
 * group:    one; item l of 256 has the rows l, l + 256, ..., and a tree of halves adds the items up
 * }</pre>
 */
final class RowMeans {
    private static final int GROUP = 256;

    private final Extent rows;
    private final int scratch;
    private final TaskList tasks;
    private final int group;

    /**
     * Means over scratch memory that an op's earlier tasks filled.
     *
     * @param scratch floats of scratch memory
     */
    RowMeans(Extent rows, int scratch, TaskList tasks) {
        this.rows = rows;
        this.scratch = scratch;
        this.tasks = tasks;
        this.group = Integer.highestOneBit(Math.min(GROUP, tasks.device().maxGroup()));
    }

    /**
     * Adds the task {@code out[element] += factor mean(scratch[from], scratch[from + 1], ... of all rows)}, or none if the
     * factor is 0.
     */
    void add(Slot out, int element, int from, float factor) {
        if (factor == 0f) {
            return;
        }
        tasks.add(
                "RowMean",
                tasks.call(rows, scratch, out),
                Grid.groupPerRow(Extent.fixed(1), group, Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        RowMeans::addMean,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.arrays(),
                        a.code(),
                        element,
                        from,
                        factor,
                        group));
    }

    /**
     * {@code out[element] += factor mean(scratch[from + row])}; without rows nothing.
     *
     * <p>KernelContext, for the sum in local memory. Tensors: out, scratch. Grid: one group of {@code group} items, a power
     * of two; item l sums up the rows l, l + group, ... Local memory: a float an item.
     */
    static void addMean(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            long arrays,
            int call,
            int element,
            int from,
            float factor,
            int group) {
        float[] sums = c.allocateFloatLocalArray(group);
        int at = Args.begin(c, run, call);
        int rows = Args.rows(run, call);
        FloatArray out = Args.pick(m0, m1, arrays, 0);
        FloatArray scratch = Args.pick(m0, m1, arrays, 1);
        int lane = c.localIdx;
        float sum = 0f;
        for (int i = lane; i < rows; i += group) {
            sum += scratch.get(from + i);
        }
        sums[lane] = sum;
        for (int step = group / 2; step > 0; step /= 2) {
            c.localBarrier();
            if (lane < step) {
                sums[lane] += sums[lane + step];
            }
        }
        if (lane == 0 && rows > 0) {
            int place = Args.offset(table, at, 0) + element * Args.stride(table, at, 0);
            out.set(place, out.get(place) + factor * (sums[0] / rows));
        }
    }
}
