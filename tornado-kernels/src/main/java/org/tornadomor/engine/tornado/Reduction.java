package org.tornadomor.engine.tornado;

import org.tornadomor.engine.Extent;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Sums of long vectors, always in the same order: {@code sums[place] += scale (x[0] + x[1] + ...)}.
 * Lesson 3 ({@code docs/lessons/03-sums-together}) leads to it.
 *
 * <pre>{@code
 * group:    one; item l of 128 has the values l, l + 128, ..., and a tree of halves adds the items up
 * }</pre>
 */
final class Reduction {
    private static final int GROUP = 128;

    private Reduction() {}

    /**
     * Adds the task {@code sums[place] += scale sum(x)}, for at most some thousands of values: one group sums them up.
     *
     * @param call of the tensors sums and x, in this order
     * @param shrink how many of the call's rows share a value of x; the number of values is rounded up to a multiple of
     *     {@code multiple}
     */
    static void sumInto(String name, Call call, int place, float scale, int shrink, int multiple, TaskList tasks) {
        int group = tasks.device().cpu() ? 1 : GROUP;
        tasks.add(
                name,
                call,
                Grid.groupPerRow(Extent.fixed(1), group, Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        Reduction::sum,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.arrays(),
                        a.code(),
                        place,
                        scale,
                        shrink,
                        multiple,
                        group));
    }

    /**
     * {@code sums[place] += scale sum(x)}.
     *
     * <p>KernelContext, for the sum in local memory. Tensors: sums, x. Grid: one group; item l sums up the values l,
     * l + group, ..., then the items' sums are added in a tree. Local memory: a float an item.
     */
    static void sum(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            long arrays,
            int call,
            int place,
            float scale,
            int shrink,
            int multiple,
            int group) {
        float[] partial = c.allocateFloatLocalArray(group);
        int at = Args.begin(c, run, call);
        int rows = Args.rows(run, call);
        FloatArray sums = Args.pick(m0, m1, arrays, 0);
        FloatArray x = Args.pick(m0, m1, arrays, 1);
        int count = (rows + shrink * multiple - 1) / (shrink * multiple) * multiple;
        int xAt = Args.offset(table, at, 1);
        int stride = shrink == 1 ? Args.stride(table, at, 1) : 1;
        int lane = c.localIdx;
        float sum = 0f;
        for (int i = lane; i < count; i += group) {
            sum += x.get(xAt + i * stride);
        }
        partial[lane] = sum;
        for (int half = group / 2; half > 0; half /= 2) {
            c.localBarrier();
            if (lane < half) {
                partial[lane] += partial[lane + half];
            }
        }
        if (lane == 0) {
            int to = Args.offset(table, at, 0) + place * Args.stride(table, at, 0);
            sums.set(to, sums.get(to) + scale * partial[0]);
        }
    }
}
