package org.tornadomor.engine.cpu;

import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.Slot;

/** Attention among compact rows, see {@link AttentionOp}: a task for each sequence and head. */
final class Attention {
    private Attention() {}

    /** What forward and backward share: the rows of the sequences, and where q, k and v are. */
    private abstract static class Base implements CpuOp {
        final AttentionOp.Heads heads;
        final AttentionOp.Rows which;
        final Slot qSlot, kSlot, vSlot;
        final int dim;
        int rows;
        float[] q, k, v;
        int qAt, qStride, kAt, kStride, vAt, vStride;
        private int[] start, keyStart, visible;
        private int startAt, startStride, keyStartAt, keyStartStride, visibleAt, visibleStride;

        Base(AttentionOp.Heads heads, AttentionOp.Rows which, Slot q, Slot k, Slot v) {
            this.heads = heads;
            this.which = which;
            this.qSlot = q;
            this.kSlot = k;
            this.vSlot = v;
            this.dim = heads.headDim();
        }

        void bind(CpuBinding b) {
            q = b.floats(qSlot);
            qAt = b.offset(qSlot);
            qStride = b.stride(qSlot);
            k = b.floats(kSlot);
            kAt = b.offset(kSlot);
            kStride = b.stride(kSlot);
            v = b.floats(vSlot);
            vAt = b.offset(vSlot);
            vStride = b.stride(vSlot);
            start = b.ints(which.start());
            startAt = b.offset(which.start());
            startStride = b.stride(which.start());
            keyStart = b.ints(which.keyStart());
            keyStartAt = b.offset(which.keyStart());
            keyStartStride = b.stride(which.keyStart());
            visible = b.ints(which.visible());
            visibleAt = b.offset(which.visible());
            visibleStride = b.stride(which.visible());
        }

        int sequences() {
            return which.keyStart().rows().count();
        }

        int start(int sequence) {
            return Math.min(rows, start[startAt + sequence * startStride]);
        }

        int keyStart(int sequence) {
            return keyStart[keyStartAt + sequence * keyStartStride];
        }

        int visible(int row) {
            return visible[visibleAt + row * visibleStride];
        }
    }

    /** {@code out = softmax(scale q k^T) v}. */
    static final class Forward extends Base implements WorkerTeam.TileTask {
        private final AttentionOp.Attention op;
        private final float[][] scores;
        private float[] out, lse;
        private int outAt, outStride, lseAt, lseStride;

        Forward(AttentionOp.Attention op, int threads) {
            super(op.heads(), op.which(), op.q(), op.k(), op.v());
            this.op = op;
            this.scores = new float[threads][op.k().rows().max()];
        }

        @Override
        public void run(CpuBinding b, WorkerTeam team) {
            rows = op.rows().count();
            bind(b);
            out = b.floats(op.out());
            outAt = b.offset(op.out());
            outStride = b.stride(op.out());
            lse = b.floats(op.lse());
            lseAt = b.offset(op.lse());
            lseStride = b.stride(op.lse());
            team.run(this, sequences() * heads.heads());
        }

        @Override
        public void tile(int tile, int worker) {
            int sequence = tile / heads.heads();
            int head = tile % heads.heads();
            int keyColumn = head / (heads.heads() / heads.kvHeads()) * dim;
            float[] p = scores[worker];
            int keys = keyStart(sequence);
            for (int row = start(sequence); row < start(sequence + 1); row++) {
                int count = visible(row);
                float max = Float.NEGATIVE_INFINITY;
                for (int j = 0; j < count; j++) {
                    p[j] = heads.scale()
                            * Lanes.dot(
                                    q,
                                    qAt + row * qStride + head * dim,
                                    k,
                                    kAt + (keys + j) * kStride + keyColumn,
                                    dim);
                    max = Math.max(max, p[j]);
                }
                float sum = 0f;
                for (int j = 0; j < count; j++) {
                    p[j] = Lanes.exp(p[j] - max);
                    sum += p[j];
                }
                int o = outAt + row * outStride + head * dim;
                java.util.Arrays.fill(out, o, o + dim, 0f);
                for (int j = 0; j < count; j++) {
                    Lanes.addScaled(out, o, v, vAt + (keys + j) * vStride + keyColumn, dim, p[j] / sum);
                }
                lse[lseAt + row * lseStride + head] = count == 0 ? 0f : max + (float) StrictMath.log(sum);
            }
        }
    }

