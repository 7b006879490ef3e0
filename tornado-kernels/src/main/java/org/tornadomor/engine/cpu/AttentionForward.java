package org.tornadomor.engine.cpu;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.cpu.basics.ColdStart;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.Scratch;
import org.tornadomor.engine.cpu.basics.WorkerTeam;
import org.tornadomor.engine.cpu.products.MatmulKernel;
import org.tornadomor.engine.cpu.products.Packing;
import org.tornadomor.engine.cpu.products.PanelProduct;

/**
 * {@code out = softmax(scale q k^T) v}: a task for each sequence and head. Sequences of few rows go to {@link SplitAttention}.
 *
 * <p>Keys and values of the head are packed once, also for the next head if it shares them. Then, for {@value #BLOCK} query
 * rows at a time, the scores against the keys that the last of them sees are computed into scratch, turned into exponentials
 * in place, and multiplied with the values. Scores stand in blocks of {@link MatmulKernel#DEPTH} keys, in which the rows are ROW
 * apart: just as the kernel wants its left operand.
 */
final class AttentionForward extends Attention implements WorkerTeam.TileTask {
    /** Query rows of a block: few, so that little is computed outside of the causal triangle. */
    private static final int BLOCK = 24;

    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int DEPTH = MatmulKernel.DEPTH;
    private static final int ROW = MatmulKernel.ROW;
    private static final int QUERIES_AT = Lanes.ALIGNED + PanelProduct.EDGE;
    private static final int SUMS_AT = QUERIES_AT + BLOCK * ROW;
    private static final int SCORES_AT = SUMS_AT + BLOCK;

    private final AttentionOp.Attention op;
    private final Matrix out = new Matrix();
    private final Matrix lse = new Matrix();
    private Scratch scratch;
    private final SplitAttention split;
    /** The sequence and key head whose keys and values a worker has packed, as one number; minus one for none. */
    private final int[] packed;

    private int keysAt, valuesAt, gatheredAt;

    AttentionForward(AttentionOp.Attention op, int threads) {
        super(op.heads(), op.which());
        this.op = op;
        packed = new int[threads];
        split = new SplitAttention(this, op.rows().max());
        if (op.which().pageRows() < Lanes.LENGTH) {
            throw new IllegalArgumentException("a page holds at least " + Lanes.LENGTH + " keys: a vector of scores");
        }
    }

    @Override
    public void run(CpuBinding b, WorkerTeam team) {
        bind(b, op.rows().count(), op.q(), op.k(), op.v());
        out.bind(b, op.out());
        lse.bind(b, op.lse());
        scratch = team.scratch();
        split.begin();
        boolean packs = false;
        for (int sequence = 0; sequence < sequences(); sequence++) {
            int first = start(sequence);
            int end = start(sequence + 1);
            if (!direct(end - first)) {
                packs = true;
                continue;
            }
            for (int row = first; row < end; row++) {
                split.add(row, sequence);
            }
        }
        if (packs) {
            int keys = longest();
            keysAt = SCORES_AT + scoreAt(keys);
            valuesAt = keysAt + keys * dim;
            gatheredAt = valuesAt + keys * paddedDim();
            scratch.reserve(0, gatheredAt + (inPlace() ? 0 : keys * dim));
            Arrays.fill(packed, -1);
            team.run(this, sequences() * heads.heads());
        }
        split.run(team, out, lse);
    }

    @Override
    public void tile(int tile, int worker) {
        int sequence = tile / heads.heads();
        int head = tile % heads.heads();
        int first = start(sequence);
        int end = start(sequence + 1);
        if (direct(end - first)) {
            return;
        }
        float[] own = scratch.of(worker);
        int keys = visible(end - 1);
        int shared = sequence * heads.kvHeads() + head / group;
        if (packed[worker] != shared) {
            pack(own, sequence, head / group * dim, firstKey(first) / WIDTH * WIDTH, keys);
            packed[worker] = shared;
        }
        for (int row = first; row < end; row += BLOCK) {
            block(own, row, Math.min(BLOCK, end - row), head, keys);
        }
    }

    /** Packs the keys and values {@code first} to {@code keys - 1} of a head. */
    private void pack(float[] own, int sequence, int keyColumn, int first, int keys) {
        if (inPlace()) {
            int keyRow = keyStart(sequence);
            packKeys(k.values, k.at(keyRow, keyColumn), k.stride, first, keys, own);
            packValues(v.values, v.at(keyRow, keyColumn), v.stride, first, keys, own);
        } else {
            gather(k, sequence, keyColumn, first, keys, own, gatheredAt);
            packKeys(own, gatheredAt, dim, first, keys, own);
            gather(v, sequence, keyColumn, first, keys, own, gatheredAt);
            packValues(own, gatheredAt, dim, first, keys, own);
        }
    }

    private void packKeys(float[] from, int at, int stride, int first, int keys, float[] own) {
        for (int j = first; j < keys; j += WIDTH) {
            int count = Math.min(WIDTH, keys - j);
            Packing.panelOfRows(from, at + j * stride, stride, count, dim, own, keysAt + j * dim);
        }
    }

    private void packValues(float[] from, int at, int stride, int first, int keys, float[] own) {
        Packing.panels(from, at, stride, first, keys, dim, keys, own, valuesAt);
    }

