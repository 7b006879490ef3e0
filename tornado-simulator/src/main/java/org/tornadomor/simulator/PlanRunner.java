package org.tornadomor.simulator;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** Executes the graphs of a plan, for {@link uk.ac.manchester.tornado.api.TornadoExecutionPlan}. */
public final class PlanRunner {

    /**
     * What one execution leaves.
     *
     * @param figures its figures
     * @param graphs the graphs that it ran
     */
    public record Execution(Figures figures, List<BoundGraph> graphs) {}

    private final PlanState state;
    private final List<BoundGraph> graphs = new ArrayList<>();
    private final Set<String> taskNames = new HashSet<>();
    private List<BoundGraph> selected;
    private GridScheduler grids;
    private int checkedGrids;
    private ProfilerMode profiler;

    /**
     * A plan over graphs, with the switches as they are now. Graphs that were in a plan before keep their buffers, the
     * switches of that plan, and what ran before them, as they do in the runtime: so a plan grows by making a new one
     * from the old graphs and the new ones.
     */
    public PlanRunner(List<GraphSpec> specs) {
        state = specs.stream()
                .map(GraphSpec::bound)
                .filter(Objects::nonNull)
                .findFirst()
                .map(BoundGraph::state)
                .orElseGet(PlanState::create);
        for (GraphSpec spec : specs) {
            if (spec.bound() == null) {
                spec.bind(new BoundGraph(spec, state));
            }
            graphs.add(spec.bound());
            spec.tasks().forEach(task -> taskNames.add(task.name()));
        }
        selectAll();
    }

    /**
     * Narrows the plan to one graph.
     *
     * @throws TornadoRuntimeException if there is no such graph
     */
    public void select(int index) {
        if (index < 0 || index >= graphs.size()) {
            throw new TornadoRuntimeException(
                    "there is no graph " + index + ": the plan has graphs 0 to " + (graphs.size() - 1));
        }
        selected = List.of(graphs.get(index));
    }

    /** Widens the plan to all graphs. */
    public void selectAll() {
        selected = List.copyOf(graphs);
    }

    /**
     * Sets the grids, null for none.
     *
     * @throws SimulatorException if a grid names no task of the plan
     */
    public void grids(GridScheduler scheduler) {
        grids = scheduler;
        checkGridNames();
    }

    /** Collects figures from now on, null for none. */
    public void profiler(ProfilerMode mode) {
        profiler = mode;
    }

    /**
     * Limits device memory, null for no limit but the device's.
     *
     * @throws TornadoRuntimeException if the text is not a size
     */
    public void memoryLimit(String text) {
        state.memory().limit(text == null ? null : Options.size(text));
    }

    /** Makes the kernels of the selected graphs ready. */
    public void compile() {
        selected.forEach(BoundGraph::compile);
    }

    /**
     * Runs the selected graphs.
     *
     * @throws SimulatorException if anything breaks a rule
     */
    public Execution execute() {
        Figures figures = new Figures(profiler != null);
        long start = figures.now();
        if (grids != null && grids.keySet().size() != checkedGrids) {
            checkGridNames();
        }
        for (BoundGraph graph : selected) {
            graph.execute(grids, figures);
        }
        if (!selected.isEmpty()) {
            graphs.forEach(graph -> graph.ranBefore(selected.getLast()));
        }
        figures.addTotal(start);
        figures.deviceBytes(state.memory().used());
        if (profiler == ProfilerMode.CONSOLE) {
            System.out.println(figures.toJson());
        }
        return new Execution(figures, selected);
    }

    /**
     * Copies arrays to the host.
     *
     * @throws SimulatorException if no graph of the execution keeps one of them
     */
    public void download(Execution execution, Object... objects) {
        for (Object object : objects) {
            BoundGraph graph = keeper(execution, object);
            graph.download(graph.find((TornadoNativeArray) object), execution.figures());
        }
    }

    /**
     * Copies a part of an array to the host.
     *
     * @param offset in bytes, header included
     * @param bytes how many
     * @throws SimulatorException if no graph of the execution keeps the array
     */
    public void download(Execution execution, TornadoNativeArray array, long offset, long bytes) {
        BoundGraph graph = keeper(execution, array);
        graph.download(graph.find(array), offset, bytes, execution.figures());
    }

    private static BoundGraph keeper(Execution execution, Object object) {
        for (BoundGraph graph : execution.graphs()) {
            Slot slot = object instanceof TornadoNativeArray array ? graph.find(array) : null;
            if (slot != null && slot.buffer() != null && (slot.persisted() || slot.returned())) {
                return graph;
            }
        }
        String names = String.join(
                ", ", execution.graphs().stream().map(BoundGraph::name).toList());
        throw new SimulatorException(
                Rule.TRANSFER,
                "an array is to come back that graph " + names + " does not keep: declare it there with"
                        + " transferToHost(UNDER_DEMAND, ...) or persistOnDevice(...)");
    }

    /** Frees the buffers of the selected graphs. */
    public void free() {
        selected.forEach(BoundGraph::free);
    }

    /** {@return the bytes of device memory that the selected graphs hold} */
    public long deviceBytes() {
        Set<DeviceBuffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
        long bytes = 0;
        for (BoundGraph graph : selected) {
            for (Slot slot : graph.slots()) {
                if (slot.buffer() != null && buffers.add(slot.buffer())) {
                    bytes += slot.buffer().segment().byteSize();
                }
            }
        }
        return bytes;
    }

    /**
     * Frees the buffers of the selected graphs.
     *
     * @throws SimulatorException if several of them share one, which the runtime would then free twice
     */
    public void close() {
        Map<DeviceBuffer, BoundGraph> owners = new IdentityHashMap<>();
        String shared = null;
        for (BoundGraph graph : selected) {
            for (Slot slot : graph.slots()) {
                if (slot.buffer() != null && slot.freedWithGraph()) {
                    BoundGraph other = owners.put(slot.buffer(), graph);
                    if (other != null && shared == null) {
                        shared = "graphs " + other.name() + " and " + graph.name() + " share " + slot;
                    }
                }
            }
        }
        free();
        if (shared != null && state.options().checks()) {
            throw new SimulatorException(
                    Rule.CLOSE,
                    shared
                            + ": closing a plan with both selected frees the buffer twice, which the runtime answers with"
                            + " an error. Select the first graph with withGraph(0), then close");
        }
    }

    private void checkGridNames() {
        if (grids == null) {
            return;
        }
        for (String name : grids.keySet()) {
            if (!taskNames.contains(name)) {
                throw new SimulatorException(
                        Rule.GRID_NAME,
                        "a grid is named \"" + name + "\", which is no task of the plan. Names are graph.task; the task"
                                + " with the nearest name is \"" + Names.nearest(name, taskNames) + "\"");
            }
        }
        checkedGrids = grids.keySet().size();
    }
}
