package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Counters;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Program;
import org.tornadomor.engine.Step;
import org.tornadomor.engine.Tensor;

/**
 * A recorded program. It is compiled when it is first bound, and again only for tensors that lie in other segments: all
 * layers of a depth share their graphs.
 */
final class TornadoProgram extends Program {
    private final TornadoEngine engine;
    private final List<Counters.Counter> counters = new ArrayList<>();
    private final Map<List<Segment>, CompiledProgram> compiled = new HashMap<>();

    TornadoProgram(TornadoEngine engine, Ops ops) {
        super(ops);
        this.engine = engine;
        for (Step step : steps()) {
            counters.add(engine.counters().counter(name(), step.op()));
        }
    }

    @Override
    protected Binding bindTensors(List<Tensor> bySlot) {
        List<Segment> segments = bySlot.stream().map(TornadoEngine::segmentOf).toList();
        CompiledProgram program = compiled.computeIfAbsent(segments, this::compile);
        int base = engine.place(program, bySlot);
        if (base < 0) {
            program = compile(segments);
            compiled.put(segments, program);
            base = engine.place(program, bySlot);
        }
        return new Bound(this, program, base);
    }

    private CompiledProgram compile(List<Segment> segments) {
        TaskList tasks = engine.tasks(name(), segments);
        for (Step step : steps()) {
            DeviceOps.record(step.op(), tasks);
        }
        return engine.build(tasks);
    }

    private void run(Bound bound) {
        TransferReport.Entry report = engine.transfers().entry(name());
        boolean anything = false;
        for (int i = 0; i < counters.size(); i++) {
            int count = steps().get(i).rows().count();
            if (count > 0) {
                anything = true;
                counters.get(i).add(count);
            }
            report.rows(count, steps().get(i).rows().max());
        }
        report.run();
        if (anything) {
            bound.compiled.run(bound.base, engine.plan(), report);
        }
    }

    /** The program with its graphs for the tensors' segments, and the place of their offsets. */
    private record Bound(TornadoProgram program, CompiledProgram compiled, int base) implements Binding {
        @Override
        public void run() {
            program.run(this);
        }
    }
}
