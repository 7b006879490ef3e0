package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.tornadomor.simulator.Harness.run;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.simulator.kernels.GoodKernels;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.WorkerGrid2D;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Kernels give the results that a device gives, however their work-items are run. */
class ExecutionTest {

    private static final int FIRST = DataTransferMode.FIRST_EXECUTION;
    private static final int EVERY = DataTransferMode.EVERY_EXECUTION;

    @Test
    void surplusWorkItemsDoNothing() {
        FloatArray y = FloatArray.fromElements(1, 2, 3, 4, 5);
        FloatArray x = FloatArray.fromElements(10, 20, 30, 40, 50);
        TaskGraph graph = new TaskGraph("g")
                .transferToDevice(EVERY, y, x)
                .task(
                        "t",
                        GoodKernels::axpy,
                        new KernelContext(),
                        y,
                        x,
                        FloatArray.fromElements(0.5f),
                        IntArray.fromElements(4))
                .transferToHost(EVERY, y);
        run(graph, 8, 4);
        assertArrayEquals(new float[] {6, 12, 18, 24, 5}, y.toHeapArray());
    }

    @Test
    void parallelLoopsRun() {
        FloatArray out = new FloatArray(6);
        TaskGraph graph = new TaskGraph("g")
                .task(
                        "t",
                        GoodKernels::outerSum,
                        out,
                        FloatArray.fromElements(10, 20),
                        FloatArray.fromElements(1, 2, 3))
                .transferToHost(EVERY, out);
        run(graph, null);
        assertArrayEquals(new float[] {11, 12, 13, 21, 22, 23}, out.toHeapArray());
    }

    @Test
    void scalarsAreCapturedWhenTheTaskIsAdded() {
        FloatArray x = FloatArray.fromElements(1, 2);
        FloatArray y = new FloatArray(2);
        float s = 3f;
        TaskGraph graph =
                new TaskGraph("g").task("t", GoodKernels::scale, y, x, s).transferToHost(EVERY, y);
        run(graph, null);
        assertArrayEquals(new float[] {3, 6}, y.toHeapArray());
    }

    @ParameterizedTest
    @CsvSource({"phases, true", "phases, false", "threads, true", "threads, false"})
    void barriersAndLocalMemory(String items, String checks) throws Throwable {
        Harness.with(
                "tornadomor.simulator.items",
                items,
                () -> Harness.with("tornadomor.simulator.checks", checks, () -> {
                    FloatArray in = new FloatArray(40);
                    in.init(1f);
                    FloatArray sums = new FloatArray(3);
                    TaskGraph graph = new TaskGraph("g")
                            .transferToDevice(FIRST, in)
                            .task("t", GoodKernels::groupSum, new KernelContext(), in, sums, 16)
                            .transferToHost(EVERY, sums);
                    run(graph, 48, 16);
                    assertArrayEquals(new float[] {16, 16, 8}, sums.toHeapArray());
                }));
    }

    @ParameterizedTest
    @CsvSource({"phases", "threads"})
    void variablesOfEveryKindSurviveBarriers(String items) throws Throwable {
        Harness.with("tornadomor.simulator.items", items, () -> {
            FloatArray out = new FloatArray(8);
            TaskGraph graph = new TaskGraph("g")
                    .task("t", GoodKernels::keepsVariables, new KernelContext(), out, 7, 1L << 20, 0.25)
                    .transferToHost(EVERY, out);
            run(graph, 8, 4);
            for (int i = 0; i < 8; i++) {
                int l = i % 4;
                double expected = 7 + (3 - l) * (3 - l) + l - 100 + (1 << 20) + l + 0.25 * l + 0.5 * l + l % 2 * 1000;
                assertEquals((float) expected, out.get(i));
            }
        });
    }

    @Test
    void threeDimensions() {
        IntArray out = new IntArray(4 * 6 * 2);
        WorkerGrid3D grid = new WorkerGrid3D(4, 6, 2);
        grid.setLocalWork(2, 3, 1);
        TaskGraph graph = new TaskGraph("g")
                .task("t", GoodKernels::whereAmI, new KernelContext(), out)
                .transferToHost(EVERY, out);
        run(graph, grid);
        for (int z = 0; z < 2; z++) {
            for (int y = 0; y < 6; y++) {
                for (int x = 0; x < 4; x++) {
                    int expected = x / 2 * 1_000_000 + y / 3 * 100_000 + z * 10_000 + x % 2 * 1000 + y % 3 * 100 + 6;
                    assertEquals(expected, out.get((z * 6 + y) * 4 + x));
                }
            }
        }
    }

