package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.tornadomor.UserError;
import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.exceptions.TornadoMemoryException;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Runs graphs in any order over memory that stays on the device, although graphs and memory keep coming.
 *
 * <p>The runtime's plans are made from a fixed list of graphs. But a graph keeps its compiled code and the places of its arrays
 * when a new plan is made from the old graphs and new ones, so this is what happens when a graph was added. A graph learns
 * where a segment is from the graph that ran before it, if it declares that it consumes the segment from a graph of that name.
 * Memory graphs hold all segments, and other graphs consume segments from them by name. Program graphs hold only the segments
 * that they use, and nothing but one small anchor is consumed from them. A graph therefore runs for the first time straight
 * after the latest memory graph, and after that in any order.
 *
 * <p>Launches return before the device has finished, copies to the device read host memory meanwhile, and a failed launch is
 * not reported. So each execution ends by reading back the marks that its tasks left: this waits for the tasks and proves that
 * they ran.
 */
final class DevicePlan implements AutoCloseable {
    /** No fast math: decisions compare logits with zero, and losses must see what is not finite. */
    private static final String OPENCL_FLAGS = "-w";

    /** The runtime colours its messages. */
    private static final Pattern ANSI = Pattern.compile("\u001b\\[[0-9;]*m");

    private final DeviceProfile device;
    private final boolean profile;
    private final boolean compileOnly;
    private final List<DeviceGraph> graphs = new ArrayList<>();
    private int planned;
    private TornadoExecutionPlan plan;
    private DeviceGraph memory;
    /** The result of the latest memory graph, which holds all segments; null if it has not run in this plan. */
    private TornadoExecutionResult keeper;

    private int sequence;

    DevicePlan(DeviceProfile device, boolean profile, boolean compileOnly) {
        this.device = device;
        this.profile = profile;
        this.compileOnly = compileOnly;
    }

    /** Adds a graph. */
    void add(DeviceGraph graph) {
        for (DeviceGraph.Launch launch : graph.launches()) {
            String problem = launch.grid().problem(device);
            if (problem != null) {
                throw new UserError("kernel " + launch.kernel() + " of " + graph.label() + " cannot run on "
                        + device.label() + ": " + problem);
            }
        }
        graph.setIndex(graphs.size());
        graphs.add(graph);
    }

    /** Runs a graph that allocates memory; from now on new graphs learn the places of segments from it. */
    void executeMemory(DeviceGraph graph) {
        execute(graph);
        memory = graph;
        keeper = null;
    }

    /**
     * Runs a graph on what its run array says, to the end.
     *
     * @return nanoseconds in kernels, 0 if they are not measured
     */
    long execute(DeviceGraph graph) {
        if (planned < graphs.size()) {
            replan();
        }
        if (!graph.linked() && memory != null) {
            launch(memory);
        }
        long nanos = launch(graph);
        graph.setLinked();
        return nanos;
    }

    private void replan() {
        ImmutableTaskGraph[] all = graphs.stream().map(DeviceGraph::graph).toArray(ImmutableTaskGraph[]::new);
        plan = new TornadoExecutionPlan(all);
        plan.withCompilerFlags(TornadoVMBackendType.OPENCL, OPENCL_FLAGS);
        planned = all.length;
        keeper = null;
    }

    private long launch(DeviceGraph graph) {
        graph.prepare(++sequence);
        try {
            TornadoExecutionPlan selected = plan.withGraph(graph.index()).withGridScheduler(graph.scheduler());
            if (compileOnly) {
                if (!graph.linked()) {
                    selected.withPreCompilation();
                }
                return 0;
            }
            long start = System.nanoTime();
            TornadoExecutionResult result = (profile ? selected.withProfiler(ProfilerMode.SILENT) : selected).execute();
            graph.executed(System.nanoTime() - start);
            if (graph == memory) {
                keeper = result;
            }
            long nanos = profile ? result.getProfilerResult().getDeviceKernelTime() : 0;
            if (graph.marks() > 0) {
                result.transferToHost(
                        new DataRange(graph.run()).withOffset(graph.firstMark()).withSize(graph.marks()));
            }
            DeviceGraph.Launch missing = graph.missing(sequence);
            if (missing != null) {
                throw new UserError("kernel " + missing.kernel() + " of " + graph.label() + " did not run on "
                        + device.label() + "; what the driver printed tells why");
            }
            return nanos;
        } catch (TornadoOutOfMemoryException | TornadoMemoryException e) {
            throw new UserError(
                    graph.label() + " found no memory on " + device.label() + " (" + e.getMessage()
                            + "); use a smaller batch, context or model, or raise " + DeviceProfile.POOL_PROPERTY,
                    e);
        } catch (UserError | VirtualMachineError e) {
            throw e;
        } catch (RuntimeException | Error e) {
            // Internal errors of the runtime are of the class Error.
            throw new UserError(
                    graph.culprit(String.valueOf(e.getMessage())) + " of " + graph.label() + " failed on "
                            + device.label() + ": " + firstLine(e),
                    e);
        }
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage())
                .lines()
                .limit(2)
                .reduce((a, b) -> a + " " + b)
                .orElse(e.toString());
    }

    /** Copies elements of a segment to its host array and returns when they are there. */
    void download(TornadoNativeArray array, long offset, long size) {
        if (compileOnly) {
            return;
        }
        if (planned < graphs.size()) {
            replan();
        }
        if (keeper == null) {
            launch(memory);
        }
        try {
            plan.withGraph(memory.index());
            keeper.transferToHost(new DataRange(array).withOffset(offset).withSize(size));
        } catch (VirtualMachineError e) {
            throw e;
        } catch (RuntimeException | Error e) {
            throw new UserError("reading results back from " + device.label() + " failed: " + firstLine(e), e);
        }
    }

    /** Frees the memory of the device. */
    @Override
    public void close() {
        if (plan == null || compileOnly) {
            return;
        }
        // The latest memory graph holds every segment; freeing through several graphs would free each several times.
        plan.withGraph(memory.index());
        try {
            plan.close();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException("closing the device failed: " + e.getMessage(), e);
        }
        plan = null;
    }
}
