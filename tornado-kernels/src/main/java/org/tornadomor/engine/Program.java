package org.tornadomor.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A compiled sequence of ops over slots: compiled once, run many times with different tensors in its slots. The layer
 * program of a recursion depth, for example, serves every layer of that depth through its bindings.
 */
public abstract class Program {
    private final String name;
    private final List<Slot> slots;
    private final List<Step> steps;

    protected Program(Ops ops) {
        this.name = ops.name();
        this.slots = List.copyOf(ops.slots());
        this.steps = List.copyOf(ops.steps());
    }

    public final String name() {
        return name;
    }

    public final List<Slot> slots() {
        return slots;
    }

    public final List<Step> steps() {
        return steps;
    }

    /**
     * Puts tensors into the slots. Every slot needs a tensor of its type and width with at least its rows. No op may get
     * overlapping tensors of which it writes one: a device kernel could not take the same array twice.
     */
    public final Binding bind(Map<Slot, Tensor> tensors) {
        List<Tensor> bySlot = new ArrayList<>();
        for (Slot slot : slots) {
            Tensor tensor = tensors.get(slot);
            if (tensor == null) {
                throw wrong("slot " + slot + " has no tensor");
            }
            if (tensor.type() != slot.type()) {
                throw wrong("slot " + slot + " cannot hold " + tensor + " of " + tensor.type());
            }
            if (tensor.columns() != slot.columns()
                    || tensor.rows() < slot.rows().max()) {
                throw wrong("slot " + slot + " needs " + slot.rows().max() + " x " + slot.columns() + ", not "
                        + tensor.rows() + " x " + tensor.columns() + " of " + tensor);
            }
            bySlot.add(tensor);
        }
        if (tensors.size() != slots.size()) {
            throw wrong("tensors for slots of another program: " + tensors.keySet());
        }
        for (Step step : steps) {
            checkDistinct(step, bySlot);
        }
        return bindTensors(bySlot);
    }

    private void checkDistinct(Step step, List<Tensor> bySlot) {
        List<Slot> writes = step.writes();
        for (int i = 0; i < writes.size(); i++) {
            Tensor written = bySlot.get(writes.get(i).id());
            for (int j = i + 1; j < writes.size(); j++) {
                Tensor other = bySlot.get(writes.get(j).id());
                if (written.overlaps(other)) {
                    throw wrong(step.op() + " writes the same memory twice: " + written + ", " + other);
                }
            }
            for (Slot read : step.reads()) {
                Tensor other = bySlot.get(read.id());
                if (written.overlaps(other)) {
                    throw wrong(step.op() + " reads " + other + " where it writes " + written);
                }
            }
        }
    }

    /** Builds a message only when it is needed: naming each op of each program would take a good part of a short run. */
    private IllegalArgumentException wrong(String message) {
        return new IllegalArgumentException("program " + name + ": " + message);
    }

    /** Makes the engine's binding from tensors that fit, one for each slot in slot order. */
    protected abstract Binding bindTensors(List<Tensor> bySlot);
}