    /** {@code rows} query rows of one head. */
    private void block(float[] own, int row, int rows, int head, int keys) {
        int seen = visible(row + rows - 1);
        // The first row sees the earliest key that any row of the block sees.
        int low = firstKey(row) / WIDTH * WIDTH;
        Packing.rows(q.values, q.at(row, head * dim), q.stride, rows, dim, own, QUERIES_AT);
        for (int j = low; j < seen; j += WIDTH) {
            PanelProduct.run(
                    false,
                    own,
                    QUERIES_AT,
                    rows,
                    own,
                    keysAt + j * dim,
                    dim,
                    WIDTH,
                    own,
                    SCORES_AT + scoreAt(j),
                    ROW,
                    MatmulKernel.ZEROS,
                    0,
                    0,
                    own,
                    0);
        }
        for (int i = 0; i < rows; i++) {
            softmaxRow(own, i, row + i, head, low, seen);
        }
        for (int j = 0; j < dim; j += WIDTH) {
            for (int p = low; p < seen; p = blockEnd(p)) {
                boolean adds = p > low;
                int at = out.at(row, head * dim + j);
                PanelProduct.run(
                        false,
                        own,
                        SCORES_AT + scoreAt(p),
                        rows,
                        own,
                        valuesAt + j * keys + p * WIDTH,
                        Math.min(blockEnd(p), seen) - p,
                        Math.min(WIDTH, dim - j),
                        out.values,
                        at,
                        out.stride,
                        adds ? out.values : MatmulKernel.ZEROS,
                        adds ? at : 0,
                        adds ? out.stride : 0,
                        own,
                        0);
            }
        }
        for (int i = 0; i < rows; i++) {
            if (seen > 0) {
                Lanes.scale(out.values, out.at(row + i, head * dim), dim, own[SUMS_AT + i]);
            } else {
                Arrays.fill(out.values, out.at(row + i, head * dim), out.at(row + i, head * dim) + dim, 0f);
            }
        }
    }

    /** Offset of the score of a block's first row for a key, counted from the block's first score. */
    private static int scoreAt(int key) {
        return key / DEPTH * (BLOCK * ROW) + key % DEPTH;
    }

    /** The first key behind the block of scores that a key's score stands in. */
    private static int blockEnd(int key) {
        return (key / DEPTH + 1) * DEPTH;
    }

    /**
     * Turns the scores from key {@code low} on into exponentials, and into zeros for keys that the row does not see. Keeps one
     * over the sum of the exponentials, and lse.
     */
    private void softmaxRow(float[] own, int i, int row, int head, int low, int seen) {
        int count = visible(row);
        int first = firstKey(row);
        float max = Float.NEGATIVE_INFINITY;
        int at = SCORES_AT + i * ROW;
        for (int p = first; p < count; p = blockEnd(p)) {
            max = Math.max(max, Lanes.max(own, at + scoreAt(p), Math.min(blockEnd(p), count) - p));
        }
        float sum = 0f;
        for (int p = low; p < seen; p = blockEnd(p)) {
            int length = Math.min(blockEnd(p), seen) - p;
            int hidden = Math.clamp(first - p, 0, length);
            sum += exponentials(
                    own, at + scoreAt(p), hidden, Math.clamp(count - p, 0, length), length, heads.scale(), max);
        }
        own[SUMS_AT + i] = count == 0 ? 0f : 1f / sum;
        lse.values[lse.at(row, head)] = count == 0 ? 0f : heads.scale() * max + (float) StrictMath.log(sum);
    }

    /**
     * As {@link #exponentials(float[], int, int, int, float, float)}, but with zeros in the elements before {@code from} too.
     * Returns the sum.
     */
    static float exponentials(float[] x, int at, int from, int count, int length, float scale, float max) {
        float sum = exponentials(x, at, count, length, scale, max);
        if (from > 0) {
            Arrays.fill(x, at, at + from, 0f);
            // Added in the order of the vectors' lanes. Only the first few keys of a window come here.
            sum = Lanes.plainSum(x, at, whole(length));
        }
        return sum;
    }

    /**
     * Sets the first {@code count} of {@code length} elements to {@code exp(scale (x - max))}, and the others to zero. Returns
     * the sum.
     */
    private static float exponentials(float[] x, int at, int count, int length, float scale, float max) {
        int end = whole(length);
        if (ColdStart.isPlain(count)) {
            for (int j = 0; j < count; j++) {
                x[at + j] = Lanes.exp((x[at + j] - max) * scale);
            }
            Arrays.fill(x, at + count, at + end, 0f);
            return Lanes.plainSum(x, at, end);
        }
        // Whole vectors: what stands beyond the row is scratch, and what is beyond the count becomes zero afterwards.
        for (int j = 0; j < count; j += Lanes.LENGTH) {
            FloatVector scores = FloatVector.fromArray(Lanes.SPECIES, x, at + j);
            Lanes.exp(scores.sub(max).mul(scale)).intoArray(x, at + j);
        }
        Arrays.fill(x, at + count, at + end, 0f);
        FloatVector sums = FloatVector.zero(Lanes.SPECIES);
        for (int j = 0; j < count; j += Lanes.LENGTH) {
            sums = FloatVector.fromArray(Lanes.SPECIES, x, at + j).add(sums);
        }
        return count == 0 ? 0f : Lanes.sum(sums);
    }

    /** {@code length} rounded up to whole vectors. */
    private static int whole(int length) {
        return (length + Lanes.LENGTH - 1) / Lanes.LENGTH * Lanes.LENGTH;
    }
}
