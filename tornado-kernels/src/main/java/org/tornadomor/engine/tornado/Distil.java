package org.tornadomor.engine.tornado;

import org.tornadomor.engine.LossOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The divergence of a student from its teacher, {@code loss = T^2 D(p, q)} with {@code p = softmax(teacher / T)} and
 * {@code q = softmax(logits / T)}, and its gradient left where the teacher's logits were.
 * Lesson 3 ({@code docs/lessons/03-sums-together}) leads to it.
 *
 * <pre>{@code
 * groups:   group g has row g; its item l of 128 has the columns l, l + 128, ...
 * }</pre>
 */
final class Distil {
    private static final int GROUP = 128;
    private static final float LOWEST = -Float.MAX_VALUE;
    private static final int REVERSE = 1;
    private static final int JS = 2;
    private static final int TV = 3;
    /**
     * Sums over a row, computed one after the other: two maxima, two sums of exponentials, the divergence, the mean of its
     * derivative.
     */
    private static final int PASSES = 6;

    private Distil() {}

    static void record(LossOp.Distil op, TaskList tasks) {
        int group = tasks.device().cpu() ? 1 : GROUP;
        int columns = op.logits().columns();
        int kind = op.divergence().ordinal();
        float temperature = op.temperature();
        float scale = op.scale();
        tasks.add(
                "Distil",
                tasks.call(op.rows(), op.rowLoss(), op.teacher(), op.logits(), op.targets()),
                Grid.groupPerRow(op.rows(), group, Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        Distil::divergence,
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
                        kind,
                        temperature,
                        scale,
                        group));
    }

    /**
     * {@code rowLoss = T^2 D(p, q)}, and {@code teacher = scale T (q g - q sum(q g))}, g being the derivative of D by q.
     *
     * <p>KernelContext, for sums in local memory. Tensors: rowLoss, teacher, logits, targets. Grid: a group of {@code group}
     * items, a power of two, for each row; item l deals with the columns l, l + group, ... Local memory: a float an item.
     */
    static void divergence(
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
            int kind,
            float temperature,
            float scale,
            int group) {
        float[] shared = c.allocateFloatLocalArray(group);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx;
        if (row < Args.rows(run, call)) {
            FloatArray rowLoss = Args.pick(m0, m1, m2, arrays, 0);
            FloatArray teacher = Args.pick(m0, m1, m2, arrays, 1);
            FloatArray logits = Args.pick(m0, m1, m2, arrays, 2);
            int lossAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0);
            int t = Args.offset(table, at, 1) + row * Args.stride(table, at, 1);
            int z = Args.offset(table, at, 2) + row * Args.stride(table, at, 2);
            int target = i0.get(Args.offset(table, at, 3) + row * Args.stride(table, at, 3));
            int lane = c.localIdx;
            float inverse = 1f / temperature;
            float maxQ = 0f;
            float maxP = 0f;
            float sumQ = 1f;
            float sumP = 1f;
            float divergence = 0f;
            float mean = 0f;
            for (int pass = 0; pass < PASSES; pass++) {
                float own = pass < 2 ? LOWEST : 0f;
                for (int i = lane; i < columns; i += group) {
                    float x = (logits.get(z + i) - maxQ) * inverse;
                    float y = (teacher.get(t + i) - maxP) * inverse;
                    if (pass == 0) {
                        own = TornadoMath.max(own, logits.get(z + i));
                    } else if (pass == 1) {
                        own = TornadoMath.max(own, teacher.get(t + i));
                    } else if (pass == 2) {
                        own += TornadoMath.exp(x);
                    } else if (pass == 3) {
                        own += TornadoMath.exp(y);
                    } else {
                        float ratio = x - y - TornadoMath.log(sumQ) + TornadoMath.log(sumP);
                        float q = TornadoMath.exp(x) / sumQ;
                        float p = TornadoMath.exp(y) / sumP;
                        own += pass == 4 ? term(kind, p, q, ratio) : weighted(kind, p, q, ratio);
                    }
                }
                shared[lane] = own;
                for (int half = group / 2; half > 0; half /= 2) {
                    c.localBarrier();
                    if (lane < half) {
                        float other = shared[lane + half];
                        shared[lane] = pass < 2 ? TornadoMath.max(shared[lane], other) : shared[lane] + other;
                    }
                }
                c.localBarrier();
                float total = shared[0];
                c.localBarrier();
                maxQ = pass == 0 ? total : maxQ;
                maxP = pass == 1 ? total : maxP;
                sumQ = pass == 2 ? total : sumQ;
                sumP = pass == 3 ? total : sumP;
                divergence = pass == 4 ? total : divergence;
                mean = pass == 5 ? total : mean;
            }
            if (lane == 0) {
                rowLoss.set(lossAt, target < 0 ? 0f : divergence * temperature * temperature);
            }
            float factor = target < 0 ? 0f : scale * temperature;
            for (int i = lane; i < columns; i += group) {
                float x = (logits.get(z + i) - maxQ) * inverse;
                float y = (teacher.get(t + i) - maxP) * inverse;
                float ratio = x - y - TornadoMath.log(sumQ) + TornadoMath.log(sumP);
                float q = TornadoMath.exp(x) / sumQ;
                float p = TornadoMath.exp(y) / sumP;
                teacher.set(t + i, factor * (weighted(kind, p, q, ratio) - q * mean));
            }
        }
    }

    /** A class's part of the divergence; ratio is log(q / p). */
    private static float term(int kind, float p, float q, float ratio) {
        float forward = -p * ratio;
        float halves = (p * logOfTwice(p, q) + q * logOfTwice(q, p)) / 2f;
        float difference = TornadoMath.abs(q - p) / 2f;
        return kind == REVERSE ? q * ratio : kind == JS ? halves : kind == TV ? difference : forward;
    }

    /** A class's probability times the derivative of the divergence by it. */
    private static float weighted(int kind, float p, float q, float ratio) {
        float sign = q > p ? 0.5f : q < p ? -0.5f : 0f;
        return kind == REVERSE ? q * ratio : kind == JS ? q * logOfTwice(q, p) / 2f : kind == TV ? q * sign : -p;
    }

    private static float logOfTwice(float a, float b) {
        return a > 0f ? TornadoMath.log(2f * a / (a + b)) : 0f;
    }
}
