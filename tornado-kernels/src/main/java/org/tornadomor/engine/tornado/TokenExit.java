package org.tornadomor.engine.tornado;

import org.tornadomor.engine.TokenRouterOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Token choice: tokens that have reached their depth leave the recursion, gated, {@code h[t] = first[t] + gate f[i]}; the others go on,
 * {@code h[t] = f[i]}.
 * Lesson 6 ({@code docs/lessons/06-routing}) leads to it.
 *
 * <pre>{@code
 * forward:  [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has element i of f, row by row
 * backward: group g has row g; its item l of 64 has the columns l, l + 64, ...
 * }</pre>
 */
final class TokenExit {
    private static final int GROUP = 64;

    private TokenExit() {}

    static void record(TokenRouterOp.LeaveAtDepth op, TaskList tasks) {
        int columns = op.f().columns();
        float alpha = op.alpha();
        int weighted = op.weighted() ? 1 : 0;
        tasks.add(
                "LeaveAtDepth",
                tasks.call(op.rows(), op.h(), op.first(), op.f(), op.scores(), op.depth(), op.index(), op.recursion()),
                Grid.items(op.rows(), columns, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        TokenExit::forward,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.m(3),
                        a.i(0),
                        a.i(1),
                        a.arrays(),
                        a.code(),
                        columns,
                        alpha,
                        weighted));
    }

    /**
     * {@code h[t] = first[t] + gate f[i]} for those that leave, {@code h[t] = f[i]} for the others.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: h, first, f, scores, depth, index,
     * recursion. Grid: an item for each element of f. No local memory.
     *
     * @param weighted 1 if the gate is {@code alpha scores[t][recursion - 1]}, 0 if it is 1
     */
    static void forward(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            FloatArray m3,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int columns,
            float alpha,
            int weighted) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            FloatArray h = Args.pick(m0, m1, m2, m3, arrays, 0);
            FloatArray first = Args.pick(m0, m1, m2, m3, arrays, 1);
            FloatArray f = Args.pick(m0, m1, m2, m3, arrays, 2);
            FloatArray scores = Args.pick(m0, m1, m2, m3, arrays, 3);
            int token = Args.pick(i0, i1, arrays, 5).get(Args.offset(table, at, 5) + row * Args.stride(table, at, 5));
            int depth = Args.pick(i0, i1, arrays, 4).get(Args.offset(table, at, 4) + token * Args.stride(table, at, 4));
            int recursion =
                    Args.pick(i0, i1, arrays, 6).get(Args.offset(table, at, 6) + row * Args.stride(table, at, 6));
            float value = f.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2) + column);
            if (depth == recursion) {
                int score = Args.offset(table, at, 3) + token * Args.stride(table, at, 3) + recursion - 1;
                float gate = weighted == 1 ? alpha * scores.get(score) : 1f;
                float residual = first.get(Args.offset(table, at, 1) + token * Args.stride(table, at, 1) + column);
                value = residual + gate * value;
            }
            h.set(Args.offset(table, at, 0) + token * Args.stride(table, at, 0) + column, value);
        }
    }

    static void record(TokenRouterOp.LeaveAtDepthBackward op, TaskList tasks) {
        int group = tasks.device().cpu() ? 1 : GROUP;
        int columns = op.f().columns();
        int recursion = op.recursion();
        float alpha = op.alpha();
        int weighted = op.weighted() ? 1 : 0;
        tasks.add(
                "LeaveAtDepthBackward",
                tasks.call(
                        op.rows(), op.df(), op.dGate(), op.dh(), op.dOn(), op.f(), op.scores(), op.depth(), op.index()),
                Grid.groupPerRow(op.rows(), group, Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        TokenExit::backward,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.m(3),
                        a.m(4),
                        a.m(5),
                        a.i(0),
                        a.i(1),
                        a.arrays(),
                        a.code(),
                        columns,
                        recursion,
                        alpha,
                        weighted,
                        group));
    }

    /**
     * For a token that left here, {@code df[i] = gate dh[t]} and {@code dGate[t] = dh[t] . f[i]} (0 without weights); for one
     * that went on, {@code df[i] = dOn[t]}.
     *
     * <p>KernelContext, for the sum in local memory. Tensors: df, dGate, dh, dOn, f, scores, depth, index. Grid: a group of
     * {@code group} items, a power of two, for each row; item l deals with the columns l, l + group, ... Local memory: a
     * float an item.
     *
     * @param weighted 1 if the gate is {@code alpha scores[t][recursion - 1]}, 0 if it is 1
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
            FloatArray m5,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int columns,
            int recursion,
            float alpha,
            int weighted,
            int group) {
        float[] sums = c.allocateFloatLocalArray(group);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx;
        if (row < Args.rows(run, call)) {
            FloatArray df = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 0);
            FloatArray dGate = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 1);
            FloatArray dh = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 2);
            FloatArray dOn = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 3);
            FloatArray f = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 4);
            FloatArray scores = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 5);
            int token = Args.pick(i0, i1, arrays, 7).get(Args.offset(table, at, 7) + row * Args.stride(table, at, 7));
            int depth = Args.pick(i0, i1, arrays, 6).get(Args.offset(table, at, 6) + token * Args.stride(table, at, 6));
            int dfRow = Args.offset(table, at, 0) + row * Args.stride(table, at, 0);
            int dhRow = Args.offset(table, at, 2) + token * Args.stride(table, at, 2);
            int dOnRow = Args.offset(table, at, 3) + token * Args.stride(table, at, 3);
            int fRow = Args.offset(table, at, 4) + row * Args.stride(table, at, 4);
            int lane = c.localIdx;
            if (depth == recursion) {
                int score = Args.offset(table, at, 5) + token * Args.stride(table, at, 5) + recursion - 1;
                float gate = weighted == 1 ? alpha * scores.get(score) : 1f;
                float sum = 0f;
                for (int i = lane; i < columns; i += group) {
                    float gradient = dh.get(dhRow + i);
                    sum += gradient * f.get(fRow + i);
                    df.set(dfRow + i, gate * gradient);
                }
                sums[lane] = sum;
                for (int step = group / 2; step > 0; step /= 2) {
                    c.localBarrier();
                    if (lane < step) {
                        sums[lane] += sums[lane + step];
                    }
                }
                if (lane == 0) {
                    int place = Args.offset(table, at, 1) + token * Args.stride(table, at, 1);
                    dGate.set(place, weighted == 1 ? sums[0] : 0f);
                }
            } else {
                for (int i = lane; i < columns; i += group) {
                    df.set(dfRow + i, dOn.get(dOnRow + i));
                }
            }
        }
    }
}
