package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadomor.simulator.Harness.expect;
import static org.tornadomor.simulator.Harness.grid;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tornadomor.simulator.kernels.GoodKernels;
import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The device has memory of its own, filled, shared and emptied by the runtime's rules. */
class DeviceMemoryTest {

    private static final int FIRST = DataTransferMode.FIRST_EXECUTION;
    private static final int EVERY = DataTransferMode.EVERY_EXECUTION;
    private static final int DEMAND = DataTransferMode.UNDER_DEMAND;

    private final FloatArray x = FloatArray.fromElements(1, 2, 3, 4);
    private final FloatArray y = new FloatArray(4);

    private static TornadoExecutionPlan plan(TaskGraph... graphs) {
        ImmutableTaskGraph[] snapshots = new ImmutableTaskGraph[graphs.length];
        GridScheduler grids = new GridScheduler();
        for (int i = 0; i < graphs.length; i++) {
            snapshots[i] = graphs[i].snapshot();
            grids.addWorkerGrid(graphs[i].getTaskGraphName() + ".t", grid(4, 2));
        }
        return new TornadoExecutionPlan(snapshots).withGridScheduler(grids);
    }

    private TaskGraph increment(String name) {
        return new TaskGraph(name).task("t", GoodKernels::increment, new KernelContext(), x);
    }

    @Test
    void firstExecutionCopiesOnce() {
        TornadoExecutionPlan plan =
                plan(increment("g").transferToDevice(FIRST, x).transferToHost(EVERY, x));
        plan.execute();
        plan.execute();
        assertArrayEquals(new float[] {3, 4, 5, 6}, x.toHeapArray());
    }

    @Test
    void everyExecutionCopiesEachTime() {
        TornadoExecutionPlan plan =
                plan(increment("g").transferToDevice(EVERY, x).transferToHost(EVERY, x));
        plan.execute();
        x.init(10f);
        plan.execute();
        assertArrayEquals(new float[] {11, 11, 11, 11}, x.toHeapArray());
    }

    @Test
    void aMissingTransferShows() {
        TornadoExecutionPlan plan = plan(increment("g").transferToDevice(FIRST, x));
        plan.execute();
        assertArrayEquals(new float[] {1, 2, 3, 4}, x.toHeapArray());
    }

    @Test
    void underDemandIsAllocatedWithGarbage() {
        TornadoExecutionPlan plan =
                plan(increment("g").transferToDevice(DEMAND, x).transferToHost(EVERY, x));
        plan.execute();
        assertTrue(Float.isNaN(x.get(0)));
    }

    @Test
    void resultsComeWhenAskedFor() {
        TornadoExecutionPlan plan =
                plan(increment("g").transferToDevice(FIRST, x).persistOnDevice(x));
        TornadoExecutionResult result = plan.execute();
        result.transferToHost(new DataRange(x).withOffset(1).withSize(2));
        assertArrayEquals(new float[] {1, 3, 4, 4}, x.toHeapArray());
        result.transferToHost(x);
        assertArrayEquals(new float[] {2, 3, 4, 5}, x.toHeapArray());
        expect(Rule.TRANSFER, () -> result.transferToHost(y), "graph g does not keep");
    }

    @Test
    void aRangeOutsideTheArrayIsRefused() {
        TornadoExecutionResult result = plan(increment("g")
                        .transferToDevice(FIRST, x)
                        .persistOnDevice(x))
                .execute();
        assertThrows(RuntimeException.class, () -> result.transferToHost(new DataRange(x).withOffset(1)));
    }

    @Test
    void anArrayThatNoTaskWritesIsNotReturned() {
        TornadoExecutionPlan plan = plan(new TaskGraph("g")
                .task("t", GoodKernels::copy, new KernelContext(), x, y)
                .transferToHost(EVERY, x));
        expect(Rule.TRANSFER, plan::execute, "graph g transfers FloatArray x", "none of its tasks writes it");
    }

