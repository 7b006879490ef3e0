package org.tornadomor.engine.cpu;

import java.util.List;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.basics.Changes;
import org.tornadomor.engine.cpu.basics.SlotArrays;

/** Where each slot's values are: array, offset of the first element, elements from row to row. */
final class CpuBinding implements Binding, SlotArrays {
    private final CpuProgram program;
    private final Object[] arrays;
    private final int[] offsets;
    private final int[] strides;
    private final Changes[] changes;

    private List<Tensor> unresolved;

    CpuBinding(CpuProgram program, List<Tensor> bySlot) {
        this.program = program;
        int slots = bySlot.size();
        arrays = new Object[slots];
        offsets = new int[slots];
        strides = new int[slots];
        changes = new Changes[slots];
        unresolved = bySlot;
    }

    /** Finds the arrays at the first run: until then arenas may grow in one segment. */
    private void resolve() {
        for (int i = 0; i < unresolved.size(); i++) {
            Tensor tensor = unresolved.get(i);
            CpuArena arena = CpuEngine.arenaOf(tensor);
            arrays[i] = arena.array(tensor.segment());
            offsets[i] = tensor.offset();
            strides[i] = tensor.stride();
            changes[i] = arena.changes();
        }
        unresolved = null;
    }

    @Override
    public float[] floats(Slot slot) {
        return (float[]) arrays[slot.id()];
    }

    int[] ints(Slot slot) {
        return (int[]) arrays[slot.id()];
    }

    @Override
    public short[] shorts(Slot slot) {
        return (short[]) arrays[slot.id()];
    }

    @Override
    public byte[] bytes(Slot slot) {
        return (byte[]) arrays[slot.id()];
    }

    @Override
    public int offset(Slot slot) {
        return offsets[slot.id()];
    }

    @Override
    public int stride(Slot slot) {
        return strides[slot.id()];
    }

    @Override
    public Changes changes(Slot slot) {
        return changes[slot.id()];
    }

    /** Notes that these slots were written. */
    void changed(int[] slots) {
        for (int slot : slots) {
            changes[slot].add();
        }
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
