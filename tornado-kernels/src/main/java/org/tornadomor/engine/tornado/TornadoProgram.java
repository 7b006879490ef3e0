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
        return engine.later(new Bound(this, bySlot));
    }

    private CompiledProgram compile(List<Segment> segments) {
        TaskList tasks = engine.tasks(name(), segments);
        for (Step step : steps()) {
            tasks.begin(step.op());
            DeviceOps.record(step.op(), tasks);
        }
        return engine.build(tasks);
    }

    private void run(Bound bound) {
        TransferReport.Entry report = engine.transfers().entry(name());
        boolean anything = false;
        for (int i = 0; i < counters.size(); i++) {
            int count = steps().get(i).rows().count();
            int max = steps().get(i).rows().max();
            anything |= count > 0;
            counters.get(i).add(count, max);
            report.rows(count, max);
        }
        report.run();
        if (anything || engine.compilesOnly()) {
            bound.compiled.run(bound.base, bound.bySlot, engine.plan(), report);
        }
    }

    /**
     * A binding: the program's graphs for the segments of its tensors, and the place of the tensors' offsets. Both are found
     * when the first of all programs runs: by then every tensor is allocated, so that an arena is one segment and the plan is
     * made once.
     */
    static final class Bound implements Binding {
        private final TornadoProgram program;
        private final List<Tensor> bySlot;
        private CompiledProgram compiled;
        private int base;

        private Bound(TornadoProgram program, List<Tensor> bySlot) {
            this.program = program;
            this.bySlot = bySlot;
        }

        /** Compiles the program for these tensors' segments, unless that was done before, and notes the tensors' places. */
        void resolve() {
            List<Segment> segments =
                    bySlot.stream().map(TornadoEngine::segmentOf).toList();
            compiled = program.compiled.computeIfAbsent(segments, program::compile);
            base = program.engine.place(compiled, bySlot);
            if (base < 0) {
                compiled = program.compile(segments);
                program.compiled.put(segments, compiled);
                base = program.engine.place(compiled, bySlot);
            }
        }

        @Override
        public TornadoProgram program() {
            return program;
        }

        @Override
        public void run() {
            if (compiled == null) {
                program.engine.resolveBindings();
            }
            program.run(this);
        }
    }
}
