package org.tornadomor.engine.cpu;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.Scratch;
import org.tornadomor.engine.cpu.basics.Transpose;
import org.tornadomor.engine.cpu.basics.WorkerTeam;
import org.tornadomor.engine.cpu.products.MatmulKernel;
import org.tornadomor.engine.cpu.products.Packing;
import org.tornadomor.engine.cpu.products.PanelProduct;

/**
 * The gradients of q, k and v: a task for each sequence and key head, so that each row of dk and dv has one writer.
 *
 * <p>A task goes over blocks of {@link MatmulKernel#DEPTH} keys, then over its query heads, then over blocks of equally many
 * query rows. Scores are computed transposed, with a row for each key. So P^T and dS^T can be used as they are as left operands
 * of the products for dv and dk, the logarithms and D of the queries are plain vectors, and the row of a key starts with zeros
 * up to the first query that sees it. Only dS is transposed, for dq. Scratch memory does not depend on the length of the
 * sequences.
 */
final class AttentionBackward extends Attention implements WorkerTeam.TileTask {
    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int ROW = MatmulKernel.ROW;
    private static final int HEIGHT = MatmulKernel.HEIGHT;
    /** Keys, or query rows, of a block. */
    private static final int BLOCK = MatmulKernel.DEPTH;
    /** Elements of a block whose rows are ROW apart, and those that the kernel may read behind its last row. */
    private static final int LEFT = (BLOCK + HEIGHT) * ROW;

    private static final int LSE_AT = Lanes.ALIGNED + PanelProduct.EDGE;
    private static final int SHARED_AT = LSE_AT + BLOCK;
    private static final int KEYS_AT = SHARED_AT + BLOCK;
    private static final int VALUES_AT = KEYS_AT + LEFT;
    /** P^T, a row for each key. */
    private static final int P_AT = VALUES_AT + LEFT;
    /** dP^T, then dS^T. */
    private static final int DS_AT = P_AT + LEFT;
    /** dS, a row for each query. */
    private static final int TURNED_AT = DS_AT + LEFT;

    private static final int PANELS_AT = TURNED_AT + LEFT;

    private final AttentionOp.AttentionBackward op;
    private final int keyPanelsAt, queryPanelsAt, dOutPanelsAt, queriesAt, dOutsAt, scratchSize;
    private final Matrix dq = new Matrix();
    private final Matrix dk = new Matrix();
    private final Matrix dv = new Matrix();
    private final Matrix dOut = new Matrix();
    private final Matrix out = new Matrix();
    private final Matrix lse = new Matrix();
    private Scratch scratch;

    AttentionBackward(AttentionOp.AttentionBackward op) {
        super(op.heads(), op.which());
        this.op = op;
        int panels = BLOCK * paddedDim();
        keyPanelsAt = PANELS_AT;
        queryPanelsAt = keyPanelsAt + panels;
        dOutPanelsAt = queryPanelsAt + panels;
        queriesAt = dOutPanelsAt + panels;
        dOutsAt = queriesAt + BLOCK * dim;
        scratchSize = dim > MatmulKernel.DEPTH ? 0 : dOutsAt + BLOCK * dim;
    }

    @Override
    public void run(CpuBinding b, WorkerTeam team) {
        bind(b, op.rows().count(), op.q(), op.k(), op.v());
        dq.bind(b, op.dq());
        dk.bind(b, op.dk());
        dv.bind(b, op.dv());
        dOut.bind(b, op.dOut());
        out.bind(b, op.out());
        lse.bind(b, op.lse());
        scratch = team.scratch();
        scratch.reserve(0, scratchSize);
        team.run(this, sequences() * heads.kvHeads());
    }

    @Override
    public void tile(int tile, int worker) {
        int sequence = tile / heads.kvHeads();
        int keyHead = tile % heads.kvHeads();
        int first = start(sequence);
        int end = start(sequence + 1);
        if (first >= end) {
            return;
        }
        int keyRow = keyStart(sequence);
        int keys = visible(end - 1);
        int keyColumn = keyHead * dim;
        if (!op.accumulate()) {
            for (int j = keyRow; j < keyRow + keys; j++) {
                Arrays.fill(dk.values, dk.at(j, keyColumn), dk.at(j, keyColumn) + dim, 0f);
                Arrays.fill(dv.values, dv.at(j, keyColumn), dv.at(j, keyColumn) + dim, 0f);
            }
        }
        int columns = keyHead * group * dim;
        for (int row = first; row < end; row++) {
            Arrays.fill(dq.values, dq.at(row, columns), dq.at(row, columns) + group * dim, 0f);
        }
        if (direct(end - first)) {
            for (int head = keyHead * group; head < (keyHead + 1) * group; head++) {
                for (int row = first; row < end; row++) {
                    directRow(row, head, keyRow, keyColumn);
                }
            }
            return;
        }
        float[] own = scratch.of(worker);
        for (int key = 0; key < keys; key += BLOCK) {
            keyBlock(own, first, end, keyRow, key, Math.min(BLOCK, keys - key), keyHead);
        }
    }

