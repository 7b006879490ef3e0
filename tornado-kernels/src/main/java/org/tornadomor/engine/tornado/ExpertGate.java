package org.tornadomor.engine.tornado;

import org.tornadomor.engine.ExpertRouterOp;
import org.tornadomor.engine.ExpertRouterOp.Gate;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Expert choice: the gate on a block's output, {@code h[index[i]] += gate(logits[parent[i]]) f[i]}, and the losses that teach the router to
 * decide causally.
 * Lesson 6 ({@code docs/lessons/06-routing}) leads to it.
 *
 * <pre>{@code
 * forward:  [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has element i of f, row by row
 * backward: group g has row g; its item l of 64 has the columns l, l + 64, ...
 * losses:   [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has candidate i
 * }</pre>
 */
final class ExpertGate {
    private static final int GROUP = 64;
    private static final int SIGMOID = 0;
    private static final int TANH = 1;
    private static final int ADDITIVE = 2;

    private ExpertGate() {}

    /** The gate as a constant of a kernel. */
    private static int constant(Gate gate) {
        return switch (gate) {
            case SIGMOID -> SIGMOID;
            case TANH -> TANH;
            case ADDITIVE -> ADDITIVE;
        };
    }

    private static float gate(int gate, float alpha, float logit) {
        if (gate == SIGMOID) {
            return alpha * DeviceMath.sigmoid(logit);
        }
        // Computes tanh by the sigmoid, since not every backend has tanh.
        return gate == TANH ? alpha * (2f * DeviceMath.sigmoid(2f * logit) - 1f) : 1f;
    }

    private static float slope(int gate, float alpha, float logit) {
        if (gate == SIGMOID) {
            return alpha * DeviceMath.sigmoid(logit) * DeviceMath.sigmoid(-logit);
        }
        return gate == TANH ? 4f * alpha * DeviceMath.sigmoid(2f * logit) * DeviceMath.sigmoid(-2f * logit) : 0f;
    }

    static void record(ExpertRouterOp.GatedScatter op, TaskList tasks) {
        int columns = op.f().columns();
        int kind = constant(op.gate());
        float alpha = op.alpha();
        tasks.add(
                "GatedScatter",
                tasks.call(op.rows(), op.h(), op.f(), op.logits(), op.index(), op.parent()),
                Grid.items(op.rows(), columns, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        ExpertGate::forward,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.i(0),
                        a.i(1),
                        a.arrays(),
                        a.code(),
                        columns,
                        kind,
                        alpha));
    }

    /**
     * {@code h[index[i]] += gate(logits[parent[i]]) f[i]}.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: h, f, logits, index, parent.
     * Grid: an item for each element of f. No local memory.
     */
    static void forward(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int columns,
            int kind,
            float alpha) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            FloatArray h = Args.pick(m0, m1, m2, arrays, 0);
            FloatArray f = Args.pick(m0, m1, m2, arrays, 1);
            FloatArray logits = Args.pick(m0, m1, m2, arrays, 2);
            int index = Args.pick(i0, i1, arrays, 3).get(Args.offset(table, at, 3) + row * Args.stride(table, at, 3));
            int parent = Args.pick(i0, i1, arrays, 4).get(Args.offset(table, at, 4) + row * Args.stride(table, at, 4));
            float logit = logits.get(Args.offset(table, at, 2) + parent * Args.stride(table, at, 2));
            float value = f.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column);
            int place = Args.offset(table, at, 0) + index * Args.stride(table, at, 0) + column;
            h.set(place, h.get(place) + gate(kind, alpha, logit) * value);
        }
    }

    static void record(ExpertRouterOp.GatedScatterBackward op, TaskList tasks) {
        int group = tasks.device().cpu() ? 1 : GROUP;
        int columns = op.f().columns();
        int kind = constant(op.gate());
        float alpha = op.alpha();
        tasks.add(
                "GatedScatterBackward",
                tasks.call(op.rows(), op.df(), op.dLogits(), op.dh(), op.f(), op.logits(), op.index(), op.parent()),
                Grid.groupPerRow(op.rows(), group, Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        ExpertGate::backward,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.m(3),
                        a.m(4),
                        a.i(0),
                        a.i(1),
                        a.arrays(),
                        a.code(),
                        columns,
                        kind,
                        alpha,
                        group));
    }

    /**
     * {@code df[i] = gate dh[index[i]]}, {@code dLogits[parent[i]] += gate' (dh[index[i]] . f[i])}.
     *
     * <p>KernelContext, for the sum in local memory. Tensors: df, dLogits, dh, f, logits, index, parent. Grid: a group of
     * {@code group} items, a power of two, for each row; item l deals with the columns l, l + group, ... Local memory: a
     * float an item.
     */
    static void backward(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            FloatArray m3,
            FloatArray m4,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int columns,
            int kind,
            float alpha,
            int group) {
        float[] sums = c.allocateFloatLocalArray(group);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx;
        if (row < Args.rows(run, call)) {
            FloatArray df = Args.pick(m0, m1, m2, m3, m4, arrays, 0);
            FloatArray dLogits = Args.pick(m0, m1, m2, m3, m4, arrays, 1);
            FloatArray dh = Args.pick(m0, m1, m2, m3, m4, arrays, 2);
            FloatArray f = Args.pick(m0, m1, m2, m3, m4, arrays, 3);
            FloatArray logits = Args.pick(m0, m1, m2, m3, m4, arrays, 4);
            int index = Args.pick(i0, i1, arrays, 5).get(Args.offset(table, at, 5) + row * Args.stride(table, at, 5));
            int parent = Args.pick(i0, i1, arrays, 6).get(Args.offset(table, at, 6) + row * Args.stride(table, at, 6));
            float logit = logits.get(Args.offset(table, at, 4) + parent * Args.stride(table, at, 4));
            int dfRow = Args.offset(table, at, 0) + row * Args.stride(table, at, 0);
            int dhRow = Args.offset(table, at, 2) + index * Args.stride(table, at, 2);
            int fRow = Args.offset(table, at, 3) + row * Args.stride(table, at, 3);
            int lane = c.localIdx;
            float factor = gate(kind, alpha, logit);
            float sum = 0f;
            for (int i = lane; i < columns; i += group) {
                float gradient = dh.get(dhRow + i);
                sum += gradient * f.get(fRow + i);
                df.set(dfRow + i, factor * gradient);
            }
            sums[lane] = sum;
            for (int step = group / 2; step > 0; step /= 2) {
                c.localBarrier();
                if (lane < step) {
                    sums[lane] += sums[lane + step];
                }
            }
            if (lane == 0 && kind != ADDITIVE) {
                int place = Args.offset(table, at, 1) + parent * Args.stride(table, at, 1);
                dLogits.set(place, dLogits.get(place) + slope(kind, alpha, logit) * sums[0]);
            }
        }
    }

    static void record(ExpertRouterOp.ExpertRouterLoss op, TaskList tasks) {
        int maxRows = op.rows().max();
        int scratch = 3 * maxRows;
        float auxCoef = op.auxCoef();
        float zCoef = op.zCoef();
        float scale = op.scale();
        tasks.add(
                "ExpertRouterLoss",
                tasks.call(op.rows(), scratch, op.dLogits(), op.logits(), op.selected()),
                Grid.items(op.rows(), 1, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        ExpertGate::losses,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        maxRows,
                        auxCoef,
                        zCoef,
                        scale));
        RowMeans means = new RowMeans(op.rows(), scratch, tasks);
        means.add(op.losses(), op.auxAt(), 0, scale * auxCoef);
        means.add(op.losses(), op.zAt(), maxRows, scale * zCoef);
        means.add(op.agreement(), 0, 2 * maxRows, scale);
    }

    /**
     * The gradient of the router's own losses; leaves in scratch, for each row, the binary cross-entropy to the selection,
     * then the squared logits, then 1 where the logit's sign and the selection agree.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: dLogits, logits, selected,
     * scratch. Grid: an item for each row. No local memory.
     */
    static void losses(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            IntArray i0,
            long arrays,
            int call,
            int maxRows,
            float auxCoef,
            float zCoef,
            float scale) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx;
        int rows = Args.rows(run, call);
        if (row < rows) {
            FloatArray dLogits = Args.pick(m0, m1, m2, arrays, 0);
            FloatArray logits = Args.pick(m0, m1, m2, arrays, 1);
            FloatArray scratch = Args.pick(m0, m1, m2, arrays, 3);
            float z = logits.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1));
            int y = i0.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2));
            // BCE(z, y) = log(1 + exp(-|z|)) + max(z, 0) - z y
            float size = z > 0f ? z : -z;
            scratch.set(row, TornadoMath.log(1f + TornadoMath.exp(-size)) + (z > 0f ? z : 0f) - z * y);
            scratch.set(maxRows + row, z * z);
            scratch.set(2 * maxRows + row, (z > 0f ? 1 : 0) == y ? 1f : 0f);
            float gradient = auxCoef * (DeviceMath.sigmoid(z) - y) + 2f * zCoef * z;
            dLogits.set(Args.offset(table, at, 0) + row * Args.stride(table, at, 0), scale / rows * gradient);
        }
    }
}
