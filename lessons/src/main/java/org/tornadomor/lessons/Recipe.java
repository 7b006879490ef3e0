package org.tornadomor.lessons;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** A program of ops with the values that it begins with: what a model does, in small. */
public final class Recipe {
    private final Engine engine;
    private final Ops ops = new Ops("lesson");
    private final Map<Slot, float[]> floats = new HashMap<>();
    private final Map<Slot, int[]> ints = new HashMap<>();
    private final Map<Slot, Tensor> tensors = new HashMap<>();
    private final List<Slot> results = new ArrayList<>();
    private Binding binding;

    Recipe(Engine engine) {
        this.engine = engine;
    }

    /** An input of {@code rows} x {@code columns} floats. */
    public Slot input(String name, int rows, int columns, float[] values) {
        Slot slot = ops.f32(name, rows, columns);
        floats.put(slot, values);
        return slot;
    }

    /** An input of indices. */
    public Slot input(String name, int[] values) {
        Slot slot = ops.i32(name, values.length);
        ints.put(slot, values);
        return slot;
    }

    /** What is computed and thrown away. */
    public Slot between(String name, int rows, int columns) {
        return ops.f32(name, rows, columns);
    }

    /** Indices that are computed on the way. */
    public Slot indices(String name, int rows) {
        return ops.i32(name, rows);
    }

    /** The result, or a part of it: parts follow one another. */
    public Slot result(String name, int rows, int columns) {
        Slot out = ops.f32(name, rows, columns);
        results.add(out);
        return out;
    }

    /** Adds an op. */
    public Recipe add(Op op) {
        ops.add(op);
        return this;
    }

    /** Puts everything on the engine. */
    void prepare() {
        Arena floatArena = engine.arena("lesson", ElementType.F32);
        Arena indexArena = engine.arena("indices", ElementType.I32);
        for (Slot slot : ops.slots()) {
            Arena arena = slot.type() == ElementType.F32 ? floatArena : indexArena;
            tensors.put(slot, arena.allocate(slot.name(), slot.rows().max(), slot.columns()));
        }
        binding = engine.compile(ops).bind(tensors);
        floats.forEach((slot, values) -> engine.upload(tensors.get(slot), values, 0));
        ints.forEach((slot, values) -> engine.upload(tensors.get(slot), values, 0));
    }

    void run() {
        binding.run();
    }

    float[] values() {
        int size = results.stream()
                .mapToInt(slot -> slot.rows().max() * slot.columns())
                .sum();
        float[] values = new float[size];
        int at = 0;
        for (Slot result : results) {
            engine.download(tensors.get(result), values, at);
            at += result.rows().max() * result.columns();
        }
        return values;
    }
}
