package org.tornadomor.engine.cpu;

import org.tornadomor.engine.DenseOp;

/** Matrix products in the three layouts of a linear map: its value, the gradient of its input, that of its weight. */
final class Matmul {
    private static final int TILE_ROWS = 16;

    private Matmul() {}

    /** {@code c = a w^T (+ residual)}. */
    static final class Nt implements CpuOp, WorkerTeam.TileTask {
        private final DenseOp.MatmulNT op;
        private int rows;
        private float[] c, a, w, residual;
        private int cAt, cStride, aAt, aStride, wAt, wStride, residualAt, residualStride;

        Nt(DenseOp.MatmulNT op) {
            this.op = op;
        }

        @Override
        public void run(CpuBinding b, WorkerTeam team) {
            rows = op.rows().count();
            c = b.floats(op.c());
            cAt = b.offset(op.c());
            cStride = b.stride(op.c());
            a = b.floats(op.a());
            aAt = b.offset(op.a());
            aStride = b.stride(op.a());
            w = b.floats(op.w());
            wAt = b.offset(op.w());
            wStride = b.stride(op.w());
            if (op.residual() != null) {
                residual = b.floats(op.residual());
                residualAt = b.offset(op.residual());
                residualStride = b.stride(op.residual());
            }
            team.run(this, (rows + TILE_ROWS - 1) / TILE_ROWS);
        }

        @Override
        public void tile(int tile, int worker) {
            int n = op.c().columns();
            int k = op.a().columns();
            int end = Math.min(rows, (tile + 1) * TILE_ROWS);
            for (int i = tile * TILE_ROWS; i < end; i++) {
                for (int j = 0; j < n; j++) {
                    float dot = Lanes.dot(a, aAt + i * aStride, w, wAt + j * wStride, k);
                    c[cAt + i * cStride + j] =
                            residual == null ? dot : residual[residualAt + i * residualStride + j] + dot;
                }
            }
        }
    }

    /** {@code c (+)= a w}. */
    static final class Nn implements CpuOp, WorkerTeam.TileTask {
        private final DenseOp.MatmulNN op;
        private int rows;
        private float[] c, a, w;
        private int cAt, cStride, aAt, aStride, wAt, wStride;

        Nn(DenseOp.MatmulNN op) {
            this.op = op;
        }

        @Override
        public void run(CpuBinding b, WorkerTeam team) {
            rows = op.rows().count();
            c = b.floats(op.c());
            cAt = b.offset(op.c());
            cStride = b.stride(op.c());
            a = b.floats(op.a());
            aAt = b.offset(op.a());
            aStride = b.stride(op.a());
            w = b.floats(op.w());
            wAt = b.offset(op.w());
            wStride = b.stride(op.w());
            team.run(this, (rows + TILE_ROWS - 1) / TILE_ROWS);
        }

        @Override
        public void tile(int tile, int worker) {
            int n = op.c().columns();
            int k = op.a().columns();
            int end = Math.min(rows, (tile + 1) * TILE_ROWS);
            for (int i = tile * TILE_ROWS; i < end; i++) {
                int row = cAt + i * cStride;
                if (!op.accumulate()) {
                    java.util.Arrays.fill(c, row, row + n, 0f);
                }
                for (int p = 0; p < k; p++) {
                    Lanes.addScaled(c, row, w, wAt + p * wStride, n, a[aAt + i * aStride + p]);
                }
            }
        }
    }

    /** {@code c += a^T b}. */
    static final class Tn implements CpuOp, WorkerTeam.TileTask {
        private final DenseOp.MatmulTN op;
        private int rows;
        private float[] c, a, b;
        private int cAt, cStride, aAt, aStride, bAt, bStride;

        Tn(DenseOp.MatmulTN op) {
            this.op = op;
        }

        @Override
        public void run(CpuBinding binding, WorkerTeam team) {
            rows = op.rows().count();
            c = binding.floats(op.c());
            cAt = binding.offset(op.c());
            cStride = binding.stride(op.c());
            a = binding.floats(op.a());
            aAt = binding.offset(op.a());
            aStride = binding.stride(op.a());
            b = binding.floats(op.b());
            bAt = binding.offset(op.b());
            bStride = binding.stride(op.b());
            team.run(this, (op.a().columns() + TILE_ROWS - 1) / TILE_ROWS);
        }

        @Override
        public void tile(int tile, int worker) {
            int n = op.c().columns();
            int end = Math.min(op.a().columns(), (tile + 1) * TILE_ROWS);
            for (int i = tile * TILE_ROWS; i < end; i++) {
                for (int p = 0; p < rows; p++) {
                    Lanes.addScaled(c, cAt + i * cStride, b, bAt + p * bStride, n, a[aAt + p * aStride + i]);
                }
            }
        }
    }
}
