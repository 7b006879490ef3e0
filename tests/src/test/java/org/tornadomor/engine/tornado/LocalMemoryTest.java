package org.tornadomor.engine.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What kernels allocate in local memory fits beside what the runtime takes of it. */
class LocalMemoryTest {
    private static final int RUNTIME = 8;
    private static final int SMALL = 32 << 10;

    private static DeviceProfile device(long localBytes) {
        return new DeviceProfile("OPENCL", "small", false, 1024, localBytes, 1L << 30, 1L << 30, 4);
    }

    private static Grid grid(int localBytes) {
        return Grid.groupPerRow(Extent.fixed(1), 64, localBytes);
    }

    @Test
    void aLaunchCountsWhatTheRuntimeTakes() {
        assertNull(grid(SMALL - RUNTIME).problem(device(SMALL)));
        assertEquals(
                "32764 bytes of local memory where the device has 32768 and the runtime leaves 32760",
                grid(SMALL - RUNTIME + 4).problem(device(SMALL)));
        assertNull(grid(0).problem(device(0)));
    }

    /** On a small device, on one where a group must not fill all that there is, and on one with hardly any. */
    @ParameterizedTest
    @CsvSource({
        "2, 32768",
        "32, 32768",
        "64, 32768",
        "126, 32768",
        "128, 32768",
        "256, 32768",
        "512, 32768",
        "256, 49152",
        "128, 16384",
        "64, 4096"
    })
    void attentionOfEveryHeadSizeFits(int dim, long localBytes) {
        List<TaskList.Planned> planned = new ArrayList<>();
        planned.addAll(record(dim, localBytes, 40, true));
        planned.addAll(record(dim, localBytes, 40, false));
        planned.addAll(record(dim, localBytes, 2, false));
        assertEquals(
                List.of("AttentionQueries", "AttentionKeys", "AttentionTiles", "Attention"),
                planned.stream().map(TaskList.Planned::kernel).toList());
        for (TaskList.Planned task : planned) {
            assertNull(task.grid().problem(device(localBytes)), task.kernel());
            assertTrue(task.grid().localBytes() > 0, task.kernel());
        }
    }

    /** A group has all its items where memory allows it: sums of 128 columns for each of 64 items would not have fitted. */
    @Test
    void gradientsDoNotShareColumnsAmongFewerItemsInLargeHeads() {
        for (TaskList.Planned task : record(128, SMALL, 40, true)) {
            assertEquals(64, task.grid().localX(), task.kernel());
            assertFalse(
                    task.grid().localBytes() > 2048,
                    task.kernel() + " takes " + task.grid().localBytes());
        }
    }

    private static List<TaskList.Planned> record(int dim, long localBytes, int max, boolean backward) {
        Ops ops = new Ops("attention");
        Extent rows = Extent.of("rows", max);
        Extent keys = Extent.fixed(50);
        AttentionOp.Heads heads = new AttentionOp.Heads(4, 2, dim, 1f);
        AttentionOp.Rows which = new AttentionOp.Rows(
                ops.i32("start", Extent.fixed(3)), ops.i32("keyStart", Extent.fixed(2)), ops.i32("visible", rows));
        Slot out = ops.f32("out", rows, 4 * dim);
        Slot lse = ops.f32("lse", rows, 4);
        Slot q = ops.f32("q", rows, 4 * dim);
        Slot k = ops.f32("k", keys, 2 * dim);
        Slot v = ops.f32("v", keys, 2 * dim);
        Op op = new AttentionOp.Attention(out, lse, q, k, v, which, heads);
        if (backward) {
            Slot dOut = ops.f32("dOut", rows, 4 * dim);
            Slot dq = ops.f32("dq", rows, 4 * dim);
            Slot dk = ops.f32("dk", keys, 2 * dim);
            Slot dv = ops.f32("dv", keys, 2 * dim);
            op = new AttentionOp.AttentionBackward(dq, dk, dv, dOut, out, lse, q, k, v, which, heads, false);
        }
        ops.add(op);
        Segment floats = new Segment(ElementType.F32, 4);
        Segment ints = new Segment(ElementType.I32, 4);
        List<Segment> bySlot = ops.slots().stream()
                .map(slot -> slot.type() == ElementType.F32 ? floats : ints)
                .toList();
        TaskList tasks = new TaskList("attention", device(localBytes), new NoResources(), bySlot);
        tasks.begin(op);
        DeviceOps.record(op, tasks);
        return tasks.planned();
    }

    /** Enough to record tasks that are never put into a graph. */
    private static final class NoResources implements TaskList.Resources {
        @Override
        public KernelContext context() {
            return null;
        }

        @Override
        public FloatArray noFloats(int number) {
            return null;
        }

        @Override
        public IntArray noInts(int number) {
            return null;
        }

        @Override
        public Object[] noArrays() {
            return new Object[0];
        }

        @Override
        public String nextId(String kernel) {
            return kernel;
        }

        @Override
        public Segment scratch(int floats) {
            return new Segment(ElementType.F32, 4);
        }
    }
}
