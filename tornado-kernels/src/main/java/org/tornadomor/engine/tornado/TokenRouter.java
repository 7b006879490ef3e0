package org.tornadomor.engine.tornado;

import org.tornadomor.engine.Extent;
import org.tornadomor.engine.TokenRouterOp;
import org.tornadomor.engine.TokenRouterOp.Scores;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Token choice: scores and depths, {@code depth = 1 + argmax(scores + bias)}, and the router's own losses. A row has only a few
 * depths, so one work-item has a whole row. Lesson 6 ({@code docs/lessons/06-routing}) leads to it.
 *
 * <pre>{@code
 * items:    [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has row i
 * load:     group j counts the rows of depth j + 1; its item l of 64 has the rows l, l + 64, ...
 * }</pre>
 */
final class TokenRouter {
    private static final int GROUP = 64;

    private TokenRouter() {}

    static void record(TokenRouterOp.ChooseDepth op, TaskList tasks) {
        int depths = op.logits().columns();
        int softmax = op.kind() == Scores.SOFTMAX ? 1 : 0;
        tasks.add(
                "ChooseDepth",
                tasks.call(op.rows(), op.scores(), op.depth(), op.logits(), op.bias(), op.deepest()),
                Grid.items(op.rows(), 1, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        TokenRouter::chooseDepth,
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
                        depths,
                        softmax));
        tasks.add(
                "DepthLoad",
                tasks.call(op.rows(), op.load(), op.depth()),
                Grid.groupPerRow(Extent.fixed(depths), GROUP, Integer.BYTES * GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        TokenRouter::countDepth,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.i(0),
                        a.i(1),
                        a.arrays(),
                        a.code(),
                        depths));
    }

    /**
     * {@code scores = softmax or sigmoid of logits}, {@code depth = 1 + argmax(scores + bias)}, at most {@code deepest[0]}.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: scores, depth, logits, bias,
     * deepest. Grid: an item for each row. No local memory.
     *
     * @param softmax 1 for softmax, 0 for sigmoid
     */
    static void chooseDepth(
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
            int depths,
            int softmax) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx;
        if (row < Args.rows(run, call)) {
            FloatArray scores = Args.pick(m0, m1, m2, arrays, 0);
            FloatArray logits = Args.pick(m0, m1, m2, arrays, 2);
            FloatArray bias = Args.pick(m0, m1, m2, arrays, 3);
            int scoreRow = Args.offset(table, at, 0) + row * Args.stride(table, at, 0);
            int logitRow = Args.offset(table, at, 2) + row * Args.stride(table, at, 2);
            int biasAt = Args.offset(table, at, 3);
            int biasStride = Args.stride(table, at, 3);
            float max = largest(logits, logitRow, depths);
            float sum = 0f;
            for (int j = 0; j < depths; j++) {
                sum += TornadoMath.exp(logits.get(logitRow + j) - max);
            }
            int best = 0;
            float most = DeviceMath.LEAST;
            for (int j = 0; j < depths; j++) {
                float logit = logits.get(logitRow + j);
                float score = softmax == 1 ? TornadoMath.exp(logit - max) / sum : DeviceMath.sigmoid(logit);
                scores.set(scoreRow + j, score);
                float biased = score + bias.get(biasAt + j * biasStride);
                if (biased > most) {
                    most = biased;
                    best = j;
                }
            }
            int deepest = Args.pick(i0, i1, arrays, 4).get(Args.offset(table, at, 4));
            int depth = Math.min(Math.max(1, Math.min(depths, deepest)), 1 + best);
            Args.pick(i0, i1, arrays, 1).set(Args.offset(table, at, 1) + row * Args.stride(table, at, 1), depth);
        }
    }

    private static float largest(FloatArray x, int at, int count) {
        float largest = x.get(at);
        for (int j = 1; j < count; j++) {
            float challenger = x.get(at + j);
            largest = challenger > largest ? challenger : largest;
        }
        return largest;
    }

    /**
     * {@code load[j]} = how many rows have depth j + 1.
     *
     * <p>KernelContext, for the sum in local memory. Tensors: load, depth. Grid: a group of {@link #GROUP} items for each
     * depth; item l looks at the rows l, l + GROUP, ... Local memory: an int an item.
     */
    static void countDepth(
            KernelContext c,
            IntArray run,
            IntArray table,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int depths) {
        int[] counts = c.allocateIntLocalArray(GROUP);
        int at = Args.begin(c, run, call);
        int j = c.groupIdx;
        if (j < depths) {
            IntArray load = Args.pick(i0, i1, arrays, 0);
            IntArray depth = Args.pick(i0, i1, arrays, 1);
            int rows = Args.rows(run, call);
            int lane = c.localIdx;
            int count = 0;
            for (int i = lane; i < rows; i += GROUP) {
                count += depth.get(Args.offset(table, at, 1) + i * Args.stride(table, at, 1)) == j + 1 ? 1 : 0;
            }
            counts[lane] = count;
            for (int step = GROUP / 2; step > 0; step /= 2) {
                c.localBarrier();
                if (lane < step) {
                    counts[lane] += counts[lane + step];
                }
            }
            if (lane == 0) {
                load.set(Args.offset(table, at, 0) + j * Args.stride(table, at, 0), counts[0]);
            }
        }
    }

    static void record(TokenRouterOp.ChooseDepthBackward op, TaskList tasks) {
        int depths = op.logits().columns();
        int maxRows = op.rows().max();
        int scratch = 2 * maxRows;
        int softmax = op.kind() == Scores.SOFTMAX ? 1 : 0;
        float alpha = op.alpha();
        float balance = op.scale() * op.balanceCoef();
        float z = op.scale() * op.zCoef();
        tasks.add(
                "ChooseDepthBackward",
                tasks.call(
                        op.rows(), scratch, op.dLogits(), op.dGate(), op.scores(), op.logits(), op.depth(), op.load()),
                Grid.items(op.rows(), 1, GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        TokenRouter::backward,
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
                        depths,
                        maxRows,
                        softmax,
                        alpha,
                        balance,
                        z));
        RowMeans means = new RowMeans(op.rows(), scratch, tasks);
        means.add(op.losses(), op.balanceAt(), 0, balance);
        means.add(op.losses(), op.zAt(), maxRows, z);
    }

    /**
     * The gradient of the logits from the gates, from balancing and from the z-loss; leaves in scratch, for each row,
     * {@code sum_j f_j score_j}, then the squared logsumexp.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: dLogits, dGate, scores, logits,
     * depth, load, scratch. Grid: an item for each row. No local memory.
     *
     * @param softmax 1 for softmax, 0 for sigmoid
     * @param balance the balancing loss's coefficient and scale
     * @param z the z-loss's coefficient and scale
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
            int depths,
            int maxRows,
            int softmax,
            float alpha,
            float balance,
            float z) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx;
        int rows = Args.rows(run, call);
        if (row < rows) {
            FloatArray dLogits = Args.pick(m0, m1, m2, m3, m4, arrays, 0);
            FloatArray dGate = Args.pick(m0, m1, m2, m3, m4, arrays, 1);
            FloatArray scores = Args.pick(m0, m1, m2, m3, m4, arrays, 2);
            FloatArray logits = Args.pick(m0, m1, m2, m3, m4, arrays, 3);
            FloatArray scratch = Args.pick(m0, m1, m2, m3, m4, arrays, 6);
            IntArray load = Args.pick(i0, i1, arrays, 5);
            int dRow = Args.offset(table, at, 0) + row * Args.stride(table, at, 0);
            int scoreRow = Args.offset(table, at, 2) + row * Args.stride(table, at, 2);
            int logitRow = Args.offset(table, at, 3) + row * Args.stride(table, at, 3);
            int chosen = Args.pick(i0, i1, arrays, 4).get(Args.offset(table, at, 4) + row * Args.stride(table, at, 4));
            float gate = alpha * dGate.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1));
            float share = (float) depths / rows;
            float balances = 0f;
            float mean = 0f;
            for (int j = 0; j < depths; j++) {
                float score = scores.get(scoreRow + j);
                float loaded = share * load.get(Args.offset(table, at, 5) + j * Args.stride(table, at, 5));
                float dScore = balance / rows * loaded + (j == chosen - 1 ? gate : 0f);
                dLogits.set(dRow + j, dScore);
                mean += score * dScore;
                balances += loaded * score;
            }
            scratch.set(row, balances);
            float max = largest(logits, logitRow, depths);
            float sum = 0f;
            for (int j = 0; j < depths; j++) {
                sum += TornadoMath.exp(logits.get(logitRow + j) - max);
            }
            float lse = max + TornadoMath.log(sum);
            scratch.set(maxRows + row, lse * lse);
            float pull = z == 0f ? 0f : 2f * lse * z / rows / sum;
            for (int j = 0; j < depths; j++) {
                float score = scores.get(scoreRow + j);
                float dScore = dLogits.get(dRow + j);
                float slope = softmax == 1 ? score * (dScore - mean) : score * (1f - score) * dScore;
                dLogits.set(dRow + j, slope + pull * TornadoMath.exp(logits.get(logitRow + j) - max));
            }
        }
    }

    static void record(TokenRouterOp.BalanceBias op, TaskList tasks) {
        float rate = op.rate();
        tasks.add(
                "BalanceBias",
                tasks.call(op.rows(), op.bias(), op.load()),
                Grid.items(op.rows(), 1, 1),
                (graph, id, a) -> graph.task(
                        id,
                        TokenRouter::balanceBias,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        rate));
    }

    /**
     * {@code bias[j] += rate sign(mean(load) - load[j])}, by the sign of {@code sum(load) - depths load[j]}.
     *
     * <p>KernelContext, as all kernels that find their data in the table. Tensors: bias, load. Grid: an item for each depth.
     * No local memory.
     */
    static void balanceBias(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            IntArray i0,
            long arrays,
            int call,
            float rate) {
        int at = Args.begin(c, run, call);
        int j = c.globalIdx;
        int depths = Args.rows(run, call);
        if (j < depths) {
            int loadAt = Args.offset(table, at, 1);
            int loadStride = Args.stride(table, at, 1);
            long total = 0L;
            for (int i = 0; i < depths; i++) {
                total += i0.get(loadAt + i * loadStride);
            }
            long own = (long) depths * i0.get(loadAt + j * loadStride);
            float sign = total > own ? 1f : total < own ? -1f : 0f;
            int place = Args.offset(table, at, 0) + j * Args.stride(table, at, 0);
            m0.set(place, m0.get(place) + rate * sign);
        }
    }
}
