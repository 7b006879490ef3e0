package org.tornadomor.bench;

import java.util.Map;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** A product of square matrices on an engine that runs on a device. */
final class DeviceProduct implements AutoCloseable {
    private final Engine engine;
    private final Arena arena;
    private final Tensor out;
    private final Binding binding;

    DeviceProduct(Engine engine, int size, String layout, float[] a, float[] b) {
        this.engine = engine;
        Ops ops = new Ops(layout + size);
        Extent rows = Extent.of("rows", size);
        Slot c = ops.f32("c", rows, size);
        Slot left = ops.f32("a", rows, size);
        Slot right = ops.f32("b", layout.equals("TN") ? rows : Extent.fixed(size), size);
        ops.add(
                switch (layout) {
                    case "NN" -> new DenseOp.MatmulNN(c, left, right, false);
                    case "NT" -> new DenseOp.MatmulNT(c, left, right, null);
                    default -> new DenseOp.MatmulTN(c, left, right);
                });
        arena = engine.arena(layout + size, ElementType.F32);
        out = arena.allocate("c", size, size);
        Tensor aTensor = arena.allocate("a", size, size);
        Tensor bTensor = arena.allocate("b", size, size);
        rows.set(size);
        engine.upload(aTensor, a, 0);
        engine.upload(bTensor, b, 0);
        binding = engine.compile(ops).bind(Map.of(c, out, left, aTensor, right, bTensor));
    }

    void run() {
        binding.run();
    }

    float[] result() {
        float[] values = new float[out.size()];
        engine.download(out, values, 0);
        return values;
    }

    @Override
    public void close() {
        arena.close();
    }
}
