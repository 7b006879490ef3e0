package org.tornadomor.engine.tornado;

import org.tornadomor.engine.AttentionOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The backward of {@link Attention}, without a matrix of scores and without atomics: one task for the queries, where each row
 * goes over its keys, and one for keys and values, where each key goes over the rows that see it. Both compute the
 * probabilities anew from lse.
 *
 * <p>Both tasks work in chunks of as many pairs of row and key as a group has items. First item l computes the numbers of pair
 * l of the chunk and leaves them in local memory. Then it adds up all pairs of the chunk, in order, for the columns l, l +
 * group, ... So no item needs all columns of a head in registers, which are too few for 64 and more; sums have the same order
 * on every device; and neighbouring items read neighbouring elements.
 *
 * <p>{@code dv = P^T dOut}, {@code dS = P (dOut v^T - D)}, {@code dq = scale dS k}, {@code dk = scale dS^T q}, with
 * {@code D = dOut . out}. Lesson 7 ({@code docs/lessons/07-backward}) leads to it.
 *
 * <pre>{@code
 * queries:  group g has head g % heads of row g / heads; its items have the keys of a chunk, then the columns of dq
 * keys:     group g has key head g % kvHeads of key g / kvHeads; its items have the rows of a chunk, then the columns of dk and dv
 * }</pre>
 */
final class AttentionGradient {
    /** Items of a group, on an accelerator. */
    private static final int GROUP = 64;

    private AttentionGradient() {}

    /** How many items share the work on a row or key. */
    private static int group(DeviceProfile device) {
        return device.cpu() ? 1 : Math.min(GROUP, device.maxGroup());
    }

    static void record(AttentionOp.AttentionBackward op, TaskList tasks) {
        int scratch = op.rows().max() * op.heads().heads();
        recordQueries(op, scratch, tasks);
        recordKeys(op, scratch, tasks);
    }

    private static void recordQueries(AttentionOp.AttentionBackward op, int scratch, TaskList tasks) {
        AttentionOp.Rows which = op.which();
        int heads = op.heads().heads();
        int kvHeads = op.heads().kvHeads();
        int dim = op.heads().headDim();
        float scale = op.heads().scale();
        int group = group(tasks.device());
        int sequenceCount = tasks.count(which.keyStart().rows());
        int window = which.window();
        tasks.add(
                "AttentionQueries",
                tasks.call(
                        op.rows(),
                        scratch,
                        op.dq(),
                        op.dOut(),
                        op.out(),
                        op.lse(),
                        op.q(),
                        op.k(),
                        op.v(),
                        which.start(),
                        which.keyStart(),
                        which.visible()),
                new Grid(new Grid.Groups(op.rows(), heads, 1), null, group, 1, Float.BYTES * (group + dim)),
                (graph, id, a) -> graph.task(
                        id,
                        AttentionGradient::queries,
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
                        heads,
                        kvHeads,
                        dim,
                        scale,
                        sequenceCount,
                        window,
                        group));
    }

