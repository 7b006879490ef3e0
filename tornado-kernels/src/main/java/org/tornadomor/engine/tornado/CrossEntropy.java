package org.tornadomor.engine.tornado;

import org.tornadomor.engine.LossOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The language model's loss, {@code loss = logsumexp(logits) - logits[target]}, with its gradient {@code softmax(logits) - onehot(target)}
 * left where the logits were.
 * Lesson 3 ({@code docs/lessons/03-sums-together}) leads to it.
 *
 * <pre>{@code
 * groups:   group g has row g; its item l of 128 has the columns l, l + 128, ...
 * }</pre>
 */
final class CrossEntropy {
    private static final int GROUP = 128;
    private static final float LOWEST = -Float.MAX_VALUE;

    private CrossEntropy() {}

    static void record(LossOp.CrossEntropy op, TaskList tasks) {
        int group = tasks.device().cpu() ? 1 : GROUP;
        int columns = op.logits().columns();
        int gradient = op.gradient() ? 1 : 0;
        float scale = op.scale();
        tasks.add(
                "CrossEntropy",
                tasks.call(op.rows(), op.rowLoss(), op.logits(), op.targets()),
                Grid.groupPerRow(op.rows(), group, Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        CrossEntropy::rowLoss,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        columns,
                        gradient,
                        scale,
                        group));
    }

    /**
     * {@code rowLoss = logsumexp(logits) - logits[target]}; with gradient, the logits become
     * {@code scale (softmax - onehot)}. A row whose target is negative is left out; one whose target is too large, or with
     * a NaN among its logits, has the loss NaN.
     *
     * <p>KernelContext, for maximum and sum in local memory. Tensors: rowLoss, logits, targets. Grid: a group of
     * {@code group} items, a power of two, for each row; item l deals with the columns l, l + group, ... Local memory: a
     * float an item.
     */
    static void rowLoss(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            IntArray i0,
            long arrays,
            int call,
            int columns,
            int gradient,
            float scale,
            int group) {
        float[] shared = c.allocateFloatLocalArray(group);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx;
        if (row < Args.rows(run, call)) {
            FloatArray rowLoss = Args.pick(m0, m1, arrays, 0);
            FloatArray logits = Args.pick(m0, m1, arrays, 1);
            int lossAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0);
            int x = Args.offset(table, at, 1) + row * Args.stride(table, at, 1);
            int target = i0.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2));
            int lane = c.localIdx;
            float largest = LOWEST;
            for (int i = lane; i < columns; i += group) {
                float value = logits.get(x + i);
                largest = value > largest ? value : largest;
            }
            shared[lane] = largest;
            for (int half = group / 2; half > 0; half /= 2) {
                c.localBarrier();
                if (lane < half) {
                    shared[lane] = shared[lane + half] > shared[lane] ? shared[lane + half] : shared[lane];
                }
            }
            c.localBarrier();
            float max = shared[0];
            c.localBarrier();
            float sum = 0f;
            for (int i = lane; i < columns; i += group) {
                sum += TornadoMath.exp(logits.get(x + i) - max);
            }
            shared[lane] = sum;
            for (int half = group / 2; half > 0; half /= 2) {
                c.localBarrier();
                if (lane < half) {
                    shared[lane] += shared[lane + half];
                }
            }
            c.localBarrier();
            float total = shared[0];
            if (lane == 0) {
                // The OpenCL backend cannot write a NaN down: the square root of a negative number is one.
                float loss = target < columns ? 0f : TornadoMath.sqrt(-total);
                if (target >= 0 && target < columns) {
                    loss = max - logits.get(x + target) + TornadoMath.log(total);
                }
                rowLoss.set(lossAt, loss);
            }
            if (gradient == 1) {
                // The loss above has read a logit that is overwritten here.
                c.globalBarrier();
                float factor = target < 0 ? 0f : scale / total;
                for (int i = lane; i < columns; i += group) {
                    float probability = factor * TornadoMath.exp(logits.get(x + i) - max);
                    logits.set(x + i, target < 0 ? 0f : i == target ? probability - scale : probability);
                }
            }
        }
    }

    static void record(LossOp.SumInto op, TaskList tasks) {
        Reduction.sumInto("SumInto", tasks.call(op.rows(), op.sums(), op.x()), op.at(), op.scale(), 1, 1, tasks);
    }
}
