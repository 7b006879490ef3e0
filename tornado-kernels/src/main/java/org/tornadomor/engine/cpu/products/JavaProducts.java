package org.tornadomor.engine.cpu.products;

import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.Scratch;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/**
 * Products in Java. Tiny ones run in plain loops; where one operand is used too seldom to be packed there are {@link DotMatmul},
 * {@link AxpyMatmul} and {@link ThinMatmul}; the others run in blocks. Which one is a matter of shape alone.
 */
final class JavaProducts implements Products {
    @Override
    public Product product(boolean aTransposed, boolean bTransposed) {
        return bTransposed ? new RowsByRows() : new RowsByColumns(aTransposed);
    }

    @Override
    public void close() {}

    /** {@code c = base + a b^T}. */
    private static final class RowsByRows implements Product {
        private final BlockedMatmul blocked = new BlockedMatmul(false, true);
        private final DotMatmul dots = new DotMatmul();
        private final ThinMatmul thin = new ThinMatmul();
        private final Matrix wide = new Matrix();

        @Override
        public void run(WorkerTeam team, int m, int n, int k, Matrix a, Matrix b, Matrix c, Matrix base) {
            if ((long) m * n * k <= SmallMatmul.LIMIT) {
                Matrix weights = b.isNarrow() ? widened(b, n, k, team.scratch()) : b;
                SmallMatmul.run(m, n, k, a, a.stride, 1, weights, 1, weights.stride, c, base);
            } else if (DotMatmul.suits(m, n, k)) {
                dots.run(team, m, n, k, a, b, c, base);
            } else if (ThinMatmul.suits(m, n, k)) {
                thin.run(team, m, n, k, a, b, c, base);
            } else {
                blocked.run(team, m, n, k, a, b, c, base);
            }
        }

        private Matrix widened(Matrix b, int n, int k, Scratch scratch) {
            scratch.reserve(n * k, 0);
            b.copy(0, 0, n, k, scratch.shared(), 0, k);
            return wide.set(scratch.shared(), 0, k);
        }
    }

    /** {@code c = base + a b} or {@code base + a^T b}. */
    private static final class RowsByColumns implements Product {
        private final boolean aTransposed;
        private final BlockedMatmul blocked;
        private final AxpyMatmul rows = new AxpyMatmul();

        RowsByColumns(boolean aTransposed) {
            this.aTransposed = aTransposed;
            blocked = new BlockedMatmul(aTransposed, false);
        }

        @Override
        public void run(WorkerTeam team, int m, int n, int k, Matrix a, Matrix b, Matrix c, Matrix base) {
            int aRow = aTransposed ? 1 : a.stride;
            int aStep = aTransposed ? a.stride : 1;
            if ((long) m * n * k <= SmallMatmul.LIMIT) {
                SmallMatmul.run(m, n, k, a, aRow, aStep, b, b.stride, 1, c, base);
            } else if (AxpyMatmul.suits(m, k)) {
                rows.run(team, m, n, k, a, aRow, aStep, b, c, base);
            } else {
                blocked.run(team, m, n, k, a, b, c, base);
            }
        }
    }
}
