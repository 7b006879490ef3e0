package org.tornadomor.engine.tornado;

import org.tornadomor.engine.LossOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * A teacher's logits from the probabilities of its likeliest tokens: {@code teacher = T logProbs} for those, and for the others the student's,
 * moved so that they have what is left of the probability.
 * Lesson 3 ({@code docs/lessons/03-sums-together}) leads to it.
 *
 * <pre>{@code
 * groups:   group g has row g; its item l of 128 has the columns l, l + 128, ...
 * }</pre>
 */
final class TopTeacher {
    private static final int GROUP = 128;
    private static final float LOWEST = -Float.MAX_VALUE;

    private TopTeacher() {}

    static void record(LossOp.TopTeacher op, TaskList tasks) {
        int group = tasks.device().cpu() ? 1 : GROUP;
        int columns = op.logits().columns();
        int known = op.ids().columns();
        float temperature = op.temperature();
        tasks.add(
                "TopTeacher",
                tasks.call(op.rows(), op.teacher(), op.logits(), op.logProbs(), op.ids()),
                Grid.groupPerRow(op.rows(), group, Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        TopTeacher::spread,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        columns,
                        known,
                        temperature,
                        group));
    }

    /**
     * {@code teacher = T logProbs} for the known ids, and {@code z + T (rest - logsumexp(z' / T))} for the others.
     *
     * <p>KernelContext, for sums in local memory. Tensors: teacher, logits, logProbs, ids. Grid: a group of {@code group} items,
     * a power of two, for each row; item l deals with the columns l, l + group, ... and looks each up among the ids, which ascend.
     * Local memory: a float an item.
     */
    static void spread(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            IntArray i0,
            long arrays,
            int call,
            int columns,
            int known,
            float temperature,
            int group) {
        float[] shared = c.allocateFloatLocalArray(group);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx;
        if (row < Args.rows(run, call)) {
            FloatArray teacher = Args.pick(m0, m1, m2, arrays, 0);
            FloatArray logits = Args.pick(m0, m1, m2, arrays, 1);
            FloatArray logProbs = Args.pick(m0, m1, m2, arrays, 2);
            int t = Args.offset(table, at, 0) + row * Args.stride(table, at, 0);
            int z = Args.offset(table, at, 1) + row * Args.stride(table, at, 1);
            int p = Args.offset(table, at, 2) + row * Args.stride(table, at, 2);
            int id = Args.offset(table, at, 3) + row * Args.stride(table, at, 3);
            int lane = c.localIdx;
            float max = 0f;
            float sum = 1f;
            for (int pass = 0; pass < 2; pass++) {
                float own = pass == 0 ? LOWEST : 0f;
                for (int i = lane; i < columns; i += group) {
                    int place = place(i0, id, known, i);
                    float x = logits.get(z + i);
                    if (place == known) {
                        own = pass == 0 ? TornadoMath.max(own, x) : own + TornadoMath.exp((x - max) / temperature);
                    }
                }
                shared[lane] = own;
                for (int half = group / 2; half > 0; half /= 2) {
                    c.localBarrier();
                    if (lane < half) {
                        float other = shared[lane + half];
                        shared[lane] = pass == 0 ? TornadoMath.max(shared[lane], other) : shared[lane] + other;
                    }
                }
                c.localBarrier();
                float total = shared[0];
                c.localBarrier();
                max = pass == 0 ? total : max;
                sum = pass == 1 ? total : sum;
            }
            float shift = temperature * (logProbs.get(p + known) - TornadoMath.log(sum)) - max;
            for (int i = lane; i < columns; i += group) {
                int place = place(i0, id, known, i);
                float own = logits.get(z + i) + shift;
                if (place < known) {
                    own = temperature * logProbs.get(p + place);
                }
                teacher.set(t + i, own);
            }
        }
    }

    /** Where an id stands among those of a row; their number if it is none of them. */
    private static int place(IntArray ids, int from, int count, int wanted) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) / 2;
            if (ids.get(from + middle) < wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        int place = count;
        if (low < count) {
            if (ids.get(from + low) == wanted) {
                place = low;
            }
        }
        return place;
    }
}
