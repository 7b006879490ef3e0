package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.tornadomor.UserError;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Extent;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The arrays on the device. They are allocated there without a copy and filled with zeros by a kernel. The runtime
 * cannot give a single array back, so segments of closed arenas wait here for the next arena that they fit.
 *
 * <p>{@code array[i] = 0} for new and for reused arrays.
 * Lesson 1 ({@code docs/lessons/01-loop-body}) leads to it.
 *
 * <pre>{@code
 * clear:    [ 0 ... 63 ][ 64 ... 127 ] ...    work-items go over a new array with strides of the whole grid
 * }</pre>
 */
final class DeviceMemory {
    private static final int HEADER_BYTES = 24;
    private static final int FILL_GROUP = 64;
    private static final int FILL_ITEMS = 1 << 14;
    /** A waiting segment has at most this many times the elements of the request that it serves. */
    private static final int WASTE = 2;
    /**
     * Elements of the smallest segment. One of this size serves any request that fits into it, so that small arenas can come
     * and go at no cost.
     */
    private static final int SMALLEST = 1 << 14;

    private static final int COUNT = Args.COUNTS;
    private static final int FIRST_MARK = Args.COUNTS + 1;

    private final DeviceProfile device;
    private final DevicePlan plan;
    private final long largest;
    private final KernelContext context;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Segment> waiting = new ArrayList<>();
    /** An array in every graph: program graphs must consume something from each other, and this is what they consume. */
    private final IntArray anchor = new IntArray(ANCHOR_ELEMENTS);

    private static final int ANCHOR_ELEMENTS = 4;
    private int graphCount;

    DeviceMemory(DeviceProfile device, DevicePlan plan, long segmentLimit, KernelContext context) {
        this.device = device;
        this.plan = plan;
        this.context = context;
        this.largest = segmentLimit > 0 ? Math.min(segmentLimit, device.maxAllocation()) : device.maxAllocation();
    }

    /** The most elements that a segment can have. */
    long segmentElements() {
        return Math.min((largest - HEADER_BYTES) / Float.BYTES, Integer.MAX_VALUE - FILL_ITEMS);
    }

    /** Bytes of all segments on the device, in use or waiting. */
    long bytes() {
        return segments.stream().mapToLong(Segment::bytes).sum();
    }

    IntArray anchor() {
        return anchor;
    }

    /** The error for a tensor that is larger than any array may be. */
    UserError tooLarge(String what, long bytes) {
        return new UserError(what + " needs " + mebibytes(bytes) + " in one array; the largest allocation on "
                + device.label() + " is " + mebibytes(Float.BYTES * segmentElements())
                + ", so use a smaller batch, context or model");
    }

