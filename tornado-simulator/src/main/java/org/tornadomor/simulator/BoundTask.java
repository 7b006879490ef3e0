package org.tornadomor.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.WorkerGrid;

/** A task of a plan: its kernel, the buffers of its arguments, and the monitors that watch them. */
final class BoundTask {

    /** Below this, handing groups to another thread costs more than it saves. */
    private static final long PARALLEL_NANOS = 200_000;

    /** The arguments as one lane passes them. */
    private static final class Binding {
        private final DeviceBuffer[] buffers;
        private final AccessMonitor[] monitors;
        private final Object[] arguments;
        private final GroupRunner runner;

        private Binding(Lane lane, Kernel kernel, Object[] arguments) {
            this.arguments = arguments;
            buffers = new DeviceBuffer[arguments.length];
            monitors = new AccessMonitor[arguments.length];
            runner = new GroupRunner(lane, kernel, arguments);
        }
    }

    private final TaskSpec spec;
    private final Options options;
    private final Kernel kernel;
    private final Launch launch;
    private final Slot[] slots;
    private final Guards.Guard[] guards;
    private final List<Binding> bindings = new ArrayList<>();
    private int guardsVersion = -1;
    private Grid grid;
    private double nanosPerItem;

    /** @param slots for each argument, its slot, or null for what is not an array */
    BoundTask(TaskSpec spec, Kernel kernel, Slot[] slots, Options options) {
        this.spec = spec;
        this.options = options;
        this.kernel = kernel;
        this.slots = slots;
        launch = new Launch(spec.name(), kernel, options);
        guards = new Guards.Guard[slots.length];
    }

    String name() {
        return spec.name();
    }

    /**
     * Runs the task once.
     *
     * @param grids grids of the plan, or null
     * @param lanes the lanes of the plan, as many as may run at the same time
     * @throws SimulatorException if the grid or a work-item breaks a rule
     */
    void run(GridScheduler grids, List<Lane> lanes, Figures figures) {
        long start = System.nanoTime();
        launch.begin(shape(grids));
        try {
            if (options.checks()) {
                startChecks();
            }
            launch(start, lanes, figures);
        } finally {
            for (Slot slot : slots) {
                if (slot != null && slot.buffer() != null) {
                    slot.buffer().revoke();
                }
            }
        }
    }

    private void launch(long start, List<Lane> lanes, Figures figures) {
        long groups = launch.grid().groupCount();
        long items = groups * launch.grid().groupItems();
        if (launch.recorder() != null) {
            Grid shape = launch.grid();
            launch.recorder().launch(new Recorder.Shape(name(), shape.groups(), shape.local(), kernel.loop()));
        }
        int parallel = launch.recorder() != null || nanosPerItem * items < PARALLEL_NANOS
                ? 1
                : (int) Math.min(lanes.size(), groups);
        for (int i = 0; i < parallel; i++) {
            prepare(i, lanes.get(i));
        }
        long ready = System.nanoTime();
        if (parallel == 1) {
            GroupRunner runner = bindings.getFirst().runner;
            for (long group = 0; group < groups; group++) {
                runner.run(group);
            }
        } else {
            runParallel(parallel, groups);
        }
        long end = System.nanoTime();
        nanosPerItem = (nanosPerItem + (double) (end - ready) * parallel / items) / 2;
        figures.addDispatch(ready - start);
        figures.addKernel(end - ready);
    }

    private void runParallel(int parallel, long groups) {
        AtomicLong next = new AtomicLong();
        long chunk = Math.max(1, groups / (8L * parallel));
        Workers.run(parallel, worker -> {
            GroupRunner runner = bindings.get(worker).runner;
            try {
                for (long from = next.getAndAdd(chunk); from < groups; from = next.getAndAdd(chunk)) {
                    for (long group = from; group < Math.min(groups, from + chunk); group++) {
                        runner.run(group);
                    }
                }
            } catch (RuntimeException | Error e) {
                // the others stop at their next chunk
                next.set(groups);
                throw e;
            }
        });
    }

    private Grid shape(GridScheduler grids) {
        WorkerGrid worker = grids == null ? null : grids.get(spec.name());
        if (worker == null) {
            if (!kernel.loop()) {
                throw new SimulatorException(
                        Rule.NO_GRID,
                        "task " + spec.name() + " takes a KernelContext but has no grid. The runtime would run it on a"
                                + " grid of its own choice: add a WorkerGrid for \"" + spec.name()
                                + "\" to the GridScheduler and pass that with withGridScheduler before execute()");
            }
            return Grid.SINGLE;
        }
        if (grid == null || !grid.matches(worker)) {
            grid = Grid.of(worker, spec.name(), options);
        }
        return kernel.loop() ? Grid.SINGLE : grid;
    }

    private void startChecks() {
        boolean stale = Guards.version() != guardsVersion;
        guardsVersion = Guards.version();
        for (int i = 0; i < slots.length; i++) {
            if (slots[i] == null) {
                continue;
            }
            if (stale) {
                guards[i] = Guards.find(spec.name(), slots[i].host);
            }
            if (guards[i] != null) {
                slots[i].buffer().grant(guards[i], spec.name(), kernel.parameters()[i]);
            }
            if (launch.tracksRaces() && writes(i)) {
                slots[i].buffer().watchRaces(launch.era());
            }
        }
    }

    private boolean writes(int argument) {
        return (kernel.access()[argument] & KernelAnalysis.WRITE) != 0;
    }

    /** Makes a lane ready for the launch, with the buffers that the arguments have now. */
    private void prepare(int number, Lane lane) {
        if (number == bindings.size()) {
            bindings.add(new Binding(lane, kernel, spec.arguments().clone()));
        }
        Binding binding = bindings.get(number);
        lane.startLaunch(launch);
        for (int i = 0; i < slots.length; i++) {
            if (slots[i] == null) {
                continue;
            }
            DeviceBuffer buffer = slots[i].buffer();
            if (binding.buffers[i] != buffer) {
                binding.buffers[i] = buffer;
                binding.monitors[i] =
                        options.checks() ? new AccessMonitor(lane, kernel.parameters()[i], buffer, writes(i)) : null;
                binding.arguments[i] =
                        ApiLinks.arrays().monitored(slots[i].host, buffer.segment(), binding.monitors[i]);
            }
            if (binding.monitors[i] != null) {
                binding.monitors[i].startLaunch();
            }
        }
    }
}
