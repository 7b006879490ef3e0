package org.tornadomor.simulator;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * A graph of a plan, with its buffers. Which arrays it allocates, copies and takes from others follows the runtime's own
 * rules, see the comments; where the runtime would go on with garbage, this throws.
 */
final class BoundGraph {

    private final GraphSpec spec;
    private final PlanState state;
    private final Options options;
    private final DeviceMemory memory;
    private final Map<TornadoNativeArray, HostWatch> watches;
    private final List<Slot> slots = new ArrayList<>();
    private final Map<TornadoNativeArray, Slot> slotOf = new IdentityHashMap<>();
    private List<BoundTask> tasks;
    private BoundGraph previous;

    BoundGraph(GraphSpec spec, PlanState state) {
        this.spec = spec;
        this.state = state;
        this.options = state.options();
        this.memory = state.memory();
        this.watches = state.watches();
        spec.in().forEach(transfer -> slot(transfer.array()).declareIn(transfer.mode()));
        spec.out().forEach(transfer -> slot(transfer.array()).declareOut(transfer.mode()));
        spec.consumed().forEach(entry -> slot(entry.array()).declareConsumed(entry.source()));
    }

    String name() {
        return spec.name();
    }

    List<TaskSpec> taskSpecs() {
        return spec.tasks();
    }

    /** {@return what the graph knows of an array, or null} */
    Slot find(TornadoNativeArray array) {
        return slotOf.get(array);
    }

    List<Slot> slots() {
        return slots;
    }

    /**
     * Finds, analyses and rewrites the kernels, once.
     *
     * @throws SimulatorException if an array is to be returned that no task writes
     */
    void compile() {
        if (tasks != null) {
            return;
        }
        List<BoundTask> bound = new ArrayList<>();
        for (TaskSpec task : spec.tasks()) {
            Kernel kernel = Kernel.of(task, options);
            Slot[] taskSlots = new Slot[task.arguments().length];
            for (int i = 0; i < taskSlots.length; i++) {
                if (task.arguments()[i] instanceof TornadoNativeArray array) {
                    taskSlots[i] = slot(array);
                    taskSlots[i].use(kernel.parameters()[i], kernel.access()[i]);
                }
            }
            bound.add(new BoundTask(task, kernel, taskSlots, options));
        }
        for (Slot slot : slots) {
            if (options.checks() && slot.returned() && !slot.writes()) {
                throw new SimulatorException(
                        Rule.TRANSFER,
                        "graph " + name() + " transfers " + slot + " to the host, but none of its tasks writes it. The"
                                + " runtime drops such a transfer: declare it in the graph that writes the array, or"
                                + " persist the array and ask the execution result for it");
            }
        }
        tasks = List.copyOf(bound);
    }

    PlanState state() {
        return state;
    }

    /** Notes which graph ran last, of all graphs of a plan that has this one. */
    void ranBefore(BoundGraph graph) {
        previous = graph;
    }

    /** Runs the graph once. */
    void execute(GridScheduler grids, Figures figures) {
        long start = figures.now();
        compile();
        figures.addCompile(start);
        consume();
        if (options.checks()) {
            slots.forEach(this::checkHost);
        }
        for (Slot slot : slots) {
            bringIn(slot, figures);
        }
        for (BoundTask task : tasks) {
            task.run(grids, state.lanes(), figures);
        }
        for (Slot slot : slots) {
            if (slot.returned() && slot.writes()) {
                download(slot, figures);
            }
        }
    }

    /** Copies the whole array back. */
    void download(Slot slot, Figures figures) {
        long start = figures.now();
        figures.addOut(slot.buffer().download(), start);
        refreshWatch(slot);
    }

    /** Copies a part of the array back; offset, with header, and size in bytes. */
    void download(Slot slot, long offset, long bytes, Figures figures) {
        long start = figures.now();
        figures.addOut(slot.buffer().download(offset, bytes), start);
        refreshWatch(slot);
    }

    void free() {
        for (Slot slot : slots) {
            if (slot.buffer() != null && slot.freedWithGraph()) {
                memory.free(slot.buffer());
            }
            slot.bind(null);
            slot.uploaded(false);
        }
    }

    private Slot slot(TornadoNativeArray array) {
        return slotOf.computeIfAbsent(array, key -> {
            Slot slot = new Slot(key, slots.size() + 1);
            slots.add(slot);
            return slot;
        });
    }

