package org.tornadomor.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;

/** One matrix product, [m, k] times [k, n], ready to run on the engine and with OpenBLAS. */
final class Product implements AutoCloseable {
    /** Which operand is given transposed, and whether the result is added to. */
    enum Layout {
        NT(false, true, false),
        NN(false, false, false),
        TN(true, false, true);

        final boolean aTransposed;
        final boolean bTransposed;
        final boolean adds;

        Layout(boolean aTransposed, boolean bTransposed, boolean adds) {
            this.aTransposed = aTransposed;
            this.bTransposed = bTransposed;
            this.adds = adds;
        }
    }

    private final CpuEngine engine;
    private final Binding binding;
    private final OpenBlas blas;
    private final Arena memory = Arena.ofShared();
    private final MemorySegment a, b, c;
    private final Layout layout;
    private final int m, n, k;

    Product(Layout layout, int m, int n, int k, int threads, OpenBlas blas) {
        this.layout = layout;
        this.m = m;
        this.n = n;
        this.k = k;
        this.blas = blas;
        engine = new CpuEngine(threads);
        org.tornadomor.engine.Arena arena = engine.arena("matrices", ElementType.F32);
        Tensor left = layout.aTransposed ? arena.allocate("a", k, m) : arena.allocate("a", m, k);
        Tensor right = layout.bTransposed ? arena.allocate("b", n, k) : arena.allocate("b", k, n);
        Tensor result = arena.allocate("c", m, n);
        Ops ops = new Ops("product");
        Slot as = slot(ops, left);
        Slot bs = slot(ops, right);
        Slot cs = slot(ops, result);
        ops.add(
                switch (layout) {
                    case NT -> new DenseOp.MatmulNT(cs, as, bs);
                    case NN -> new DenseOp.MatmulNN(cs, as, bs, false);
                    case TN -> new DenseOp.MatmulTN(cs, as, bs);
                });
        binding = engine.compile(ops).bind(Map.of(as, left, bs, right, cs, result));
        a = fill(left);
        b = fill(right);
        c = memory.allocate(4L * m * n, 64);
    }

    private static Slot slot(Ops ops, Tensor tensor) {
        return ops.f32(tensor.name(), Extent.fixed(tensor.rows()), tensor.columns());
    }

    private MemorySegment fill(Tensor tensor) {
        float[] ones = new float[tensor.size()];
        Arrays.fill(ones, 0.01f);
        engine.upload(tensor, ones, 0);
        MemorySegment copy = memory.allocate(4L * ones.length, 64);
        MemorySegment.copy(ones, 0, copy, ValueLayout.JAVA_FLOAT, 0, ones.length);
        return copy;
    }

    double flops() {
        return 2.0 * m * n * k;
    }

    void runEngine() {
        binding.run();
    }

    void runBlas() {
        blas.multiply(m, n, k, a, layout.aTransposed, b, layout.bTransposed, layout.adds ? 1f : 0f, c);
    }

    @Override
    public void close() {
        engine.close();
        memory.close();
    }
}
