package org.tornadomor.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Counters;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Program;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;

/** A CPU engine that keeps what was compiled and which tensors were bound. */
final class RecordingEngine implements Engine {
    /** A program with tensors in its slots. */
    record Bound(Program program, List<Tensor> tensors) {
        /** The tensor in the slot of that name. */
        Tensor tensor(String slotName) {
            return tensors.get(program.slots().stream()
                    .filter(slot -> slot.name().equals(slotName))
                    .findFirst()
                    .orElseThrow()
                    .id());
        }
    }

    private final Engine engine = new CpuEngine(1);

    /** In the order in which they were made. */
    final List<Bound> bindings = new ArrayList<>();

    private final class Recording extends Program {
        private final Program program;

        Recording(Ops ops) {
            super(ops);
            program = engine.compile(ops);
        }

        @Override
        protected Binding bindTensors(List<Tensor> bySlot) {
            bindings.add(new Bound(this, List.copyOf(bySlot)));
            Map<Slot, Tensor> tensors = new HashMap<>();
            for (Slot slot : slots()) {
                tensors.put(slot, bySlot.get(slot.id()));
            }
            return program.bind(tensors);
        }
    }

    @Override
    public Program compile(Ops ops) {
        return new Recording(ops);
    }

    @Override
    public String describe() {
        return engine.describe();
    }

    @Override
    public Arena arena(String name, ElementType type) {
        return engine.arena(name, type);
    }

    @Override
    public void upload(Tensor tensor, float[] source, int from) {
        engine.upload(tensor, source, from);
    }

    @Override
    public void upload(Tensor tensor, int[] source, int from) {
        engine.upload(tensor, source, from);
    }

    @Override
    public void download(Tensor tensor, float[] target, int at) {
        engine.download(tensor, target, at);
    }

    @Override
    public void download(Tensor tensor, int[] target, int at) {
        engine.download(tensor, target, at);
    }

    @Override
    public Counters counters() {
        return engine.counters();
    }

    @Override
    public long memoryBytes() {
        return engine.memoryBytes();
    }

    @Override
    public void close() {
        engine.close();
    }
}