    @Test
    void residentArraysInAnyOrder() throws Exception {
        TornadoExecutionPlan plan = plan(
                increment("first").transferToDevice(FIRST, x).persistOnDevice(x),
                increment("b").consumeFromDevice(x).persistOnDevice(x),
                increment("c").consumeFromDevice(x).persistOnDevice(x));
        TornadoExecutionResult result = plan.withGraph(0).execute();
        Random order = new Random(7);
        for (int i = 0; i < 60; i++) {
            result = plan.withGraph(1 + order.nextInt(2)).execute();
        }
        result.transferToHost(x);
        assertArrayEquals(new float[] {62, 63, 64, 65}, x.toHeapArray());
        plan.withGraph(0).close();
    }

    @Test
    void closingAllGraphsFreesASharedBufferTwice() throws Exception {
        TornadoExecutionPlan plan = plan(
                increment("first").transferToDevice(FIRST, x).persistOnDevice(x),
                increment("b").consumeFromDevice(x).persistOnDevice(x));
        plan.withGraph(0).execute();
        plan.withGraph(1).execute();
        plan.withAllGraphs();
        expect(Rule.CLOSE, plan::close, "graphs first and b share FloatArray x", "withGraph(0)");
    }

    @Test
    void consumingBeforeAnythingRan() {
        TornadoExecutionPlan plan = plan(increment("b").consumeFromDevice(x));
        expect(Rule.CONSUME, plan::execute, "graph b consumes", "no graph of the plan has run before");
    }

    @Test
    void graphsOfOneExecuteDoNotSeeEachOther() {
        TornadoExecutionPlan plan = plan(
                increment("a").transferToDevice(FIRST, x).persistOnDevice(x),
                increment("b").consumeFromDevice(x));
        expect(Rule.CONSUME, plan::execute, "select them one by one with withGraph(i)");
    }

    @Test
    void consumingWhatWasNotPersisted() {
        TornadoExecutionPlan plan =
                plan(increment("a").transferToDevice(FIRST, x), increment("b").consumeFromDevice(x));
        plan.withGraph(0).execute();
        expect(
                Rule.CONSUME,
                () -> plan.withGraph(1).execute(),
                "graph b consumes FloatArray x (4 elements), but graph a, which ran before, does not persist it");
    }

    @Test
    void consumingPastAGraphThatDoesNotPassItOn() {
        TornadoExecutionPlan plan = plan(
                increment("a").transferToDevice(FIRST, x).persistOnDevice(x),
                new TaskGraph("between").task("t", GoodKernels::fillWithId, new KernelContext(), y),
                increment("c").consumeFromDevice("a", x));
        plan.withGraph(0).execute();
        plan.withGraph(2).execute();
        plan.withGraph(1).execute();
        expect(Rule.CONSUME, () -> plan.withGraph(2).execute(), "graph between, which ran before, does not know it");
    }

    @Test
    void consumingByNameFromTheWrongGraph() {
        FloatArray z = new FloatArray(4);
        TornadoExecutionPlan plan = plan(
                increment("a").transferToDevice(FIRST, x).persistOnDevice(x),
                new TaskGraph("b")
                        .task("t", GoodKernels::fillWithId, new KernelContext(), z)
                        .persistOnDevice(z),
                new TaskGraph("c")
                        .consumeFromDevice("a", x)
                        .consumeFromDevice("b", z)
                        .task("t", GoodKernels::copy, new KernelContext(), x, z));
        plan.withGraph(0).execute();
        plan.withGraph(1).execute();
        expect(Rule.CONSUME, () -> plan.withGraph(2).execute(), "from graph a, but the graph that ran before is b");
    }

    @Test
    void consumingWhatNoTaskUses() {
        TornadoExecutionPlan plan = plan(
                increment("a").transferToDevice(FIRST, x, y).persistOnDevice(x, y),
                new TaskGraph("b").consumeFromDevice(x, y).task("t", GoodKernels::copy, new KernelContext(), x, y));
        plan.withGraph(0).execute();
        expect(Rule.CONSUME, () -> plan.withGraph(1).execute(), "none of its tasks uses it");
    }

