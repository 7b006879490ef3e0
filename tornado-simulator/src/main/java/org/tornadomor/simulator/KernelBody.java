package org.tornadomor.simulator;

import uk.ac.manchester.tornado.api.KernelContext;

/** A kernel made ready to run: either the task's own code, or a rewritten copy of it. */
@FunctionalInterface
public interface KernelBody {

    /**
     * Runs one work-item until it ends or reaches a barrier.
     *
     * @param context the context of the work-item, null for a kernel without one
     * @param arguments the arguments of the task, arrays on the device
     * @return 0 at the end of the kernel, else the number of the barrier that the work-item waits at
     */
    int run(KernelContext context, Object[] arguments);
}