    /**
     * Takes buffers from the graph that ran before. If any of its arrays is consumed from that graph by name, only the arrays
     * with this name are taken, and the others keep the buffers that they had. Otherwise all are taken, whatever name they were
     * given.
     */
    private void consume() {
        if (spec.consumed().isEmpty()) {
            return;
        }
        boolean byName = previous != null
                && spec.consumed().stream().anyMatch(entry -> previous.name().equals(entry.source()));
        for (GraphSpec.Consumption entry : spec.consumed()) {
            Slot slot = slotOf.get(entry.array());
            if (previous == null) {
                throw refuse(
                        slot,
                        "but no graph of the plan has run before. Within one execute() of several graphs the"
                                + " runtime does not see them run: select them one by one with withGraph(i)");
            }
            if (!byName || previous.name().equals(entry.source())) {
                take(slot);
            } else if (slot.buffer() == null) {
                throw refuse(
                        slot,
                        "from graph " + entry.source() + ", but the graph that ran before is "
                                + previous.name()
                                + ". Only buffers of the graph that ran last can be taken: consume it without"
                                + " a name and let every graph in between persist it");
            }
        }
    }

    private void take(Slot slot) {
        Slot from = previous.find(slot.host);
        if (from == null) {
            throw refuse(
                    slot,
                    "but graph " + previous.name() + ", which ran before, does not know it. Every graph in"
                            + " between must consume and persist it");
        }
        if (from.buffer() == null) {
            throw refuse(
                    slot,
                    "but graph " + previous.name() + ", which ran before, has no buffer for it"
                            + (from.used() ? "" : ": none of its tasks uses it, so the runtime never allocates it"));
        }
        if (!from.persisted() && previous != this) {
            throw refuse(
                    slot,
                    "but graph " + previous.name() + ", which ran before, does not persist it: add"
                            + " persistOnDevice for it there");
        }
        String neverReadIn = from.buffer().neverReadIn();
        if (options.checks() && neverReadIn != null && slot.reads()) {
            throw new SimulatorException(
                    Rule.NEVER_READ,
                    "graph " + name() + " reads " + slot + " on the device, but its contents never got there: graph "
                            + neverReadIn + " declares it FIRST_EXECUTION and only writes it, so the runtime allocates"
                            + " it without copying. Read it in some task of " + neverReadIn
                            + ", or declare it UNDER_DEMAND if its contents do not matter");
        }
        slot.bind(from.buffer());
    }

    private SimulatorException refuse(Slot slot, String reason) {
        return new SimulatorException(Rule.CONSUME, "graph " + name() + " consumes " + slot + ", " + reason + ".");
    }

    /**
     * An array that was copied to the device only once must not change on the host afterwards: the device would not see the
     * change.
     */
    private void checkHost(Slot slot) {
        HostWatch watch = watches.get(slot.host);
        if (watch != null && (slot.consumed() || slot.once() && slot.uploaded()) && watch.changed()) {
            throw new SimulatorException(
                    Rule.HOST_CHANGED,
                    slot + " was changed on the host after its only copy to the device, so graph " + name()
                            + " would not see the change. Transfer it with EVERY_EXECUTION, or change it on the device");
        }
    }

    /** Allocates what a task uses, and copies what it reads: an array that is only written is not copied in. */
    private void bringIn(Slot slot, Figures figures) {
        if (!slot.used()) {
            return;
        }
        boolean once = slot.once() && !slot.uploaded();
        boolean copy = slot.reads() && (slot.everyExecution() || once);
        if (slot.buffer() == null) {
            if (slot.consumed()) {
                throw refuse(slot, "but its buffer was freed");
            }
            slot.bind(memory.allocate(slot.host, slot + " of graph " + name(), options.checks() && !copy));
        }
        if (copy) {
            long start = figures.now();
            figures.addIn(slot.buffer().upload(), start);
            if (once && options.checks()) {
                watches.put(slot.host, new HostWatch(slot.host));
            }
        } else if (once && slot.declaredOnce()) {
            slot.buffer().neverReadIn(name());
        }
        slot.uploaded(true);
    }

    private void refreshWatch(Slot slot) {
        HostWatch watch = watches.get(slot.host);
        if (watch != null) {
            watch.refresh();
        }
    }
}
