package org.tornadomor.simulator;

import uk.ac.manchester.tornado.api.KernelContext;

/** Runs work-groups on a lane, one work-item at a time, from barrier to barrier. */
final class GroupRunner {

    private final Lane lane;
    private final Kernel kernel;
    private final Object[] arguments;
    private KernelContext[] contexts = new KernelContext[0];
    private Coroutine[] coroutines = new Coroutine[0];

    GroupRunner(Lane lane, Kernel kernel, Object[] arguments) {
        this.lane = lane;
        this.kernel = kernel;
        this.arguments = arguments;
    }

    /**
     * Runs one group of the current launch.
     *
     * @throws SimulatorException if a work-item breaks a rule or throws
     */
    void run(long group) {
        lane.startGroup(group);
        try {
            if (kernel.loop()) {
                runLoop();
            } else if (kernel.threads()) {
                // control passes from one virtual thread to another without waking a thread of the operating system
                new Coroutine("work-group", this::runThreads).step();
            } else if (kernel.suspends()) {
                runPhases();
            } else {
                runItems();
            }
        } catch (SimulatorException | UnsupportedOperationException e) {
            throw e;
        } catch (RuntimeException e) {
            throw wrap(e);
        }
    }

    private void runLoop() {
        WorkItem item = lane.items().get(0);
        item.start();
        lane.enter(item);
        WorkItem.current(item);
        kernel.body().run(null, arguments);
    }

    private void runItems() {
        int count = lane.launch().grid().groupItems();
        for (int i = 0; i < count; i++) {
            WorkItem item = lane.items().get(i);
            item.start();
            lane.enter(item);
            kernel.body().run(ApiLinks.contexts().create(item), arguments);
        }
    }

    private void runPhases() {
        int count = lane.launch().grid().groupItems();
        if (contexts.length < count) {
            contexts = new KernelContext[count];
        }
        for (int i = 0; i < count; i++) {
            WorkItem item = lane.items().get(i);
            item.start();
            contexts[i] = ApiLinks.contexts().create(item);
        }
        int barrier;
        do {
            barrier = resume(0);
            for (int i = 1; i < count; i++) {
                int other = resume(i);
                if (other != barrier) {
                    throw divergence(0, at(barrier), i, at(other));
                }
            }
            if (barrier != 0) {
                lane.passBarrier(at(barrier).global());
            }
        } while (barrier != 0);
    }

    private int resume(int index) {
        lane.enter(lane.items().get(index));
        return kernel.body().run(contexts[index], arguments);
    }

    private Barrier at(int number) {
        return number == 0 ? null : kernel.barriers().get(number - 1);
    }

    private void runThreads() {
        int count = lane.launch().grid().groupItems();
        coroutines = new Coroutine[count];
        try {
            for (int i = 0; i < count; i++) {
                WorkItem item = lane.items().get(i);
                item.start();
                KernelContext context = ApiLinks.contexts().create(item);
                coroutines[i] =
                        new Coroutine(lane.describe(item), () -> kernel.body().run(context, arguments));
                item.coroutine(coroutines[i]);
            }
            Barrier barrier;
            do {
                barrier = step(0);
                for (int i = 1; i < count; i++) {
                    Barrier other = step(i);
                    if (!java.util.Objects.equals(barrier, other)) {
                        throw divergence(0, barrier, i, other);
                    }
                }
                if (barrier != null) {
                    lane.passBarrier(barrier.global());
                }
            } while (barrier != null);
        } finally {
            for (int i = 0; i < count; i++) {
                coroutines[i].cancel();
                lane.items().get(i).coroutine(null);
            }
        }
    }

    private Barrier step(int index) {
        lane.enter(lane.items().get(index));
        return coroutines[index].step();
    }

    private SimulatorException divergence(int first, Barrier one, int second, Barrier other) {
        int[] local = lane.launch().grid().local();
        return new SimulatorException(
                Rule.BARRIER_DIVERGENCE,
                kernel.name() + " (task " + lane.launch().task() + "): the work-items of group "
                        + Grid.coordinates(lane.group(), lane.launch().grid().groups())
                        + " do not meet at a barrier: work-item " + Grid.coordinates(first, local) + " " + waits(one)
                        + ", work-item " + Grid.coordinates(second, local) + " " + waits(other)
                        + ". A barrier must be reached by all work-items of a group or by none: no barrier behind an"
                        + " early return, or in a branch or loop that differs between work-items. A GPU would hang.");
    }

    private static String waits(Barrier barrier) {
        return barrier == null ? "has ended" : "waits at " + barrier;
    }

    private SimulatorException wrap(RuntimeException thrown) {
        SimulatorException fault = lane.fault(Rule.KERNEL_EXCEPTION, "throws " + thrown);
        fault.initCause(thrown);
        return fault;
    }
}
