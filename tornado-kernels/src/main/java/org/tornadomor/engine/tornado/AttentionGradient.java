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
 */
final class AttentionGradient {
    private AttentionGradient() {}

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
        int group = Attention.group(tasks.device(), dim);
        int sequenceCount = tasks.count(which.keyStart().rows());
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
                new Grid(new Grid.Groups(op.rows(), heads, 1), null, group, 1, Float.BYTES * group * dim),
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
                        group));
    }

    /**
     * {@code dq = scale dS k}; leaves {@code D = dOut . out} of each row and head in scratch.
     *
     * <p>KernelContext, for local memory. Tensors: dq, dOut, out, lse, q, k, v, start, keyStart, visible, scratch. Grid: a
     * group for each row and head; item l deals with the keys l, l + group, ... and then with the columns l, l + group, ...
     * of the sum over items. Local memory: each item's sum, dim floats.
     *
     * @param sequenceCount where in run the number of sequences stands
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
            int group) {
        float[] parts = c.allocateFloatLocalArray(group * dim);
        float[] sum = new float[dim];
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
            for (int d = 0; d < dim; d++) {
                sum[d] = 0f;
            }
            for (int j = lane; j < count; j += group) {
                int kRow = Args.offset(table, at, 5) + (keys + j) * Args.stride(table, at, 5) + keyColumn;
                int vRow = Args.offset(table, at, 6) + (keys + j) * Args.stride(table, at, 6) + keyColumn;
                float p = TornadoMath.exp(scale * DeviceMath.product(q, qRow, k, kRow, dim) - lse);
                float ds = scale * p * (DeviceMath.product(dOut, dRow, v, vRow, dim) - shared);
                for (int d = 0; d < dim; d++) {
                    sum[d] = sum[d] + ds * k.get(kRow + d);
                }
            }
            for (int d = 0; d < dim; d++) {
                parts[lane * dim + d] = sum[d];
            }
            c.localBarrier();
            int dqRow = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            for (int d = lane; d < dim; d += group) {
                float value = 0f;
                for (int l = 0; l < group; l++) {
                    value += parts[l * dim + d];
                }
                Args.pick(m0, m1, m2, m3, m4, m5, arrays, 0).set(dqRow + d, value);
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
        int accumulate = op.accumulate() ? 1 : 0;
        int group = Attention.group(tasks.device(), 2 * dim);
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
                new Grid(new Grid.Groups(op.k().rows(), kvHeads, 1), null, group, 1, 2 * Float.BYTES * group * dim),
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
                        accumulate,
                        group));
    }

    /**
     * {@code dk (+)= scale dS^T q}, {@code dv (+)= P^T dOut}, with D from scratch.
     *
     * <p>KernelContext, for local memory. Tensors: dk, dv, dOut, lse, q, k, v, start, keyStart, visible, scratch. Grid: a
     * group for each row of keys and key head; item l deals with the query rows l, l + group, ... of the sequence that the
     * key belongs to, for all heads that read the key head, and then with the columns l, l + group, ... of the sums over
     * items. Local memory: each item's sums, 2 dim floats.
     *
     * @param sequenceCount where in run the number of sequences stands
     * @param accumulate 1 to add to dk and dv, 0 to overwrite them
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
            int accumulate,
            int group) {
        float[] keyParts = c.allocateFloatLocalArray(group * dim);
        float[] valueParts = c.allocateFloatLocalArray(group * dim);
        float[] keySum = new float[dim];
        float[] valueSum = new float[dim];
        int at = Args.begin(c, run, call);
        int key = c.groupIdx / kvHeads;
        int keyHead = c.groupIdx - key * kvHeads;
        IntArray start = Args.pick(i0, i1, arrays, 7);
        IntArray keyStart = Args.pick(i0, i1, arrays, 8);
        IntArray visible = Args.pick(i0, i1, arrays, 9);
        int visibleAt = Args.offset(table, at, 9);
        int visibleStride = Args.stride(table, at, 9);
        int rows = Args.rows(run, call);
        int sequences = run.get(sequenceCount);
        // The rows of the sequence whose last row, which sees the most, sees this key.
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
            for (int d = 0; d < dim; d++) {
                keySum[d] = 0f;
                valueSum[d] = 0f;
            }
            for (int row = first + lane; row < end; row += group) {
                if (visible.get(visibleAt + row * visibleStride) > number) {
                    int shared = heads / kvHeads;
                    for (int head = keyHead * shared; head < (keyHead + 1) * shared; head++) {
                        int dRow = Args.offset(table, at, 2) + row * Args.stride(table, at, 2) + head * dim;
                        int qRow = Args.offset(table, at, 4) + row * Args.stride(table, at, 4) + head * dim;
                        float norm = lse.get(Args.offset(table, at, 3) + row * Args.stride(table, at, 3) + head);
                        float p = TornadoMath.exp(scale * DeviceMath.product(q, qRow, k, kRow, dim) - norm);
                        float dp = DeviceMath.product(dOut, dRow, v, vRow, dim);
                        float ds = scale * p * (dp - scratch.get(row * heads + head));
                        for (int d = 0; d < dim; d++) {
                            keySum[d] = keySum[d] + ds * q.get(qRow + d);
                            valueSum[d] = valueSum[d] + p * dOut.get(dRow + d);
                        }
                    }
                }
            }
            for (int d = 0; d < dim; d++) {
                keyParts[lane * dim + d] = keySum[d];
                valueParts[lane * dim + d] = valueSum[d];
            }
            c.localBarrier();
            FloatArray dk = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 0);
            FloatArray dv = Args.pick(m0, m1, m2, m3, m4, m5, arrays, 1);
            int dkRow = Args.offset(table, at, 0) + key * Args.stride(table, at, 0) + keyColumn;
            int dvRow = Args.offset(table, at, 1) + key * Args.stride(table, at, 1) + keyColumn;
            for (int d = lane; d < dim; d += group) {
                float dKey = accumulate == 1 ? dk.get(dkRow + d) : 0f;
                float dValue = accumulate == 1 ? dv.get(dvRow + d) : 0f;
                for (int l = 0; l < group; l++) {
                    dKey += keyParts[l * dim + d];
                    dValue += valueParts[l * dim + d];
                }
                dk.set(dkRow + d, dKey);
                dv.set(dvRow + d, dValue);
            }
        }
    }
}
