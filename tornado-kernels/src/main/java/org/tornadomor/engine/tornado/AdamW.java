package org.tornadomor.engine.tornado;

import org.tornadomor.engine.OptimizerOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The optimiser's step over long vectors, and the gradient norm that it clips by: {@code m = b1 m + (1 - b1) g},
 * {@code v = b2 v + (1 - b2) g^2}, {@code w = w - rate decay w - rate (m / c1) / (sqrt(v / c2) + eps)}, with g the clipped gradient.
 * Lesson 7 ({@code docs/lessons/07-backward}) leads to it.
 *
 * <pre>{@code
 * update:   [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has parameter i
 * squares:  group g has the values 16384 g ...; its item l of 64 adds up l, l + 64, ..., l + 255 * 64 of those
 * }</pre>
 */
final class AdamW {
    private static final int GROUP = 64;
    /** Values that one item squares and sums up. */
    private static final int RUN = 256;

    private static final float CLIP_EPS = 1e-6f;

    private AdamW() {}

    static void record(OptimizerOp.SquaredNorm op, TaskList tasks) {
        int partials = (op.rows().max() + RUN * GROUP - 1) / (RUN * GROUP) * GROUP;
        tasks.add(
                "SquaredNormParts",
                tasks.call(op.rows(), partials, op.x()),
                new Grid(new Grid.Groups(op.rows(), 1, RUN * GROUP), null, GROUP, 1, 0),
                (graph, id, a) -> graph.task(
                        id, AdamW::squares, a.context(), a.run(), a.table(), a.m(0), a.m(1), a.arrays(), a.code()));
        Reduction.sumInto("SquaredNorm", tasks.call(op.rows(), partials, op.sum()), 0, 1f, RUN, GROUP, tasks);
    }

    /**
     * {@code sum of x^2} over parts of x, into scratch.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: x, scratch. Grid: a group of
     * {@link #GROUP} items for each {@code RUN GROUP} values. Item l sums up the values l, l + GROUP, ... of its group, so that
     * neighbouring items read neighbouring values.
     */
    static void squares(
            KernelContext c, IntArray run, IntArray table, FloatArray m0, FloatArray m1, long arrays, int call) {
        int at = Args.begin(c, run, call);
        int rows = Args.rows(run, call);
        FloatArray x = Args.pick(m0, m1, arrays, 0);
        FloatArray scratch = Args.pick(m0, m1, arrays, 1);
        int xAt = Args.offset(table, at, 0);
        int stride = Args.stride(table, at, 0);
        int first = c.groupIdx * RUN * GROUP + c.localIdx;
        float sum = 0f;
        for (int i = 0; i < RUN; i++) {
            int place = first + i * GROUP;
            if (place < rows) {
                float value = x.get(xAt + place * stride);
                sum += value * value;
            }
        }
        scratch.set(c.globalIdx, sum);
    }

    static void record(OptimizerOp.AdamW op, TaskList tasks) {
        float beta1 = op.adam().beta1();
        float beta2 = op.adam().beta2();
        float eps = op.adam().eps();
        float decay = op.adam().decay();
        float maxNorm = op.adam().maxNorm();
        tasks.add(
                "AdamW",
                tasks.call(op.rows(), op.w(), op.m(), op.v(), op.gradient(), op.settings(), op.squaredNorm()),
                Grid.items(op.rows(), 1, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        AdamW::update,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.m(3),
                        a.m(4),
                        a.m(5),
                        a.arrays(),
                        a.code(),
                        beta1,
                        beta2,
                        eps,
                        decay,
                        maxNorm));
    }

    /**
     * One step of decoupled weight decay and bias-corrected Adam on the clipped gradient.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: w, m, v, gradient, settings,
     * squaredNorm. Grid: an item for each parameter.
     */
    static void update(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            FloatArray m3,
            FloatArray m4,
            FloatArray m5,
            long arrays,
            int call,
            float beta1,
            float beta2,
            float eps,
            float decay,
            float maxNorm) {
        int at = Args.begin(c, run, call);
        int i = c.globalIdx;
        if (i < Args.rows(run, call)) {
            FloatArray w = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 0);
            FloatArray m = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 1);
            FloatArray v = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 2);
            FloatArray gradient = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 3);
            FloatArray settings = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 4);
            FloatArray squaredNorm = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 5);
            int settingsAt = Args.offset(table, at, 4);
            int settingsStride = Args.stride(table, at, 4);
            float rate = settings.get(settingsAt);
            float correction1 = settings.get(settingsAt + OptimizerOp.CORRECTION1 * settingsStride);
            float correction2 = settings.get(settingsAt + OptimizerOp.CORRECTION2 * settingsStride);
            float clip = 1f;
            if (maxNorm > 0f) {
                float norm = TornadoMath.sqrt(squaredNorm.get(Args.offset(table, at, 5)));
                // A norm that is NaN must reach the weights as NaN, and not as a clip of 1.
                clip = maxNorm / (norm + CLIP_EPS);
                clip = clip > 1f ? 1f : clip;
            }
            int wAt = Args.offset(table, at, 0) + i * Args.stride(table, at, 0);
            int mAt = Args.offset(table, at, 1) + i * Args.stride(table, at, 1);
            int vAt = Args.offset(table, at, 2) + i * Args.stride(table, at, 2);
            float g = clip * gradient.get(Args.offset(table, at, 3) + i * Args.stride(table, at, 3));
            float mean = beta1 * m.get(mAt) + (1f - beta1) * g;
            float square = beta2 * v.get(vAt) + (1f - beta2) * g * g;
            float scaled = mean / correction1 / (TornadoMath.sqrt(square / correction2) + eps);
            float weight = w.get(wAt);
            m.set(mAt, mean);
            v.set(vAt, square);
            w.set(wAt, weight - rate * decay * weight - rate * scaled);
        }
    }
}
