package org.tornadomor.engine.tornado;

import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.Extent;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention among compact rows, {@code out = softmax(scale q k^T) v}. The softmax is computed while going over the keys: whenever
 * a score is the largest so far, the sums so far shrink accordingly, and no score is stored. Backward: {@link AttentionGradient}.
 *
 * <p>Two schedules. With tiles, a group has many query rows that share tiles of keys in local memory: for prompts and
 * training on an accelerator. By rows, a group has one query row and its items share the keys: for decoding, where
 * sequences have one row each, and, with one item, on a CPU, which has caches instead of local memory. Lesson 5
 * ({@code docs/lessons/05-attention}) leads to both.
 *
 * <pre>{@code
 * tiles:    group (x, y) has the query rows 64 x .. 64 x + 63 of head y
 * by rows:  group g has head g % heads of row g / heads; item l of it has the keys l, l + group, ...
 * }</pre>
 */
final class Attention {
    /** Query rows of a group with tiles, and items of a group by rows. */
    private static final int GROUP = 64;

    /** The most keys in local memory at a time. */
    private static final int TILE_KEYS = 16;
    /** Local memory that a group may fill, so that several groups fit a compute unit. */
    private static final long LOCAL_BYTES = 32 << 10;

    private Attention() {}

    /**
     * How many items share the work on a row if each needs so many floats of local memory: a power of two.
     */
    static int group(DeviceProfile device, int floats) {
        int group = device.cpu() ? 1 : Math.min(GROUP, Integer.highestOneBit(device.maxGroup()));
        return fitting(device, floats, group);
    }

    /** How many keys lie in local memory at a time: a power of two. */
    static int tileKeys(DeviceProfile device, int dim) {
        return fitting(device, 2 * dim, TILE_KEYS);
    }

    /** The number, or the largest half, quarter, ... of it, whose floats fit into local memory. */
    private static int fitting(DeviceProfile device, int floats, int number) {
        while (number > 1 && (long) Float.BYTES * floats * number > Math.min(LOCAL_BYTES, device.localRoom())) {
            number /= 2;
        }
        return number;
    }

    static void record(AttentionOp.Attention op, TaskList tasks) {
        Extent sequences = op.which().keyStart().rows();
        // Where the number of sequences changes, the sequences are documents, which have many rows.
        boolean oneRowEach = sequences.isFixed() && op.rows().max() <= sequences.max();
        // Keys in pages are those of caches. There most rows are steps of decoding, one of each sequence, and tiles
        // would work on one row at a time. A long prompt would be faster with tiles.
        if (tasks.device().cpu() || oneRowEach || op.which().paged()) {
            recordByRow(op, tasks);
        } else {
            recordTiles(op, tasks);
        }
    }

    private static Call call(AttentionOp.Attention op, TaskList tasks) {
        AttentionOp.Rows which = op.which();
        return tasks.call(
                op.rows(),
                op.out(),
                op.lse(),
                op.q(),
                op.k(),
                op.v(),
                which.start(),
                which.keyStart(),
                which.visible());
    }

    private static void recordByRow(AttentionOp.Attention op, TaskList tasks) {
        int heads = op.heads().heads();
        int kvHeads = op.heads().kvHeads();
        int dim = op.heads().headDim();
        float scale = op.heads().scale();
        int group = group(tasks.device(), dim + 2);
        int shift = op.which().pageShift();
        int window = op.which().window();
        int sequenceCount = tasks.count(op.which().keyStart().rows());
        tasks.add(
                "Attention",
                call(op, tasks),
                new Grid(new Grid.Groups(op.rows(), heads, 1), null, group, 1, Float.BYTES * group * (dim + 2)),
                (graph, id, a) -> graph.task(
                        id,
                        Attention::byRow,
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
                        heads,
                        kvHeads,
                        dim,
                        scale,
                        sequenceCount,
                        shift,
                        window,
                        group));
    }