    /**
     * {@code dq = scale dS k}; leaves {@code D = dOut . out} of each row and head in scratch.
     *
     * <p>KernelContext, for local memory. Tensors: dq, dOut, out, lse, q, k, v, start, keyStart, visible, scratch. Grid: a
     * group for each row and head. Local memory: dS of each key of a chunk, and the sum, of which an item touches its own
     * columns alone.
     *
     * @param sequenceCount where in run the number of sequences stands
     * @param window the most keys that a row sees
     */
    static void queries(
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
            int heads,
            int kvHeads,
            int dim,
            float scale,
            int sequenceCount,
            int window,
            int group) {
        float[] slopes = c.allocateFloatLocalArray(group);
        float[] sum = c.allocateFloatLocalArray(dim);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx / heads;
        int head = c.groupIdx - row * heads;
        IntArray start = Args.pick(i0, i1, arrays, 7);
        int startAt = Args.offset(table, at, 7);
        int startStride = Args.stride(table, at, 7);
        int sequences = run.get(sequenceCount);
        int covered = Math.min(Args.rows(run, call), start.get(startAt + sequences * startStride));
        if (row < covered && row >= start.get(startAt)) {
            FloatArray dOut = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 1);
            FloatArray out = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 2);
            FloatArray q = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 4);
            FloatArray k = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 5);
            FloatArray v = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 6);
            int b = DeviceMath.sequence(start, startAt, startStride, sequences, row);
            int keys = Args.pick(i0, i1, arrays, 8).get(Args.offset(table, at, 8) + b * Args.stride(table, at, 8));
            int count = Args.pick(i0, i1, arrays, 9).get(Args.offset(table, at, 9) + row * Args.stride(table, at, 9));
            int column = head * dim;
            int keyColumn = head / (heads / kvHeads) * dim;
            int dRow = Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column;
            int outRow = Args.offset(table, at, 2) + row * Args.stride(table, at, 2) + column;
            int qRow = Args.offset(table, at, 4) + row * Args.stride(table, at, 4) + column;
            int lane = c.localIdx;
            float shared = DeviceMath.product(dOut, dRow, out, outRow, dim);
            float lse = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 3)
                    .get(Args.offset(table, at, 3) + row * Args.stride(table, at, 3) + head);
            for (int d = lane; d < dim; d += group) {
                sum[d] = 0f;
            }
            int kStride = Args.stride(table, at, 5);
            int vStride = Args.stride(table, at, 6);
            int kRow = Args.offset(table, at, 5) + keys * kStride + keyColumn;
            int vRow = Args.offset(table, at, 6) + keys * vStride + keyColumn;
            for (int from = Math.max(0, count - window); from < count; from += group) {
                int j = from + lane;
                if (j < count) {
                    float p = TornadoMath.exp(scale * DeviceMath.product(q, qRow, k, kRow + j * kStride, dim) - lse);
                    float dp = DeviceMath.product(dOut, dRow, v, vRow + j * vStride, dim);
                    slopes[lane] = scale * p * (dp - shared);
                }
                c.localBarrier();
                int to = Math.min(group, count - from);
                for (int d = lane; d < dim; d += group) {
                    float value = sum[d];
                    for (int t = 0; t < to; t++) {
                        value += slopes[t] * k.get(kRow + (from + t) * kStride + d);
                    }
                    sum[d] = value;
                }
                c.localBarrier();
            }
            int dqRow = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            for (int d = lane; d < dim; d += group) {
                Args.pick(m0, m1, m2, m3, m4, m5, arrays, 0).set(dqRow + d, sum[d]);
            }
            if (lane == 0) {
                Args.pick(m0, m1, m2, m3, m4, m5, arrays, 10).set(row * heads + head, shared);
            }
        }
    }

    private static void recordKeys(AttentionOp.AttentionBackward op, int scratch, TaskList tasks) {
        AttentionOp.Rows which = op.which();
        int heads = op.heads().heads();
        int kvHeads = op.heads().kvHeads();
        int dim = op.heads().headDim();
        float scale = op.heads().scale();
        int window = op.accumulate() ? -which.window() : which.window();
        int group = group(tasks.device());
        int sequenceCount = tasks.count(which.keyStart().rows());
        tasks.add(
                "AttentionKeys",
                tasks.call(
                        op.rows(),
                        scratch,
                        op.dk(),
                        op.dv(),
                        op.dOut(),
                        op.lse(),
                        op.q(),
                        op.k(),
                        op.v(),
                        which.start(),
                        which.keyStart(),
                        which.visible()),
                new Grid(new Grid.Groups(op.k().rows(), kvHeads, 1), null, group, 1, 2 * Float.BYTES * (group + dim)),
                (graph, id, a) -> graph.task(
                        id,
                        AttentionGradient::keys,
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
                        heads,
                        kvHeads,
                        dim,
                        scale,
                        sequenceCount,
                        window,
                        group));
    }

    /** By how many keys key {@code number} stands outside of what a row sees: at most 0 if the row sees it. */
    private static int unseen(int visible, int number, int window) {
        return Math.max(number + 1 - visible, visible - window - number);
    }

    /**
     * {@code dk (+)= scale dS^T q}, {@code dv (+)= P^T dOut}, with D from scratch.
     *
     * <p>KernelContext, for local memory. Tensors: dk, dv, dOut, lse, q, k, v, start, keyStart, visible, scratch. Grid: a
     * group for each row of keys and key head; its pairs are the query rows of the sequence that the key belongs to, in order,
     * each with all heads that read the key head. Local memory: P and dS of each pair of a chunk, and both sums, of which an
     * item touches its own columns alone.
     *
     * @param sequenceCount where in run the number of sequences stands
     * @param window the most keys that a row sees; negative to add to dk and dv instead of overwriting them. One number for
     *     both, since a kernel has at most 20 arguments
     */
    static void keys(
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
            int heads,
            int kvHeads,
            int dim,
            float scale,
            int sequenceCount,
            int window,
            int group) {
        float[] weights = c.allocateFloatLocalArray(group);
        float[] slopes = c.allocateFloatLocalArray(group);
        float[] keySum = c.allocateFloatLocalArray(dim);
        float[] valueSum = c.allocateFloatLocalArray(dim);
        int at = Args.begin(c, run, call);
        int key = c.groupIdx / kvHeads;
        int keyHead = c.groupIdx - key * kvHeads;
        IntArray start = Args.pick(i0, i1, arrays, 7);
        IntArray keyStart = Args.pick(i0, i1, arrays, 8);
        IntArray visible = Args.pick(i0, i1, arrays, 9);
        int visibleAt = Args.offset(table, at, 9);
        int visibleStride = Args.stride(table, at, 9);
        // Not Math.abs, which TornadoVM's compiler does not take for integers.
        int most = window < 0 ? -window : window;
        int rows = Args.rows(run, call);
        int sequences = run.get(sequenceCount);
        // Finds the rows of the sequence whose last row, which sees the most keys, sees this key.
        int first = 0;
        int end = 0;
        int number = 0;
        for (int b = 0; b < sequences; b++) {
            int startAt = Args.offset(table, at, 7) + b * Args.stride(table, at, 7);
            int from = start.get(startAt);
            int to = Math.min(rows, start.get(startAt + Args.stride(table, at, 7)));
            int distance = key - keyStart.get(Args.offset(table, at, 8) + b * Args.stride(table, at, 8));
            if (from < to) {
                if (distance >= 0) {
                    if (distance < visible.get(visibleAt + (to - 1) * visibleStride)) {
                        first = from;
                        end = to;
                        number = distance;
                    }
                }
            }
        }
        if (first < end) {
            FloatArray dOut = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 2);
            FloatArray lse = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 3);
            FloatArray q = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 4);
            FloatArray k = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 5);
            FloatArray v = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 6);
            FloatArray scratch = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 10);
            int keyColumn = keyHead * dim;
            int kRow = Args.offset(table, at, 5) + key * Args.stride(table, at, 5) + keyColumn;
            int vRow = Args.offset(table, at, 6) + key * Args.stride(table, at, 6) + keyColumn;
            int lane = c.localIdx;
            for (int d = lane; d < dim; d += group) {
                keySum[d] = 0f;
                valueSum[d] = 0f;
            }
            int dAt = Args.offset(table, at, 2);
            int dStride = Args.stride(table, at, 2);
            int qAt = Args.offset(table, at, 4);
            int qStride = Args.stride(table, at, 4);
            int shared = heads / kvHeads;
            int pairs = (end - first) * shared;
            for (int from = 0; from < pairs; from += group) {
                int pair = from + lane;
                if (pair < pairs) {
                    int row = first + pair / shared;
                    int head = keyHead * shared + pair % shared;
                    if (unseen(visible.get(visibleAt + row * visibleStride), number, most) <= 0) {
                        int qRow = qAt + row * qStride + head * dim;
                        float norm = lse.get(Args.offset(table, at, 3) + row * Args.stride(table, at, 3) + head);
                        float p = TornadoMath.exp(scale * DeviceMath.product(q, qRow, k, kRow, dim) - norm);
                        float dp = DeviceMath.product(dOut, dAt + row * dStride + head * dim, v, vRow, dim);
                        weights[lane] = p;
                        slopes[lane] = scale * p * (dp - scratch.get(row * heads + head));
                    }
                }
                c.localBarrier();
                int to = Math.min(group, pairs - from);
                for (int d = lane; d < dim; d += group) {
                    float dKey = keySum[d];
                    float dValue = valueSum[d];
                    for (int t = 0; t < to; t++) {
                        int row = first + (from + t) / shared;
                        int column = (keyHead * shared + (from + t) % shared) * dim + d;
                        if (unseen(visible.get(visibleAt + row * visibleStride), number, most) <= 0) {
                            dKey += slopes[t] * q.get(qAt + row * qStride + column);
                            dValue += weights[t] * dOut.get(dAt + row * dStride + column);
                        }
                    }
                    keySum[d] = dKey;
                    valueSum[d] = dValue;
                }
                c.localBarrier();
            }
            FloatArray dk = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 0);
            FloatArray dv = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 1);
            int dkRow = Args.offset(table, at, 0) + key * Args.stride(table, at, 0) + keyColumn;
            int dvRow = Args.offset(table, at, 1) + key * Args.stride(table, at, 1) + keyColumn;
            for (int d = lane; d < dim; d += group) {
                float dKey = window < 0 ? dk.get(dkRow + d) : 0f;
                float dValue = window < 0 ? dv.get(dvRow + d) : 0f;
                dk.set(dkRow + d, dKey + keySum[d]);
                dv.set(dvRow + d, dValue + valueSum[d]);
            }
        }
    }
}
