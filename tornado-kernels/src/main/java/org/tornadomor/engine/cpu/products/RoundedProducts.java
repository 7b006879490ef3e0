package org.tornadomor.engine.cpu.products;

import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.RoundedRows;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/**
 * Products in bfloat16 with float32 sums, in Java: copies of the operands are rounded, and then multiplied as floats. What is rounded is
 * what {@link OneDnnProducts} rounds, so a run in bfloat16 means the same on a processor without instructions for it. It takes longer
 * than float32, not less.
 */
final class RoundedProducts implements Products {
    /** Numbers that a worker rounds at a time. */
    private static final int AT_ONCE = 1 << 14;

    private final Products java = new JavaProducts();
    // Ops run one after the other, so these serve all of them.
    private final Operand left = new Operand();
    private final Operand right = new Operand();

    @Override
    public Product product(boolean aTransposed, boolean bTransposed) {
        Product product = java.product(aTransposed, bTransposed);
        return (team, m, n, k, a, b, c, base) -> {
            if (!OneDnnProduct.suits(m, n, k) || b.bytes != null) {
                product.run(team, m, n, k, a, b, c, base);
                return;
            }
            Matrix rows = aTransposed ? left.rounded(team, a, k, m) : left.rounded(team, a, m, k);
            // A narrow one is bfloat16 already.
            Matrix columns =
                    b.isNarrow() ? b : bTransposed ? right.rounded(team, b, n, k) : right.rounded(team, b, k, n);
            product.run(team, m, n, k, rows, columns, c, base);
        };
    }

    @Override
    public String note() {
        return ", products in bfloat16";
    }

    @Override
    public void close() {}

    /** A rounded copy of one operand. */
    private static final class Operand {
        private final Matrix copy = new Matrix();
        private final WorkerTeam.TileTask task = this::round;
        private float[] values = {};
        private Matrix from;
        private int rows, columns, rowsAtOnce;

        Matrix rounded(WorkerTeam team, Matrix from, int rows, int columns) {
            this.from = from;
            this.rows = rows;
            this.columns = columns;
            if (values.length < Math.multiplyExact(rows, columns)) {
                values = new float[rows * columns];
            }
            rowsAtOnce = Math.max(1, AT_ONCE / columns);
            team.run(task, (rows + rowsAtOnce - 1) / rowsAtOnce);
            return copy.set(values, 0, columns);
        }

        private void round(int tile, int worker) {
            int end = Math.min(rows, (tile + 1) * rowsAtOnce);
            for (int row = tile * rowsAtOnce; row < end; row++) {
                RoundedRows.copy(from.values, from.at(row, 0), values, row * columns, columns);
            }
        }
    }
}
