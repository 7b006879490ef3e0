package org.tornadomor.engine.cpu;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/**
 * One op on a CPU engine of its own. Every float slot is a column view of a wider tensor, whose margins hold {@link #MARGIN}
 * and must still do so afterwards.
 */
public final class OpRunner implements AutoCloseable {
    /** What stands beside the columns of a slot. */
    static final float MARGIN = 12345f;

    private final CpuEngine engine;
    private final Arena floats;
    private final Arena ints;
    private final Arena halves;
    private final Ops ops = new Ops("test");
    private final Map<Slot, Tensor> tensors = new HashMap<>();
    private final Map<Slot, Tensor> whole = new HashMap<>();
    private Binding binding;

    public OpRunner(int threads) {
        this(new CpuEngine(threads));
    }

    /** On an engine that it closes. */
    public OpRunner(CpuEngine engine) {
        this.engine = engine;
        floats = engine.arena("floats", ElementType.F32);
        ints = engine.arena("ints", ElementType.I32);
        halves = engine.arena("halves", ElementType.BF16);
    }

    /** A slot bound to these values, row after row, with {@code margin} columns on either side. */
    public Slot f32(String name, Extent rows, int columns, int margin, float[] values) {
        Tensor wide = floats.allocate(name, rows.max(), columns + 2 * margin);
        float[] filled = new float[rows.max() * (columns + 2 * margin)];
        java.util.Arrays.fill(filled, MARGIN);
        for (int i = 0; i < rows.max(); i++) {
            System.arraycopy(values, i * columns, filled, i * (columns + 2 * margin) + margin, columns);
        }
        engine.upload(wide, filled, 0);
        Slot slot = ops.f32(name, rows, columns);
        whole.put(slot, wide);
        tensors.put(slot, wide.columns(margin, columns));
        return slot;
    }

    Slot i32(String name, Extent rows, int[] values) {
        Tensor tensor = ints.allocate(name, rows.max());
        engine.upload(tensor, values, 0);
        Slot slot = ops.i32(name, rows);
        tensors.put(slot, tensor);
        return slot;
    }

    /** A slot of rows of indices. */
    Slot i32(String name, Extent rows, int columns, int[] values) {
        Tensor tensor = ints.allocate(name, rows.max(), columns);
        engine.upload(tensor, values, 0);
        Slot slot = ops.slot(name, ElementType.I32, rows, columns);
        tensors.put(slot, tensor);
        return slot;
    }

    /** A slot of bfloat16, to which the values are rounded. */
    Slot bf16(String name, Extent rows, int columns, float[] values) {
        Tensor tensor = halves.allocate(name, rows.max(), columns);
        engine.upload(tensor, values, 0);
        Slot slot = ops.slot(name, ElementType.BF16, rows, columns);
        tensors.put(slot, tensor);
        return slot;
    }

    public OpRunner run(Op op) {
        ops.add(op);
        binding = engine.compile(ops).bind(tensors);
        binding.run();
        return this;
    }

    public void set(Slot slot, float[] values) {
        engine.upload(tensors.get(slot), values, 0);
    }

    public void runAgain() {
        binding.run();
    }

    /** The slot's values; fails if its margins were touched. */
    public float[] get(Slot slot) {
        Tensor wide = whole.get(slot);
        float[] filled = new float[wide.rows() * wide.columns()];
        engine.download(wide, filled, 0);
        int margin = (wide.columns() - slot.columns()) / 2;
        float[] values = new float[wide.rows() * slot.columns()];
        for (int i = 0; i < wide.rows(); i++) {
            for (int j = 0; j < wide.columns(); j++) {
                float value = filled[i * wide.columns() + j];
                if (j >= margin && j < margin + slot.columns()) {
                    values[i * slot.columns() + j - margin] = value;
                } else if (value != MARGIN) {
                    throw new AssertionError(slot + ": " + value + " beside the columns of row " + i);
                }
            }
        }
        return values;
    }

    public static float[] random(Random random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Override
    public void close() {
        engine.close();
    }
}