    @Test
    void consumingWhatWasNeverReadInTheFirst() {
        TornadoExecutionPlan plan = plan(
                new TaskGraph("a")
                        .transferToDevice(FIRST, x)
                        .task("t", GoodKernels::fillWithId, new KernelContext(), x)
                        .persistOnDevice(x),
                increment("b").consumeFromDevice(x));
        plan.withGraph(0).execute();
        expect(
                Rule.NEVER_READ,
                () -> plan.withGraph(1).execute(),
                "graph a declares it FIRST_EXECUTION and only writes it");
    }

    @Test
    void hostChangesAfterTheOnlyCopy() {
        TornadoExecutionPlan plan = plan(increment("g").transferToDevice(FIRST, x));
        plan.execute();
        x.set(2, 100f);
        expect(Rule.HOST_CHANGED, plan::execute, "FloatArray x (4 elements) was changed on the host");
    }

    @Test
    void whatTheDeviceSendsBackIsNoHostChange() {
        TornadoExecutionPlan plan =
                plan(increment("g").transferToDevice(FIRST, x).persistOnDevice(x));
        plan.execute().transferToHost(x);
        plan.execute();
    }

    @Test
    void freedMemoryIsFilledAnew() {
        TornadoExecutionPlan plan =
                plan(increment("g").transferToDevice(FIRST, x).transferToHost(EVERY, x));
        plan.execute();
        assertEquals(32, plan.getCurrentDeviceMemoryUsage());
        plan.freeDeviceMemory();
        assertEquals(0, plan.getCurrentDeviceMemoryUsage());
        x.init(5f);
        plan.execute();
        assertArrayEquals(new float[] {6, 6, 6, 6}, x.toHeapArray());
    }

    @Test
    void figuresCountOwnArraysAndNeedAProfiler() {
        IntArray range = IntArray.fromElements(0, 4);
        TornadoExecutionPlan plan = plan(new TaskGraph("g")
                .transferToDevice(FIRST, x)
                .transferToDevice(EVERY, range)
                .task("t", GoodKernels::axpy, new KernelContext(), x, y, FloatArray.fromElements(1f), range)
                .transferToHost(EVERY, x));
        assertEquals(0, plan.execute().getProfilerResult().getTotalBytesTransferred());
        plan.withProfiler(ProfilerMode.SILENT);
        TornadoExecutionResult second = plan.execute();
        assertEquals(8, second.getProfilerResult().getTotalBytesCopyIn());
        assertEquals(16, second.getProfilerResult().getTotalBytesCopyOut());
        assertTrue(second.getProfilerResult().getDeviceKernelTime() > 0);
        assertTrue(second.getProfilerResult().getTotalTime()
                >= second.getProfilerResult().getDeviceKernelTime());
    }

    @Test
    void memoryLimits() throws Throwable {
        TornadoExecutionPlan limited =
                plan(increment("g").transferToDevice(FIRST, x)).withMemoryLimit("1KB");
        limited.execute();
        FloatArray large = new FloatArray(1000);
        TornadoExecutionPlan full = plan(new TaskGraph("g")
                        .task("t", GoodKernels::increment, new KernelContext(), large))
                .withMemoryLimit("4000B");
        String message =
                assertThrows(TornadoOutOfMemoryException.class, full::execute).getMessage();
        assertTrue(message.contains("needs 4016 bytes; 0 of 4000 bytes"), message);
        Harness.with("tornadomor.simulator.maxAllocation", "4000", () -> {
            TornadoExecutionPlan small =
                    plan(new TaskGraph("g").task("t", GoodKernels::increment, new KernelContext(), large));
            String reason = assertThrows(TornadoOutOfMemoryException.class, small::execute)
                    .getMessage();
            assertTrue(reason.contains("the largest allocation of the device is 4000"), reason);
        });
    }
}
