package org.tornadomor.engine.cpu;

import java.util.List;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Counters;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Program;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Step;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.basics.WorkerTeam;
import org.tornadomor.engine.cpu.products.Products;

/** The ops of a program, one after the other. */
final class CpuProgram extends Program {
    private final WorkerTeam team;
    private final CpuOp[] ops;
    private final Extent[] rows;
    /** The slots that each op writes. */
    private final int[][] written;

    private final Counters.Counter[] counters;

    CpuProgram(Ops recorded, WorkerTeam team, Products products, Counters engineCounters) {
        super(recorded);
        this.team = team;
        int count = steps().size();
        ops = new CpuOp[count];
        rows = new Extent[count];
        written = new int[count][];
        counters = new Counters.Counter[count];
        for (int i = 0; i < count; i++) {
            Step step = steps().get(i);
            ops[i] = CpuOps.compile(step.op(), team.threads(), products);
            rows[i] = step.rows();
            written[i] = step.op().writes().stream().mapToInt(Slot::id).toArray();
            counters[i] = engineCounters.counter(name(), step.op());
        }
    }

    @Override
    protected Binding bindTensors(List<Tensor> bySlot) {
        return new CpuBinding(this, bySlot);
    }

    void run(CpuBinding binding) {
        for (int i = 0; i < ops.length; i++) {
            int count = rows[i].count();
            if (count > 0) {
                ops[i].run(binding, team);
                binding.changed(written[i]);
            }
            counters[i].add(count, rows[i].max());
        }
    }
}