    /**
     * Adds to the gradients of {@code count} keys from {@code key} on what the queries of the sequence contribute, and to those
     * of the queries what these keys contribute.
     */
    private void keyBlock(float[] own, int first, int end, int keyRow, int key, int count, int keyHead) {
        int row = keyRow + key;
        int column = keyHead * dim;
        Packing.rows(k.values, k.at(row, column), k.stride, count, dim, own, KEYS_AT);
        Packing.rows(v.values, v.at(row, column), v.stride, count, dim, own, VALUES_AT);
        Packing.panels(k.values, k.at(row, column), k.stride, 0, count, dim, count, own, keyPanelsAt);
        for (int head = keyHead * group; head < (keyHead + 1) * group; head++) {
            for (int query = first; query < end; query += BLOCK) {
                int rows = Math.min(BLOCK, end - query);
                if (visible(query + rows - 1) > key && firstKey(query) < key + count) {
                    block(own, query, rows, head, row, key, count, column);
                }
            }
        }
    }

    private void block(float[] own, int query, int rows, int head, int row, int key, int count, int column) {
        packQueries(own, query, rows, head);
        for (int j = 0; j < count; j += HEIGHT) {
            // Skips panels of queries that do not see key j, and so see none of the later keys either.
            int height = Math.min(HEIGHT, count - j);
            int from = firstThatSees(key + j, query, rows);
            // Also skips the panels behind the last query that sees the last of these keys.
            int to = firstPast(key + j + height - 1, query, rows);
            for (int i = from / WIDTH * WIDTH; i < to; i += WIDTH) {
                scores(own, KEYS_AT, queriesAt, P_AT, j, height, i);
                scores(own, VALUES_AT, dOutsAt, DS_AT, j, height, i);
            }
            for (int r = j; r < j + height; r++) {
                int sees = firstThatSees(key + r, query, rows);
                int past = firstPast(key + r, query, rows);
                gradientRow(own, P_AT + r * ROW, DS_AT + r * ROW, sees, past, heads.scale());
                Arrays.fill(own, P_AT + r * ROW + from, P_AT + r * ROW + sees, 0f);
                Arrays.fill(own, P_AT + r * ROW + past, P_AT + r * ROW + to, 0f);
                Arrays.fill(own, DS_AT + r * ROW, DS_AT + r * ROW + sees, 0f);
                Arrays.fill(own, DS_AT + r * ROW + past, DS_AT + r * ROW + rows, 0f);
            }
            addToKeys(own, P_AT, dOutPanelsAt, j, height, from, to, rows, dv, row, column);
            addToKeys(own, DS_AT, queryPanelsAt, j, height, from, to, rows, dk, row, column);
        }
        Transpose.run(own, DS_AT, ROW, count, rows, own, TURNED_AT, ROW);
        for (int c = 0; c < dim; c += WIDTH) {
            int at = dq.at(query, head * dim + c);
            PanelProduct.run(
                    false,
                    own,
                    TURNED_AT,
                    rows,
                    own,
                    keyPanelsAt + c * count,
                    count,
                    Math.min(WIDTH, dim - c),
                    dq.values,
                    at,
                    dq.stride,
                    dq.values,
                    at,
                    dq.stride,
                    own,
                    0);
        }
    }

