package org.tornadomor.engine.cpu;

import org.tornadomor.engine.cpu.basics.WorkerTeam;

/**
 * An op compiled for the CPU. It keeps the arrays of the current run in fields, so that running it allocates nothing; an
 * engine is driven by one thread and runs one op at a time.
 */
interface CpuOp {
    /** Runs on the binding's tensors and the current count of the op's rows, which is at least one. */
    void run(CpuBinding binding, WorkerTeam team);
}
