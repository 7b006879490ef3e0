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

    private List<Tensor> unresolved;

    CpuBinding(CpuProgram program, List<Tensor> bySlot) {
        this.program = program;
        int slots = bySlot.size();
        floats = new float[slots][];
        ints = new int[slots][];
        offsets = new int[slots];
        strides = new int[slots];
        unresolved = bySlot;
    }

    /** Finds the arrays at the first run: until then arenas may grow in one segment. */
    private void resolve() {
        for (int i = 0; i < unresolved.size(); i++) {
            Tensor tensor = unresolved.get(i);
            CpuArena arena = CpuEngine.arenaOf(tensor);
            if (tensor.type() == ElementType.F32) {
                floats[i] = arena.floats(tensor.segment());
            } else {
                ints[i] = arena.ints(tensor.segment());
            }
            offsets[i] = tensor.offset();
            strides[i] = tensor.stride();
        }
        unresolved = null;
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
        if (unresolved != null) {
            resolve();
        }
        program.run(this);
    }
}