    /** The gradients of q, k and v. A task for each sequence and key head, so that dk and dv have one writer. */
    static final class Backward extends Base implements WorkerTeam.TileTask {
        private final AttentionOp.AttentionBackward op;
        private float[] dq, dk, dv, dOut, out, lse;
        private int dqAt, dqStride, dkAt, dkStride, dvAt, dvStride;
        private int dOutAt, dOutStride, outAt, outStride, lseAt, lseStride;

        Backward(AttentionOp.AttentionBackward op, int threads) {
            super(op.heads(), op.which(), op.q(), op.k(), op.v());
            this.op = op;
        }

        @Override
        public void run(CpuBinding b, WorkerTeam team) {
            rows = op.rows().count();
            bind(b);
            dq = b.floats(op.dq());
            dqAt = b.offset(op.dq());
            dqStride = b.stride(op.dq());
            dk = b.floats(op.dk());
            dkAt = b.offset(op.dk());
            dkStride = b.stride(op.dk());
            dv = b.floats(op.dv());
            dvAt = b.offset(op.dv());
            dvStride = b.stride(op.dv());
            dOut = b.floats(op.dOut());
            dOutAt = b.offset(op.dOut());
            dOutStride = b.stride(op.dOut());
            out = b.floats(op.out());
            outAt = b.offset(op.out());
            outStride = b.stride(op.out());
            lse = b.floats(op.lse());
            lseAt = b.offset(op.lse());
            lseStride = b.stride(op.lse());
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
            if (!op.accumulate()) {
                for (int j = keyRow; j < keyRow + visible(end - 1); j++) {
                    int dkRow = dkAt + j * dkStride + keyHead * dim;
                    java.util.Arrays.fill(dk, dkRow, dkRow + dim, 0f);
                    int dvRow = dvAt + j * dvStride + keyHead * dim;
                    java.util.Arrays.fill(dv, dvRow, dvRow + dim, 0f);
                }
            }
            int group = heads.heads() / heads.kvHeads();
            for (int head = keyHead * group; head < (keyHead + 1) * group; head++) {
                for (int row = first; row < end; row++) {
                    row(row, head, keyRow, keyHead * dim);
                }
            }
        }

        private void row(int row, int head, int keyRow, int keyColumn) {
            int count = visible(row);
            int g = dOutAt + row * dOutStride + head * dim;
            int x = qAt + row * qStride + head * dim;
            int dx = dqAt + row * dqStride + head * dim;
            float shared = Lanes.dot(dOut, g, out, outAt + row * outStride + head * dim, dim);
            float norm = lse[lseAt + row * lseStride + head];
            java.util.Arrays.fill(dq, dx, dx + dim, 0f);
            for (int j = keyRow; j < keyRow + count; j++) {
                int kRow = kAt + j * kStride + keyColumn;
                int vRow = vAt + j * vStride + keyColumn;
                float p = Lanes.exp(heads.scale() * Lanes.dot(q, x, k, kRow, dim) - norm);
                float ds = heads.scale() * p * (Lanes.dot(dOut, g, v, vRow, dim) - shared);
                Lanes.addScaled(dq, dx, k, kRow, dim, ds);
                Lanes.addScaled(dk, dkAt + j * dkStride + keyColumn, q, x, dim, ds);
                Lanes.addScaled(dv, dvAt + j * dvStride + keyColumn, dOut, g, dim, p);
            }
        }
    }
}
