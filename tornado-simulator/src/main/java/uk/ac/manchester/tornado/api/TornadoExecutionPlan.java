package uk.ac.manchester.tornado.api;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.tornadomor.simulator.PlanRunner;
import org.tornadomor.simulator.SimulatedRuntime;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;

/**
 * Runs graphs on a device. {@link #withGraph} narrows the plan to one graph until the next {@link #withGraph} or {@link
 * #withAllGraphs}: execution, pre-compilation, freeing and closing then concern that graph alone. A plan is for one
 * thread at a time.
 */
public class TornadoExecutionPlan implements AutoCloseable {

    private static final AtomicInteger PLANS = new AtomicInteger();

    /** The first device of the first backend. */
    public static TornadoDevice DEFAULT_DEVICE = SimulatedRuntime.instance().getDefaultDevice();

    private final PlanRunner runner;
    private final long id = PLANS.incrementAndGet();

    /** A plan over graphs that are executed in this order unless one is selected. */
    public TornadoExecutionPlan(ImmutableTaskGraph... immutableTaskGraphs) {
        runner = new PlanRunner(List.copyOf(
                Arrays.stream(immutableTaskGraphs).map(ImmutableTaskGraph::spec).toList()));
    }

    /**
     * {@return a device}
     *
     * @throws uk.ac.manchester.tornado.api.exceptions.TornadoBackendNotFound if there is no such backend
     * @throws uk.ac.manchester.tornado.api.exceptions.TornadoDeviceNotFound if there is no such device
     */
    public static TornadoDevice getDevice(int backendIndex, int deviceIndex) {
        return SimulatedRuntime.instance().getBackend(backendIndex).getDevice(deviceIndex);
    }

    /** {@return the number of plans made so far} */
    public static int getTotalPlans() {
        return PLANS.get();
    }

    /** {@return all backends and devices} */
    public static TornadoDeviceMap getTornadoDeviceMap() {
        return new TornadoDeviceMap();
    }

    /**
     * Runs the selected graphs and waits for them.
     *
     * @throws org.tornadomor.simulator.SimulatorException if a graph, a grid or a kernel breaks a rule
     */
    public TornadoExecutionResult execute() {
        return new TornadoExecutionResult(runner, runner.execute());
    }

    /**
     * Selects one graph, by its position in the constructor.
     *
     * @throws uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException if there is no such graph
     */
    public TornadoExecutionPlan withGraph(int graphIndex) {
        runner.select(graphIndex);
        return this;
    }

    /** Selects all graphs. */
    public TornadoExecutionPlan withAllGraphs() {
        runner.selectAll();
        return this;
    }

    /** Makes the kernels of the selected graphs runnable without running them. */
    public TornadoExecutionPlan withPreCompilation() {
        runner.compile();
        return this;
    }

    /**
     * Selects the device of all tasks.
     *
     * @throws uk.ac.manchester.tornado.api.exceptions.TornadoDeviceNotFound if it is not one of this runtime's
     */
    public TornadoExecutionPlan withDevice(TornadoDevice device) {
        SimulatedRuntime.instance().require(device);
        return this;
    }

    /**
     * Selects the device of one task.
     *
     * @throws uk.ac.manchester.tornado.api.exceptions.TornadoDeviceNotFound if it is not one of this runtime's
     */
    public TornadoExecutionPlan withDevice(String taskName, TornadoDevice device) {
        SimulatedRuntime.instance().require(device);
        return this;
    }

    /** {@return the device that runs a graph} */
    public TornadoDevice getDevice(int immutableTaskGraphIndex) {
        return SimulatedRuntime.instance().getDefaultDevice();
    }

    /** Frees the device memory of the selected graphs; their next execution transfers everything anew. */
    public TornadoExecutionPlan freeDeviceMemory() {
        runner.free();
        return this;
    }

    /**
     * Sets the grids of tasks.
     *
     * @throws org.tornadomor.simulator.SimulatorException if a grid names no task of the plan
     */
    public TornadoExecutionPlan withGridScheduler(GridScheduler gridScheduler) {
        runner.grids(gridScheduler);
        return this;
    }

    /** Forgets the grids of tasks. */
    public TornadoExecutionPlan withDefaultScheduler() {
        runner.grids(null);
        return this;
    }

    /** Collects figures from the next execution on. */
    public TornadoExecutionPlan withProfiler(ProfilerMode profilerMode) {
        runner.profiler(profilerMode);
        return this;
    }

    /** Collects no figures. */
    public TornadoExecutionPlan withoutProfiler() {
        runner.profiler(null);
        return this;
    }

    /** Starts the figures at zero; each execution has its own anyway. */
    public TornadoExecutionPlan clearProfiles() {
        return this;
    }

    /**
     * Limits the device memory of this plan, for example {@code "512MB"} or {@code "1GB"} (powers of ten).
     *
     * @throws uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException if the text is not a size
     */
    public TornadoExecutionPlan withMemoryLimit(String memoryLimit) {
        runner.memoryLimit(memoryLimit);
        return this;
    }

    /** Lifts the limit of {@link #withMemoryLimit}. */
    public TornadoExecutionPlan withoutMemoryLimit() {
        runner.memoryLimit(null);
        return this;
    }

    /** Passes flags to the compiler of a backend. The simulator has none, so flags for any backend change nothing. */
    public TornadoExecutionPlan withCompilerFlags(TornadoVMBackendType backend, String compilerFlags) {
        return this;
    }

    /** Runs the selected graphs a number of times. */
    public TornadoExecutionPlan withWarmUpIterations(int iterations) {
        for (int i = 0; i < iterations; i++) {
            runner.execute();
        }
        return this;
    }

    /** {@return the number of this plan, from 1} */
    public long getId() {
        return id;
    }

    /** {@return the device memory that the selected graphs hold, in bytes} */
    public long getCurrentDeviceMemoryUsage() {
        return runner.deviceBytes();
    }

    /**
     * Frees the device memory of the selected graphs.
     *
     * @throws org.tornadomor.simulator.SimulatorException if several selected graphs share a buffer, which the runtime
     *     would free more than once: select the first graph before closing
     */
    @Override
    public void close() throws TornadoExecutionPlanException {
        runner.close();
    }
}
