package org.tornadomor.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.engine.cpu.CpuEngine;

/** A CPU engine that fails like a device that is lost: from some moment on, everything does. */
public final class FailingEngine implements Engine {
    private final Engine engine = new CpuEngine(1);
    private long runsLeft = Long.MAX_VALUE;

    /** Loses the device when so many more programs have run. */
    public void failAfter(long runs) {
        runsLeft = runs;
    }

    private void requireDevice(String what) {
        if (runsLeft <= 0) {
            throw new UserError(what + " failed on TEST device: it fell off the bus");
        }
    }

    private final class Failing extends Program {
        private final Program program;

        Failing(Ops ops) {
            super(ops);
            program = engine.compile(ops);
        }

        @Override
        protected Binding bindTensors(List<Tensor> bySlot) {
            Map<Slot, Tensor> tensors = new HashMap<>();
            for (Slot slot : slots()) {
                tensors.put(slot, bySlot.get(slot.id()));
            }
            Binding binding = program.bind(tensors);
            return new Binding() {
                @Override
                public Program program() {
                    return Failing.this;
                }

                @Override
                public void run() {
                    requireDevice("program " + name());
                    binding.run();
                    runsLeft--;
                }
            };
        }
    }

    @Override
    public Program compile(Ops ops) {
        return new Failing(ops);
    }

    @Override
    public String describe() {
        return "failing";
    }

    @Override
    public Arena arena(String name, ElementType type) {
        return engine.arena(name, type);
    }

    @Override
    public void upload(Tensor tensor, float[] source, int from) {
        requireDevice("upload");
        engine.upload(tensor, source, from);
    }

    @Override
    public void upload(Tensor tensor, int[] source, int from) {
        requireDevice("upload");
        engine.upload(tensor, source, from);
    }

    @Override
    public void download(Tensor tensor, float[] target, int at) {
        requireDevice("download");
        engine.download(tensor, target, at);
    }

    @Override
    public void download(Tensor tensor, int[] target, int at) {
        requireDevice("download");
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