    /**
     * {@code out = softmax(scale q k^T) v} and lse.
     *
     * <p>KernelContext, for local memory. Tensors: out, lse, q, k, v, start, keyStart, visible. Grid: a group for each row
     * and head; item l deals with the keys l, l + group, ... and then with the columns l, l + group, ... of the sum over
     * items. Local memory: the largest score, the sum of exponentials and the weighted sum of values of each item.
     *
     * @param sequenceCount where in run the number of sequences stands
     * @param shift of the pages in which keys lie
     * @param window the most keys that a row sees
     */
    static void byRow(
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
            int heads,
            int kvHeads,
            int dim,
            float scale,
            int sequenceCount,
            int shift,
            int window,
            int group) {
        float[] maxima = c.allocateFloatLocalArray(group);
        float[] totals = c.allocateFloatLocalArray(group);
        float[] parts = c.allocateFloatLocalArray(group * dim);
        float[] sum = new float[dim];
        int at = Args.begin(c, run, call);
        int row = c.groupIdx / heads;
        int head = c.groupIdx - row * heads;
        IntArray start = Args.pick(i0, i1, arrays, 5);
        int startAt = Args.offset(table, at, 5);
        int startStride = Args.stride(table, at, 5);
        int sequences = run.get(sequenceCount);
        int covered = Math.min(Args.rows(run, call), start.get(startAt + sequences * startStride));
        if (row < covered && row >= start.get(startAt)) {
            FloatArray out = Args.pick(m0, m1, m2, m3, m4, arrays, 0);
            FloatArray q = Args.pick(m0, m1, m2, m3, m4, arrays, 2);
            FloatArray k = Args.pick(m0, m1, m2, m3, m4, arrays, 3);
            FloatArray v = Args.pick(m0, m1, m2, m3, m4, arrays, 4);
            int b = DeviceMath.sequence(start, startAt, startStride, sequences, row);
            IntArray pages = Args.pick(i0, i1, arrays, 6);
            int pagesAt = Args.offset(table, at, 6) + b * Args.stride(table, at, 6);
            int first = pages.get(pagesAt);
            int count = Args.pick(i0, i1, arrays, 7).get(Args.offset(table, at, 7) + row * Args.stride(table, at, 7));
            int keyColumn = head / (heads / kvHeads) * dim;
            int kStride = Args.stride(table, at, 3);
            int vStride = Args.stride(table, at, 4);
            int qRow = Args.offset(table, at, 2) + row * Args.stride(table, at, 2) + head * dim;
            int kAt = Args.offset(table, at, 3) + keyColumn;
            int vAt = Args.offset(table, at, 4) + keyColumn;
            int lane = c.localIdx;
            for (int d = 0; d < dim; d++) {
                sum[d] = 0f;
            }
            float most = DeviceMath.LEAST;
            float total = 0f;
            int hidden = Math.max(0, count - window);
            for (int j = hidden + lane; j < count; j += group) {
                int key = DeviceMath.keyRow(pages, pagesAt, first, j, shift);
                float score = scale * DeviceMath.product(q, qRow, k, kAt + key * kStride, dim);
                if (score > most) {
                    float shrink = TornadoMath.exp(most - score);
                    total *= shrink;
                    for (int d = 0; d < dim; d++) {
                        sum[d] = sum[d] * shrink;
                    }
                    most = score;
                }
                float p = TornadoMath.exp(score - most);
                total += p;
                for (int d = 0; d < dim; d++) {
                    sum[d] = sum[d] + p * v.get(vAt + key * vStride + d);
                }
            }
            maxima[lane] = most;
            c.localBarrier();
            for (int l = 0; l < group; l++) {
                most = TornadoMath.max(most, maxima[l]);
            }
            // An item without keys has nothing to add; nor has any item of a row without keys.
            float weight = lane < count - hidden ? TornadoMath.exp(maxima[lane] - most) : 0f;
            totals[lane] = total * weight;
            for (int d = 0; d < dim; d++) {
                parts[lane * dim + d] = sum[d] * weight;
            }
            c.localBarrier();
            total = 0f;
            for (int l = 0; l < group; l++) {
                total += totals[l];
            }
            float share = count > 0 ? 1f / total : 0f;
            int outRow = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + head * dim;
            for (int d = lane; d < dim; d += group) {
                float value = 0f;
                for (int l = 0; l < group; l++) {
                    value += parts[l * dim + d];
                }
                out.set(outRow + d, value * share);
            }
            if (lane == 0) {
                int lseAt = Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + head;
                Args.pick(m0, m1, m2, m3, m4, arrays, 1).set(lseAt, count > 0 ? most + TornadoMath.log(total) : 0f);
            }
        }
    }

    private static void recordTiles(AttentionOp.Attention op, TaskList tasks) {
        int heads = op.heads().heads();
        int kvHeads = op.heads().kvHeads();
        int dim = op.heads().headDim();
        float scale = op.heads().scale();
        int group = Math.min(GROUP, tasks.device().maxGroup());
        int tileKeys = tileKeys(tasks.device(), dim);
        int sequenceCount = tasks.count(op.which().keyStart().rows());
        int window = op.which().window();
        tasks.add(
                "AttentionTiles",
                call(op, tasks),
                new Grid(
                        new Grid.Groups(op.rows(), 1, group),
                        Grid.Groups.fixed(heads),
                        group,
                        1,
                        2 * Float.BYTES * tileKeys * dim),
                (graph, id, a) -> graph.task(
                        id,
                        Attention::tiles,
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
                        heads,
                        kvHeads,
                        dim,
                        scale,
                        sequenceCount,
                        window,
                        group,
                        tileKeys));
    }