    @Test
    void atomicsCountFromAllGroups() {
        FloatArray x = new FloatArray(64);
        for (int i = 0; i < 64; i += 3) {
            x.set(i, 1f);
        }
        IntArray count = new IntArray(1);
        TaskGraph graph = new TaskGraph("g")
                .task("t", GoodKernels::countPositive, new KernelContext(), x, count)
                .transferToHost(EVERY, count);
        run(graph, 64, 8);
        assertEquals(22, count.get(0));
    }

    @Test
    void globalBarrierOrdersGlobalMemory() {
        FloatArray x = FloatArray.fromElements(0, 1, 2, 3, 4, 5, 6, 7);
        TaskGraph graph = new TaskGraph("g")
                .task("t", GoodKernels::rotateInGroup, new KernelContext(), x)
                .transferToHost(EVERY, x);
        run(graph, 8, 4);
        assertArrayEquals(new float[] {1, 2, 3, 0, 5, 6, 7, 4}, x.toHeapArray());
    }

    @Test
    void helpersAndForEachLoops() {
        FloatArray x = FloatArray.fromElements(1, 2, 3, 4);
        FloatArray y = new FloatArray(4);
        run(
                new TaskGraph("g")
                        .task("t", GoodKernels::viaHelper, new KernelContext(), y, x)
                        .transferToHost(EVERY, y),
                4,
                2);
        assertArrayEquals(new float[] {2, 4, 6, 8}, y.toHeapArray());
        run(
                new TaskGraph("g")
                        .task("t", GoodKernels::forEachOverLocal, new KernelContext(), y)
                        .transferToHost(EVERY, y),
                4,
                4);
        assertArrayEquals(new float[] {6, 6, 6, 6}, y.toHeapArray());
    }

    @Test
    void lambdasThatWrapAKernelRun() {
        FloatArray in = new FloatArray(8);
        in.init(2f);
        FloatArray sums = new FloatArray(2);
        TaskGraph graph = new TaskGraph("g")
                .transferToDevice(FIRST, in)
                .<KernelContext, FloatArray, FloatArray, Integer>task(
                        "t", (c, a, b, local) -> GoodKernels.groupSum(c, a, b, local), new KernelContext(), in, sums, 4)
                .transferToHost(EVERY, sums);
        run(graph, 8, 4);
        assertArrayEquals(new float[] {8, 8}, sums.toHeapArray());
    }

    @Property(tries = 60)
    void tiledMatmulOfAnyShape(
            @ForAll @IntRange(min = 1, max = 20) int m,
            @ForAll @IntRange(min = 1, max = 20) int n,
            @ForAll @IntRange(min = 1, max = 20) int k) {
        FloatArray a = new FloatArray(m * k);
        FloatArray b = new FloatArray(k * n);
        for (int i = 0; i < a.getSize(); i++) {
            a.set(i, i * 37 % 11 - 5);
        }
        for (int i = 0; i < b.getSize(); i++) {
            b.set(i, i * 17 % 13 - 6);
        }
        FloatArray out = new FloatArray(m * n);
        WorkerGrid2D grid = new WorkerGrid2D((n + 7) / 8 * 8, (m + 7) / 8 * 8);
        grid.setLocalWork(8, 8, 1);
        run(
                new TaskGraph("g")
                        .transferToDevice(FIRST, a, b)
                        .task("t", GoodKernels::matmulTiled, new KernelContext(), a, b, out, m, n, k)
                        .transferToHost(EVERY, out),
                grid);
        for (int row = 0; row < m; row++) {
            for (int column = 0; column < n; column++) {
                float expected = 0f;
                for (int i = 0; i < k; i++) {
                    expected += a.get(row * k + i) * b.get(i * n + column);
                }
                assertEquals(expected, out.get(row * n + column));
            }
        }
    }

    @Test
    void contextIsUsableAsPlainJava() {
        KernelContext c = new KernelContext();
        FloatArray y = FloatArray.fromElements(1, 2);
        GoodKernels.axpy(c, y, FloatArray.fromElements(5, 5), FloatArray.fromElements(2), IntArray.fromElements(2));
        assertArrayEquals(new float[] {11, 2}, y.toHeapArray());
        c.localBarrier();
        c.globalBarrier();
        assertEquals(3, c.allocateDoubleLocalArray(3).length);
        assertEquals(0, c.localGroupSizeX);
        assertEquals(1.5f, c.simdSum(1.5f));
        c.atomicAdd(y, 1, 3f);
        assertEquals(5f, y.get(1));
    }
}
