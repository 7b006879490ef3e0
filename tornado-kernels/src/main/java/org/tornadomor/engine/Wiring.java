package org.tornadomor.engine;

import java.util.HashMap;
import java.util.Map;

/** Records a program that has only one binding: naming a tensor declares its slot. */
public final class Wiring {
    private final Ops ops;
    /** The slots of each tensor by the rows that a run uses; null stands for all rows. */
    private final Map<Tensor, Map<Extent, Slot>> slots = new HashMap<>();

    private final Map<Slot, Tensor> tensors = new HashMap<>();

    /** @param name names the program in counters, reports and errors */
    public Wiring(String name) {
        ops = new Ops(name);
    }

    /** The slot of a tensor of which a run uses {@code rows} rows. */
    public Slot of(Tensor tensor, Extent rows) {
        return slotsOf(tensor).computeIfAbsent(rows, extent -> slot(tensor, extent));
    }

    /** The slot of a tensor that a run may use all of. */
    public Slot of(Tensor tensor) {
        return slotsOf(tensor).computeIfAbsent(null, all -> slot(tensor, Extent.fixed(tensor.rows())));
    }

    private Map<Extent, Slot> slotsOf(Tensor tensor) {
        return slots.computeIfAbsent(tensor, unused -> new HashMap<>());
    }

    private Slot slot(Tensor tensor, Extent rows) {
        Slot slot = ops.slot(tensor.name(), tensor.type(), rows, tensor.columns());
        tensors.put(slot, tensor);
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