    /**
     * As {@link #byRow}.
     *
     * <p>KernelContext, for local memory. Tensors: as {@link #byRow}. Grid: along x a group for each {@code group} rows, of
     * which an item has one, whatever sequences they belong to; along y the heads. Local memory: {@code tileKeys} keys
     * and values, loaded by all items and used by all that see them.
     *
     * @param sequenceCount where in run the number of sequences stands
     * @param window the most keys that a row sees
     */
    static void tiles(
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
            int heads,
            int kvHeads,
            int dim,
            float scale,
            int sequenceCount,
            int window,
            int group,
            int tileKeys) {
        float[] keyTile = c.allocateFloatLocalArray(tileKeys * dim);
        float[] valueTile = c.allocateFloatLocalArray(tileKeys * dim);
        float[] own = new float[dim];
        float[] sum = new float[dim];
        int at = Args.begin(c, run, call);
        int lane = c.localIdx;
        int head = c.groupIdy;
        int blockFrom = c.groupIdx * group;
        int row = blockFrom + lane;
        IntArray start = Args.pick(i0, i1, arrays, 5);
        int startAt = Args.offset(table, at, 5);
        int startStride = Args.stride(table, at, 5);
        int sequences = run.get(sequenceCount);
        int covered = Math.min(Args.rows(run, call), start.get(startAt + sequences * startStride));
        int blockEnd = Math.min(covered, blockFrom + group);
        if (blockFrom < blockEnd) {
            FloatArray out = Args.pick(m0, m1, m2, m3, m4, arrays, 0);
            FloatArray q = Args.pick(m0, m1, m2, m3, m4, arrays, 2);
            FloatArray k = Args.pick(m0, m1, m2, m3, m4, arrays, 3);
            FloatArray v = Args.pick(m0, m1, m2, m3, m4, arrays, 4);
            IntArray visible = Args.pick(i0, i1, arrays, 7);
            int visibleAt = Args.offset(table, at, 7);
            int visibleStride = Args.stride(table, at, 7);
            int qRow = Args.offset(table, at, 2) + Math.min(row, blockEnd - 1) * Args.stride(table, at, 2) + head * dim;
            for (int d = 0; d < dim; d++) {
                own[d] = q.get(qRow + d);
                sum[d] = 0f;
            }
            float most = DeviceMath.LEAST;
            float total = 0f;
            int last = DeviceMath.sequence(start, startAt, startStride, sequences, blockEnd - 1);
            for (int b = DeviceMath.sequence(start, startAt, startStride, sequences, blockFrom); b <= last; b++) {
                int from = Math.max(blockFrom, start.get(startAt + b * startStride));
                int to = Math.min(blockEnd, start.get(startAt + (b + 1) * startStride));
                int key = Args.pick(i0, i1, arrays, 6).get(Args.offset(table, at, 6) + b * Args.stride(table, at, 6));
                int mine = 0;
                if (row >= from) {
                    if (row < to) {
                        mine = visible.get(visibleAt + row * visibleStride);
                    }
                }
                // The last row of a sequence sees the furthest key, and the first row the earliest one.
                int seen = 0;
                int hidden = 0;
                if (from < to) {
                    seen = visible.get(visibleAt + (to - 1) * visibleStride);
                    hidden = Math.max(0, visible.get(visibleAt + from * visibleStride) - window);
                }
                for (int tile = hidden / tileKeys * tileKeys; tile < seen; tile += tileKeys) {
                    int loaded = Math.min(tileKeys, seen - tile) * dim;
                    c.localBarrier();
                    for (int i = lane; i < loaded; i += group) {
                        int keyRow = key + tile + i / dim;
                        int column = head / (heads / kvHeads) * dim + i % dim;
                        keyTile[i] = k.get(Args.offset(table, at, 3) + keyRow * Args.stride(table, at, 3) + column);
                        valueTile[i] = v.get(Args.offset(table, at, 4) + keyRow * Args.stride(table, at, 4) + column);
                    }
                    c.localBarrier();
                    int end = Math.min(loaded, (mine - tile) * dim);
                    for (int j = Math.max(0, mine - window - tile) * dim; j < end; j += dim) {
                        float score = 0f;
                        for (int d = 0; d < dim; d++) {
                            score += own[d] * keyTile[j + d];
                        }
                        score *= scale;
                        float larger = TornadoMath.max(most, score);
                        float shrink = TornadoMath.exp(most - larger);
                        float p = TornadoMath.exp(score - larger);
                        total = total * shrink + p;
                        for (int d = 0; d < dim; d++) {
                            sum[d] = sum[d] * shrink + p * valueTile[j + d];
                        }
                        most = larger;
                    }
                }
            }
            if (row < blockEnd && row >= start.get(startAt)) {
                int seen = visible.get(visibleAt + row * visibleStride);
                float share = seen > 0 ? 1f / total : 0f;
                int outRow = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + head * dim;
                for (int d = 0; d < dim; d++) {
                    out.set(outRow + d, sum[d] * share);
                }
                int lseAt = Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + head;
                Args.pick(m0, m1, m2, m3, m4, arrays, 1).set(lseAt, seen > 0 ? most + TornadoMath.log(total) : 0f);
            }
        }
    }
}