    /** Packs q and dOut of a block of rows as both kinds of right operand, and gets lse and D of these rows. */
    private void packQueries(float[] own, int query, int rows, int head) {
        int column = head * dim;
        for (int i = 0; i < rows; i += WIDTH) {
            int width = Math.min(WIDTH, rows - i);
            Packing.panelOfRows(q.values, q.at(query + i, column), q.stride, width, dim, own, queriesAt + i * dim);
            Packing.panelOfRows(
                    dOut.values, dOut.at(query + i, column), dOut.stride, width, dim, own, dOutsAt + i * dim);
        }
        Packing.panels(q.values, q.at(query, column), q.stride, 0, rows, dim, rows, own, queryPanelsAt);
        Packing.panels(dOut.values, dOut.at(query, column), dOut.stride, 0, rows, dim, rows, own, dOutPanelsAt);
        for (int i = 0; i < rows; i++) {
            own[LSE_AT + i] = lse.values[lse.at(query + i, head)];
            own[SHARED_AT + i] =
                    Lanes.dot(dOut.values, dOut.at(query + i, column), out.values, out.at(query + i, column), dim);
        }
    }

    /** The first of the block's queries that sees a key, or {@code rows}. */
    private int firstThatSees(int key, int query, int rows) {
        int low = 0;
        int high = rows;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (visible(query + middle) > key) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** The first of the block's queries whose window has left a key behind, or {@code rows}. */
    private int firstPast(int key, int query, int rows) {
        return visible(query + rows - 1) <= key + window ? rows : firstThatSees(key + window, query, rows);
    }

    /** A tile of k q^T or v dOut^T: a few keys by a panel of queries. */
    private void scores(float[] own, int leftAt, int rightAt, int toAt, int j, int height, int i) {
        PanelProduct.run(
                false,
                own,
                leftAt + j * ROW,
                height,
                own,
                rightAt + i * dim,
                dim,
                WIDTH,
                own,
                toAt + j * ROW + i,
                ROW,
                MatmulKernel.ZEROS,
                0,
                0,
                own,
                0);
    }

    /** {@code P = exp(scale s - lse)} and {@code dS = scale P (dP - D)} for one key, queries {@code from} to the last. */
    private static void gradientRow(float[] own, int p, int ds, int from, int rows, float scale) {
        for (int i = Lanes.whole(from); i < rows; i += Lanes.LENGTH) {
            FloatVector logSum = FloatVector.fromArray(Lanes.SPECIES, own, LSE_AT + i);
            FloatVector shared = FloatVector.fromArray(Lanes.SPECIES, own, SHARED_AT + i);
            FloatVector probability = Lanes.exp(
                    FloatVector.fromArray(Lanes.SPECIES, own, p + i).mul(scale).sub(logSum));
            probability.intoArray(own, p + i);
            FloatVector.fromArray(Lanes.SPECIES, own, ds + i)
                    .sub(shared)
                    .mul(probability)
                    .mul(scale)
                    .intoArray(own, ds + i);
        }
    }

    /** dk or dv of a few keys: adds what the queries {@code from} to {@code to - 1} of the block's {@code rows} contribute. */
    private void addToKeys(
            float[] own,
            int leftAt,
            int rightAt,
            int j,
            int height,
            int from,
            int to,
            int rows,
            Matrix into,
            int row,
            int column) {
        for (int c = 0; c < dim && from < to; c += WIDTH) {
            int at = into.at(row + j, column + c);
            PanelProduct.run(
                    false,
                    own,
                    leftAt + j * ROW + from,
                    height,
                    own,
                    rightAt + c * rows + from * WIDTH,
                    to - from,
                    Math.min(WIDTH, dim - c),
                    into.values,
                    at,
                    into.stride,
                    into.values,
                    at,
                    into.stride,
                    own,
                    0);
        }
    }

    /** One row of one head, with everything read in place. */
    private void directRow(int row, int head, int keyRow, int keyColumn) {
        int count = visible(row);
        int g = dOut.at(row, head * dim);
        int x = q.at(row, head * dim);
        int dx = dq.at(row, head * dim);
        float shared = Lanes.dot(dOut.values, g, out.values, out.at(row, head * dim), dim);
        float logSum = lse.values[lse.at(row, head)];
        for (int j = keyRow + firstKey(row); j < keyRow + count; j++) {
            int kRow = k.at(j, keyColumn);
            int vRow = v.at(j, keyColumn);
            float p = Lanes.exp(heads.scale() * Lanes.dot(q.values, x, k.values, kRow, dim) - logSum);
            float ds = heads.scale() * p * (Lanes.dot(dOut.values, g, v.values, vRow, dim) - shared);
            Lanes.addScaled(dq.values, dx, k.values, kRow, dim, ds);
            Lanes.addScaled(dk.values, dk.at(j, keyColumn), q.values, x, dim, ds);
            Lanes.addScaled(dv.values, dv.at(j, keyColumn), dOut.values, g, dim, p);
        }
    }
}
