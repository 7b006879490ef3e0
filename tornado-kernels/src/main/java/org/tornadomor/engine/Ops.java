package org.tornadomor.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Records a program: declares slots and adds ops over them, in the order in which they run.
 *
 * <pre>{@code
 * Ops ops = new Ops("norm");
 * Slot x = ops.f32("x", rows, 64), w = ops.f32("w", Extent.fixed(64), 1), out = ops.f32("out", rows, 64);
 * ops.add(new RmsNorm(out, x, w, 1e-5f));
 * Binding norm = engine.compile(ops).bind(Map.of(x, hidden, w, weight, out, normed));
 * norm.run();
 * }</pre>
 */
public final class Ops {
    private final String name;
    private final List<Slot> slots = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();

    /** @param name names the program in counters, reports and errors */
    public Ops(String name) {
        this.name = name;
    }

    public String name() {
        return name;
    }

    /** Declares a slot of floats. */
    public Slot f32(String slotName, Extent rows, int columns) {
        return slot(slotName, ElementType.F32, rows, columns);
    }

    /** Declares a slot of floats with a fixed number of rows. */
    public Slot f32(String slotName, int rows, int columns) {
        return slot(slotName, ElementType.F32, Extent.fixed(rows), columns);
    }

    /** Declares a slot of indices, one a row. */
    public Slot i32(String slotName, Extent rows) {
        return slot(slotName, ElementType.I32, rows, 1);
    }

    /** Declares a slot of a fixed number of indices. */
    public Slot i32(String slotName, int rows) {
        return slot(slotName, ElementType.I32, Extent.fixed(rows), 1);
    }

    /** Declares a slot. */
    public Slot slot(String slotName, ElementType type, Extent rows, int columns) {
        Slot slot = new Slot(slots.size(), slotName, type, rows, columns);
        slots.add(slot);
        return slot;
    }

    /** Adds an op. No slot may stand for two of its arguments. */
    public Ops add(Op op) {
        Set<Slot> seen = new HashSet<>();
        for (List<Slot> touched : List.of(op.reads(), op.writes())) {
            for (Slot slot : touched) {
                if (slot.id() >= slots.size() || slots.get(slot.id()) != slot) {
                    throw new IllegalArgumentException(slot + " of " + op + " is not a slot of program " + name);
                }
                if (!seen.add(slot)) {
                    throw new IllegalArgumentException(op + " gets " + slot + " twice, in program " + name);
                }
            }
        }
        steps.add(new Step(op, op.rows(), op.reads(), op.writes()));
        return this;
    }

    public List<Slot> slots() {
        return Collections.unmodifiableList(slots);
    }

    public List<Step> steps() {
        return Collections.unmodifiableList(steps);
    }
}
