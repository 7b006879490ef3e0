package org.tornadomor.engine.cpu;

import org.tornadomor.engine.DenseOp;

/**
 * Matrix products in the three layouts of a linear map: its value, the gradient of its input, that of its weight. Tiny ones
 * run in plain loops; where one operand is used too seldom to be packed there are {@link DotMatmul}, {@link AxpyMatmul} and
 * {@link ThinMatmul}; the others run in blocks. Which one is a matter of shape alone.
 */
final class Matmul {
    private Matmul() {}

    /** {@code c = a w^T (+ residual)}. */
    static final class Nt implements CpuOp {
        private final DenseOp.MatmulNT op;
        private final int n;
        private final int k;
        private final BlockedMatmul blocked = new BlockedMatmul(false, true);
        private final DotMatmul dots = new DotMatmul();
        private final ThinMatmul thin = new ThinMatmul();
        private final Matrix c = new Matrix();
        private final Matrix a = new Matrix();
        private final Matrix w = new Matrix();
        private final Matrix wide = new Matrix();
        private final Matrix residual;

        Nt(DenseOp.MatmulNT op) {
            this.op = op;
            this.n = op.c().columns();
            this.k = op.a().columns();
            this.residual = op.residual() == null ? null : new Matrix();
        }

        @Override
        public void run(CpuBinding binding, WorkerTeam team) {
            int m = op.rows().count();
            c.bind(binding, op.c());
            a.bind(binding, op.a());
            w.bind(binding, op.w());
            if (residual != null) {
                residual.bind(binding, op.residual());
            }
            if ((long) m * n * k <= SmallMatmul.LIMIT) {
                Matrix weights = w.isNarrow() ? widened(team.scratch()) : w;
                SmallMatmul.run(m, n, k, a, a.stride, 1, weights, 1, weights.stride, c, residual);
            } else if (DotMatmul.suits(m, n, k)) {
                dots.run(team, m, n, k, a, w, c, residual);
            } else if (ThinMatmul.suits(m, n, k)) {
                thin.run(team, m, n, k, a, w, c, residual);
            } else {
                blocked.run(team, m, n, k, a, w, c, residual);
            }
        }

        private Matrix widened(Scratch scratch) {
            scratch.reserve(n * k, 0);
            w.copy(0, 0, n, k, scratch.shared(), 0, k);
            return wide.set(scratch.shared(), 0, k);
        }
    }

    /** {@code c = a w} or {@code c += a w}. */
    static final class Nn implements CpuOp {
        private final DenseOp.MatmulNN op;
        private final int n;
        private final int k;
        private final BlockedMatmul blocked = new BlockedMatmul(false, false);
        private final AxpyMatmul rows = new AxpyMatmul();
        private final Matrix c = new Matrix();
        private final Matrix a = new Matrix();
        private final Matrix w = new Matrix();

        Nn(DenseOp.MatmulNN op) {
            this.op = op;
            this.n = op.c().columns();
            this.k = op.a().columns();
        }

        @Override
        public void run(CpuBinding binding, WorkerTeam team) {
            int m = op.rows().count();
            c.bind(binding, op.c());
            a.bind(binding, op.a());
            w.bind(binding, op.w());
            Matrix base = op.accumulate() ? c : null;
            if ((long) m * n * k <= SmallMatmul.LIMIT) {
                SmallMatmul.run(m, n, k, a, a.stride, 1, w, w.stride, 1, c, base);
            } else if (AxpyMatmul.suits(m, k)) {
                rows.run(team, m, n, k, a, a.stride, 1, w, c, base);
            } else {
                blocked.run(team, m, n, k, a, w, c, base);
            }
        }
    }

    /** {@code c += a^T b}: the sums run over the active rows. */
    static final class Tn implements CpuOp {
        private final DenseOp.MatmulTN op;
        private final int m;
        private final int n;
        private final BlockedMatmul blocked = new BlockedMatmul(true, false);
        private final AxpyMatmul rows = new AxpyMatmul();
        private final Matrix c = new Matrix();
        private final Matrix a = new Matrix();
        private final Matrix b = new Matrix();

        Tn(DenseOp.MatmulTN op) {
            this.op = op;
            this.m = op.a().columns();
            this.n = op.c().columns();
        }

        @Override
        public void run(CpuBinding binding, WorkerTeam team) {
            int k = op.rows().count();
            c.bind(binding, op.c());
            a.bind(binding, op.a());
            b.bind(binding, op.b());
            if ((long) m * n * k <= SmallMatmul.LIMIT) {
                SmallMatmul.run(m, n, k, a, 1, a.stride, b, b.stride, 1, c, c);
            } else if (AxpyMatmul.suits(m, k)) {
                rows.run(team, m, n, k, a, 1, a.stride, b, c, c);
            } else {
                blocked.run(team, m, n, k, a, b, c, c);
            }
        }
    }
}
