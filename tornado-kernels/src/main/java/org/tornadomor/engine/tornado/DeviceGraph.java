package org.tornadomor.engine.tornado;

import java.util.List;
import java.util.stream.Collectors;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * A task graph as the engine drives it: its grids, and the array that carries row counts in and marks out.
 *
 * <p>All graphs that hold memory have one name and all others another, since the runtime finds what a graph consumes by
 * the name of the graph that ran before; {@link DevicePlan} tells more. {@code label} is the name for people.
 */
final class DeviceGraph {
    /** Graphs that allocate segments. */
    static final String MEMORY = "memory";
    /** Graphs that use segments. */
    static final String PROGRAM = "program";

    /**
     * One task of the graph.
     *
     * @param id the task's name, unique among all graphs
     * @param kernel the kernel's name for people
     * @param mark where in run it leaves its mark; 0 for nowhere
     */
    record Launch(String id, String kernel, Grid grid, WorkerGrid worker, int mark) {}

    private final String label;
    private final ImmutableTaskGraph graph;
    private final GridScheduler scheduler = new GridScheduler();
    private final List<Launch> launches;
    private final IntArray run;
    private final int firstMark;
    private final int lastMark;
    private boolean linked;
    private int index = -1;
    private boolean launched;
    private long compileNanos;

    /** @param run the array whose marks the launches set; the graph copies it in at each execution */
    DeviceGraph(String label, TaskGraph recorded, List<Launch> launches, IntArray run) {
        this.label = label;
        this.graph = recorded.snapshot();
        this.launches = List.copyOf(launches);
        this.run = run;
        int first = Integer.MAX_VALUE;
        int last = 0;
        for (Launch launch : launches) {
            scheduler.addWorkerGrid(recorded.getTaskGraphName() + "." + launch.id, launch.worker);
            if (launch.mark != 0) {
                first = Math.min(first, launch.mark);
                last = Math.max(last, launch.mark);
            }
        }
        this.firstMark = first;
        this.lastMark = last;
    }

    String label() {
        return label;
    }

    ImmutableTaskGraph graph() {
        return graph;
    }

    GridScheduler scheduler() {
        return scheduler;
    }

    List<Launch> launches() {
        return launches;
    }

    IntArray run() {
        return run;
    }

    int firstMark() {
        return firstMark;
    }

    /** How many consecutive places of {@link #run} hold marks of this graph. */
    int marks() {
        return lastMark - firstMark + 1;
    }

    /** The number of this graph in the plan. */
    int index() {
        return index;
    }

    void setIndex(int number) {
        index = number;
    }

    /** Notes how long the first execution took, in which runtime and driver compile the kernels. */
    void executed(long nanos) {
        if (!launched) {
            compileNanos = nanos;
            launched = true;
        }
    }

    /** Nanoseconds of the first execution; 0 if they were asked for before. */
    long takeCompileNanos() {
        long nanos = compileNanos;
        compileNanos = 0;
        return nanos;
    }

    /** Whether the runtime has shown this graph where its segments are. */
    boolean linked() {
        return linked;
    }

    void setLinked() {
        linked = true;
    }

    /** Fits all grids to the current rows and clears the marks of the previous run. */
    void prepare(int sequence) {
        for (Launch launch : launches) {
            launch.grid.resize(launch.worker);
            if (launch.mark != 0) {
                run.set(launch.mark, 0);
            }
        }
        run.set(Args.SEQUENCE, sequence);
    }

    /** The first task that left no mark in this run, or null. */
    Launch missing(int sequence) {
        for (Launch launch : launches) {
            if (launch.mark != 0 && run.get(launch.mark) != sequence) {
                return launch;
            }
        }
        return null;
    }

    /** For messages: the task that an error text speaks of, else all kernels. */
    String culprit(String errorText) {
        for (Launch launch : launches) {
            if (errorText.contains(launch.id)) {
                return "kernel " + launch.kernel;
            }
        }
        return launches.stream()
                .map(Launch::kernel)
                .distinct()
                .collect(Collectors.joining(", ", launches.size() == 1 ? "kernel " : "one of the kernels ", ""));
    }
}
