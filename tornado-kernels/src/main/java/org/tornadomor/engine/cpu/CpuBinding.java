package org.tornadomor.engine.cpu;

import java.util.List;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** Where each slot's values are: array, offset of the first element, elements from row to row. */
final class CpuBinding implements Binding {
    private final CpuProgram program;
    private final float[][] floats;
    private final int[][] ints;
    private final int[] offsets;
    private final int[] strides;

    CpuBinding(CpuProgram program, List<Tensor> bySlot) {
        this.program = program;
        int slots = bySlot.size();
        floats = new float[slots][];
        ints = new int[slots][];
        offsets = new int[slots];
        strides = new int[slots];
        for (int i = 0; i < slots; i++) {
            Tensor tensor = bySlot.get(i);
            CpuArena arena = CpuEngine.arenaOf(tensor);
            if (tensor.type() == ElementType.F32) {
                floats[i] = arena.floats(tensor.segment());
            } else {
                ints[i] = arena.ints(tensor.segment());
            }
            offsets[i] = tensor.offset();
            strides[i] = tensor.stride();
        }
    }

    float[] floats(Slot slot) {
        return floats[slot.id()];
    }

    int[] ints(Slot slot) {
        return ints[slot.id()];
    }

    int offset(Slot slot) {
        return offsets[slot.id()];
    }

    int stride(Slot slot) {
        return strides[slot.id()];
    }

    @Override
    public CpuProgram program() {
        return program;
    }

    @Override
    public void run() {
        program.run(this);
    }
}
