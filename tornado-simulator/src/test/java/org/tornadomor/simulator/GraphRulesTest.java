package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.tornadomor.simulator.Harness.expect;
import static org.tornadomor.simulator.Harness.grid;
import static org.tornadomor.simulator.Harness.run;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.tornadomor.simulator.kernels.GoodKernels;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.exceptions.TornadoBackendNotFound;
import uk.ac.manchester.tornado.api.exceptions.TornadoTaskRuntimeException;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** What a graph, a grid and a plan are refused for before a kernel runs. */
class GraphRulesTest {

    private final KernelContext context = new KernelContext();
    private final FloatArray x = new FloatArray(64);
    private final FloatArray y = new FloatArray(64);

    private TaskGraph increment() {
        return new TaskGraph("g").task("t", GoodKernels::increment, context, x);
    }

    @Test
    void localWorkMustDivideGlobalWork() {
        expect(
                Rule.GRID,
                () -> run(increment(), 60, 16),
                "task g.t",
                "local work does not divide global work in dimension x",
                "round global work up to 64");
    }

    @Test
    void groupsHaveALimit() throws Throwable {
        Harness.with(
                "tornadomor.simulator.maxGroup",
                "32",
                () -> expect(
                        Rule.GRID,
                        () -> run(increment(), 64, 64),
                        "a group of 64 work-items is larger",
                        "device's 32"));
    }

    @Test
    void anEmptyGridIsRefused() {
        WorkerGrid grid = new WorkerGrid1D(0);
        expect(Rule.GRID, () -> run(increment(), grid), "every size must be positive");
    }

    @Test
    void theRuntimeMayChooseTheGroup() {
        run(increment(), new WorkerGrid1D(60));
    }

    @Test
    void aGridMayChangeBetweenExecutions() {
        WorkerGrid grid = grid(16, 8);
        TornadoExecutionPlan plan = new TornadoExecutionPlan(increment()
                        .transferToHost(DataTransferMode.EVERY_EXECUTION, x)
                        .snapshot())
                .withGridScheduler(new GridScheduler("g.t", grid));
        plan.execute();
        grid.setGlobalWork(64, 1, 1);
        grid.setLocalWork(16, 1, 1);
        plan.execute();
        assertEquals(2f, x.get(0));
        assertEquals(1f, x.get(63));
    }

    @Test
    void aKernelNeedsAGrid() {
        expect(Rule.NO_GRID, () -> run(increment(), null), "task g.t takes a KernelContext but has no grid");
    }

    @Test
    void aMisspeltGridIsNoticed() {
        TornadoExecutionPlan plan = new TornadoExecutionPlan(increment().snapshot());
        expect(
                Rule.GRID_NAME,
                () -> plan.withGridScheduler(new GridScheduler("g.tt", grid(64, 8))),
                "\"g.tt\", which is no task of the plan",
                "nearest name is \"g.t\"");
        GridScheduler grids = new GridScheduler("g.t", grid(64, 8));
        plan.withGridScheduler(grids).execute();
        grids.addWorkerGrid("h.t", grid(64, 8));
        expect(Rule.GRID_NAME, plan::execute, "\"h.t\"");
    }

    @Test
    void anArrayIsPassedOnce() {
        expect(
                Rule.DUPLICATE_ARGUMENT,
                () -> new TaskGraph("g").task("t", GoodKernels::copy, context, x, x),
                "arguments 2 and 3 of task g.t are the same array",
                "with offsets");
    }

    @Test
    void argumentsAreArraysNumbersAndContexts() {
        expect(
                Rule.ARGUMENT,
                () -> new TaskGraph("g").task("t", list -> list.add(1), new ArrayList<Integer>()),
                "argument 1 of task g.t is a java.util.ArrayList");
        expect(
                Rule.ARGUMENT,
                () -> new TaskGraph("g").task("t", GoodKernels::increment, context, null),
                "argument 2 of task g.t is null");
    }

    @Test
    void tasksHaveNamesOfTheirOwn() {
        assertThrows(
                TornadoTaskRuntimeException.class, () -> increment().task("t", GoodKernels::increment, context, x));
    }

    @Test
    void aGraphHoldsSoManyTasks() {
        TaskGraph graph = new TaskGraph("g");
        for (int i = 0; i < 256; i++) {
            graph.task("t" + i, GoodKernels::increment, context, x);
        }
        expect(Rule.GRAPH_SIZE, () -> graph.task("more", GoodKernels::increment, context, x), "already has 256 tasks");
    }

    @Test
    void aGraphHoldsSoManyArguments() {
        TaskGraph graph = new TaskGraph("g");
        FloatArray out = new FloatArray(64);
        // 15 + 5 x 7 = 50 bytes: 163 tasks take 8150 of 8192
        for (int i = 0; i < 163; i++) {
            graph.task("t" + i, GoodKernels::matmulTiled, context, x, y, out, 8, 8, 8);
        }
        graph.task("ends", GoodKernels::copy, context, x, y);
        expect(
                Rule.GRAPH_SIZE,
                () -> graph.task("more", GoodKernels::increment, context, x),
                "brings the task list of graph g to 8205 bytes",
                "the runtime has 8192");
    }

    @Test
    void devicesAreListed() {
        TornadoDevice device = TornadoExecutionPlan.getDevice(0, 0);
        assertEquals(TornadoExecutionPlan.DEFAULT_DEVICE, device);
        assertEquals(TornadoVMBackendType.JAVA, device.getTornadoVMBackend());
        assertEquals(1, TornadoRuntimeProvider.getTornadoRuntime().getNumBackends());
        assertEquals(
                1,
                TornadoExecutionPlan.getTornadoDeviceMap()
                        .getDevicesByType(TornadoDeviceType.CPU)
                        .count());
        assertEquals(1024, device.getDeviceMaxWorkgroupDimensions()[0]);
        assertThrows(TornadoBackendNotFound.class, () -> TornadoExecutionPlan.getDevice(1, 0));
        new TornadoExecutionPlan(increment().snapshot()).withDevice(device);
    }
}