    /** Segments of the given sizes, all zeros. */
    List<Segment> obtain(String owner, ElementType type, List<Integer> sizes) {
        List<Segment> found = new ArrayList<>();
        long missing = 0;
        for (int size : sizes) {
            Segment reused = takeWaiting(type, size);
            found.add(reused);
            missing += reused == null ? Float.BYTES * (long) elements(size) : 0;
        }
        try {
            checkRoom(owner, missing);
        } catch (UserError e) {
            found.removeIf(Objects::isNull);
            waiting.addAll(found);
            throw e;
        }
        List<Segment> fresh = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            if (found.get(i) == null) {
                found.set(i, create(owner, type, elements(sizes.get(i))));
                fresh.add(found.get(i));
            }
        }
        if (!fresh.isEmpty()) {
            allocate(fresh);
        }
        for (Segment segment : found) {
            if (!fresh.contains(segment)) {
                clear(segment);
            }
        }
        return found;
    }

    private int elements(int size) {
        return (int) Math.min(segmentElements(), Math.max(size, SMALLEST));
    }

    /** Takes segments back. */
    void release(List<Segment> released) {
        waiting.addAll(released);
    }

    private Segment takeWaiting(ElementType type, int size) {
        Segment best = null;
        for (Segment segment : waiting) {
            boolean fits = segment.type() == type
                    && segment.elements() >= size
                    && segment.elements() <= Math.max(SMALLEST, (long) WASTE * size)
                    && (best == null || segment.elements() < best.elements());
            best = fits ? segment : best;
        }
        waiting.remove(best);
        return best;
    }

    private void checkRoom(String owner, long bytes) {
        long used = bytes();
        if (used + bytes > device.globalBytes()) {
            throw new UserError("not enough device memory: " + owner + " needs " + mebibytes(bytes) + ", "
                    + device.label() + " has " + mebibytes(device.globalBytes()) + " in total and " + mebibytes(used)
                    + " of it is in use; use a smaller batch, context or model, or raise "
                    + DeviceProfile.POOL_PROPERTY + " if the device has more");
        }
    }

    private static Segment create(String owner, ElementType type, int elements) {
        try {
            return new Segment(type, elements);
        } catch (OutOfMemoryError e) {
            throw new UserError(
                    "not enough host memory: " + owner + " needs " + mebibytes(4L * elements)
                            + " beside the device's own; use a smaller batch, context or model, or raise -Xmx",
                    e);
        }
    }

    private static String mebibytes(long bytes) {
        return bytes < 1 << 20 ? bytes + " bytes" : (bytes >> 20) + " MiB";
    }

    private void allocate(List<Segment> fresh) {
        IntArray run = new IntArray(FIRST_MARK + fresh.size());
        TaskGraph graph = new TaskGraph(DeviceGraph.MEMORY);
        if (segments.isEmpty()) {
            graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, anchor);
        } else {
            consume(graph, segments);
        }
        for (Segment segment : fresh) {
            graph.transferToDevice(DataTransferMode.UNDER_DEMAND, segment.array());
        }
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, run);
        List<DeviceGraph.Launch> launches = new ArrayList<>();
        if (segments.isEmpty()) {
            // An array that no task reads is not allocated.
            launches.add(touchAnchor(graph));
        }
        for (Segment segment : fresh) {
            launches.add(fill(graph, segment, run, FIRST_MARK + launches.size() - (segments.isEmpty() ? 1 : 0)));
        }
        segments.addAll(fresh);
        persist(graph, segments);
        graph.persistOnDevice(run);
        DeviceGraph built = new DeviceGraph("memory", graph, launches, run);
        plan.add(built);
        // With count 1 this execution fills the segments. Later executions have count 0: they hand the segments over
        // and leave their contents alone.
        run.set(COUNT, 1);
        plan.executeMemory(built);
        run.set(COUNT, 0);
    }

    private void clear(Segment segment) {
        IntArray run = new IntArray(FIRST_MARK + 1);
        TaskGraph graph = new TaskGraph(DeviceGraph.PROGRAM);
        consume(graph, List.of(segment));
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, run);
        DeviceGraph.Launch fill = fill(graph, segment, run, FIRST_MARK);
        persist(graph, List.of(segment));
        graph.persistOnDevice(run);
        DeviceGraph built = new DeviceGraph("clear", graph, List.of(fill), run);
        plan.add(built);
        run.set(COUNT, 1);
        plan.execute(built);
    }

    /** Declares that a graph finds the segments on the device. */
    void consume(TaskGraph graph, List<Segment> used) {
        graph.consumeFromDevice(DeviceGraph.MEMORY, arrays(used));
        graph.consumeFromDevice(DeviceGraph.MEMORY, anchor);
        graph.consumeFromDevice(DeviceGraph.PROGRAM, anchor);
    }

    /** Declares that a graph leaves the segments on the device. */
    void persist(TaskGraph graph, List<Segment> used) {
        graph.persistOnDevice(arrays(used));
        graph.persistOnDevice(anchor);
    }

    private static Object[] arrays(List<Segment> used) {
        return used.stream().map(Segment::array).toArray();
    }

    private DeviceGraph.Launch touchAnchor(TaskGraph graph) {
        String id = "anchor";
        Grid grid = Grid.items(Extent.fixed(1), 1, 1);
        graph.task(id, DeviceMemory::touch, context, anchor);
        return new DeviceGraph.Launch(id, "Anchor", grid, grid.worker(), 0);
    }

    private DeviceGraph.Launch fill(TaskGraph graph, Segment segment, IntArray run, int mark) {
        String id = "fill" + graphCount++;
        int call = Args.pack(0, mark, COUNT);
        int items = Math.min(FILL_ITEMS, (segment.elements() + FILL_GROUP - 1) / FILL_GROUP * FILL_GROUP);
        Grid grid = Grid.items(Extent.fixed(items), 1, FILL_GROUP);
        if (segment.type() == ElementType.F32) {
            graph.task(id, DeviceMemory::fillFloats, context, run, segment.floats(), call, segment.elements(), items);
        } else {
            graph.task(id, DeviceMemory::fillInts, context, run, segment.ints(), call, segment.elements(), items);
        }
        return new DeviceGraph.Launch(id, "Fill", grid, grid.worker(), mark);
    }

    /** Reads and writes the anchor, so that the runtime allocates it. */
    static void touch(KernelContext c, IntArray anchorArray) {
        if (c.globalIdx == 0) {
            anchorArray.set(0, anchorArray.get(0) + 1);
        }
    }

    /** Zeros in the whole array, if the count is not 0: a work-item fills every {@code items}-th element. */
    static void fillFloats(KernelContext c, IntArray run, FloatArray m, int call, int elements, int items) {
        Args.begin(c, run, call);
        if (Args.rows(run, call) != 0) {
            for (int i = c.globalIdx; i < elements; i += items) {
                m.set(i, 0f);
            }
        }
    }

    /** As {@link #fillFloats} for indices. */
    static void fillInts(KernelContext c, IntArray run, IntArray m, int call, int elements, int items) {
        Args.begin(c, run, call);
        if (Args.rows(run, call) != 0) {
            for (int i = c.globalIdx; i < elements; i += items) {
                m.set(i, 0);
            }
        }
    }
}
