package org.tornadomor.engine;

import java.util.HashMap;
import java.util.Map;

/** Records a program that has only one binding: naming a tensor declares its slot. */
public final class Wiring {
    private record Use(Tensor tensor, Extent rows) {}

    private final Ops ops;
    private final Map<Use, Slot> slots = new HashMap<>();
    private final Map<Slot, Tensor> tensors = new HashMap<>();

    /** @param name names the program in counters, reports and errors */
    public Wiring(String name) {
        ops = new Ops(name);
    }

    /** The slot of a tensor of which a run uses {@code rows} rows. */
    public Slot of(Tensor tensor, Extent rows) {
        return slots.computeIfAbsent(new Use(tensor, rows), use -> {
            Slot slot = ops.slot(tensor.name(), tensor.type(), rows, tensor.columns());
            tensors.put(slot, tensor);
            return slot;
        });
    }

    /** The slot of a tensor that a run may use all of. */
    public Slot of(Tensor tensor) {
        Slot slot = slots.get(new Use(tensor, null));
        if (slot == null) {
            slot = ops.slot(tensor.name(), tensor.type(), Extent.fixed(tensor.rows()), tensor.columns());
            slots.put(new Use(tensor, null), slot);
            tensors.put(slot, tensor);
        }
        return slot;
    }

    /** Adds an op over slots of this program. */
    public Wiring add(Op op) {
        ops.add(op);
        return this;
    }

    /** Compiles and binds what was recorded. */
    public Binding on(Engine engine) {
        return engine.compile(ops).bind(tensors);
    }
}
