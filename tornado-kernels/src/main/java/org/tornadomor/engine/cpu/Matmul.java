package org.tornadomor.engine.cpu;

import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.WorkerTeam;
import org.tornadomor.engine.cpu.products.Products;

/** Matrix products in the three layouts of a linear map: its value, the gradient of its input, that of its weight. */
public final class Matmul implements CpuOp {
    private final Extent rows;
    private final Slot resultSlot;
    private final Slot leftSlot;
    private final Slot rightSlot;
    private final Slot baseSlot;
    private final boolean sumsOverRows;
    private final Products.Product product;
    private final Matrix c = new Matrix();
    private final Matrix a = new Matrix();
    private final Matrix b = new Matrix();
    /** Null for zero, or what the sums are added to. */
    private final Matrix base;

    /** {@code c = a w^T (+ residual)}. */
    Matmul(DenseOp.MatmulNT op, Products products) {
        this(op.rows(), op.c(), op.a(), op.w(), op.residual(), false, products.product(false, true));
    }

    /** {@code c = a w} or {@code c += a w}. */
    Matmul(DenseOp.MatmulNN op, Products products) {
        this(op.rows(), op.c(), op.a(), op.w(), op.accumulate() ? op.c() : null, false, products.product(false, false));
    }

    /** {@code c += a^T b}: the sums run over the active rows. */
    Matmul(DenseOp.MatmulTN op, Products products) {
        this(op.rows(), op.c(), op.a(), op.b(), op.c(), true, products.product(true, false));
    }

    private Matmul(
            Extent rows,
            Slot result,
            Slot left,
            Slot right,
            Slot base,
            boolean sumsOverRows,
            Products.Product product) {
        this.rows = rows;
        this.resultSlot = result;
        this.leftSlot = left;
        this.rightSlot = right;
        this.baseSlot = base;
        this.sumsOverRows = sumsOverRows;
        this.product = product;
        this.base = base == null ? null : base == result ? c : new Matrix();
    }

    @Override
    public void run(CpuBinding binding, WorkerTeam team) {
        int m = sumsOverRows ? leftSlot.columns() : rows.count();
        int k = sumsOverRows ? rows.count() : leftSlot.columns();
        c.bind(binding, resultSlot);
        a.bind(binding, leftSlot);
        b.bind(binding, rightSlot);
        if (base != null && base != c) {
            base.bind(binding, baseSlot);
        }
        product.run(team, m, resultSlot.columns(), k, a, b, c, base);
    }
}
