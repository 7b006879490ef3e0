package org.tornadomor.engine.tornado;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Extent;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Moves parts of segments. The runtime copies only whole arrays to the device, so values go into a staging array of about their
 * size, and a kernel puts them in their places. In the other direction the runtime copies ranges.
 *
 * <p>{@code segment[place + i] = staging[i]}, row by row. Lesson 1 ({@code docs/lessons/01-loop-body}) leads to it.
 *
 * <pre>{@code
 * move:     [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has value i of the staging array
 * }</pre>
 */
final class Transfers {
    private static final int MIN_LOG = 4;
    private static final int MAX_LOG = 20;
    private static final int GROUP = 64;
    /**
     * A remainder goes into one staging array if that is larger than the remainder by at most one part in this many; else it
     * is split.
     */
    private static final int WASTE_PART = 4;

    private static final int COUNT = Args.COUNTS;
    private static final int FIRST = Args.COUNTS + 1;
    private static final int OFFSET = Args.COUNTS + 2;
    private static final int STRIDE = Args.COUNTS + 3;
    private static final int COLUMNS = Args.COUNTS + 4;
    private static final int MARK = Args.COUNTS + 5;
    private static final int RUN = Args.COUNTS + 6;

    private final DevicePlan plan;
    private final DeviceMemory memory;
    private final TransferReport report;
    private final KernelContext context;
    private final Map<Lane, DeviceGraph> graphs = new HashMap<>();
    private final Map<Integer, Segment> floatStages = new HashMap<>();
    private final Map<Integer, Segment> intStages = new HashMap<>();

    /** One graph for each segment and size of staging array. */
    private record Lane(Segment segment, int log) {}

    /** Where a matrix lies in its segment. */
    record Place(int offset, int stride, int columns) {}

    Transfers(DevicePlan plan, DeviceMemory memory, TransferReport report, KernelContext context) {
        this.plan = plan;
        this.memory = memory;
        this.report = report;
        this.context = context;
    }

    /**
     * Copies {@code size} values to the device.
     *
     * @param source a float[] or an int[], as the segment's type says
     */
    void upload(String entry, Segment segment, Place place, Object source, int from, int size) {
        int done = 0;
        while (done < size) {
            int log = log(size - done);
            int count = Math.min(size - done, 1 << log);
            Segment stage = stage(segment.type(), log);
            MemorySegment target = stage.type() == ElementType.F32
                    ? stage.floats().getSegment()
                    : stage.ints().getSegment();
            switch (source) {
                case float[] values ->
                    MemorySegment.copy(values, from + done, target, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, count);
                case int[] values ->
                    MemorySegment.copy(values, from + done, target, ValueLayout.JAVA_INT_UNALIGNED, 0, count);
                default -> throw new IllegalArgumentException("values of " + source.getClass());
            }
            DeviceGraph graph = graphs.computeIfAbsent(new Lane(segment, log), this::build);
            IntArray run = graph.run();
            run.set(COUNT, count);
            run.set(FIRST, done);
            run.set(OFFSET, place.offset);
            run.set(STRIDE, place.stride);
            run.set(COLUMNS, place.columns);
            long nanos = plan.execute(graph);
            report.entry(entry).graph(1, stage.bytes() + Integer.BYTES * (long) RUN, Integer.BYTES, nanos);
            report.entry(entry).compiled(graph.takeCompileNanos());
            done += count;
        }
    }

    /** The binary logarithm of the size of the staging array to use while so many values are left. */
    static int log(int left) {
        int up = Math.max(MIN_LOG, Integer.SIZE - Integer.numberOfLeadingZeros(left - 1));
        if (up > MAX_LOG) {
            return MAX_LOG;
        }
        boolean small = up == MIN_LOG || ((1 << up) - left) * WASTE_PART <= left;
        return small ? up : up - 1;
    }

    private Segment stage(ElementType type, int log) {
        Map<Integer, Segment> stages = type == ElementType.F32 ? floatStages : intStages;
        return stages.computeIfAbsent(log, l -> new Segment(type, 1 << l));
    }

    private DeviceGraph build(Lane lane) {
        Segment segment = lane.segment;
        Segment stage = stage(segment.type(), lane.log);
        IntArray run = new IntArray(RUN);
        TaskGraph graph = new TaskGraph(DeviceGraph.PROGRAM);
        memory.consume(graph, List.of(segment));
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, stage.array(), run);
        String id = "upload" + graphs.size();
        int call = Args.pack(0, MARK, COUNT);
        if (segment.type() == ElementType.F32) {
            graph.task(id, Transfers::placeFloats, context, run, stage.floats(), segment.floats(), call);
        } else {
            graph.task(id, Transfers::placeInts, context, run, stage.ints(), segment.ints(), call);
        }
        memory.persist(graph, List.of(segment));
        graph.persistOnDevice(run);
        Grid grid = Grid.items(Extent.fixed(1 << lane.log), 1, Math.min(GROUP, 1 << lane.log));
        DeviceGraph built = new DeviceGraph(
                "upload", graph, List.of(new DeviceGraph.Launch(id, "Place", grid, grid.worker(), MARK)), run);
        plan.add(built);
        return built;
    }

    /** Copies {@code rows} rows back, to a float[] or an int[]. */
    void download(Segment segment, Place place, int rows, Object target, int at) {
        if (place.stride == place.columns || rows == 1) {
            downloadRange(segment, place.offset, rows * place.columns, target, at);
            return;
        }
        for (int row = 0; row < rows; row++) {
            downloadRange(segment, place.offset + row * place.stride, place.columns, target, at + row * place.columns);
        }
    }

    private void downloadRange(Segment segment, int offset, int size, Object target, int at) {
        if (size == 0) {
            return;
        }
        plan.download(segment.array(), offset, size);
        report.entry(TransferReport.DOWNLOADS).out((long) Float.BYTES * size);
        long byteOffset = (long) Float.BYTES * offset;
        MemorySegment source = segment.type() == ElementType.F32
                ? segment.floats().getSegment()
                : segment.ints().getSegment();
        switch (target) {
            case float[] values ->
                MemorySegment.copy(source, ValueLayout.JAVA_FLOAT_UNALIGNED, byteOffset, values, at, size);
            case int[] values ->
                MemorySegment.copy(source, ValueLayout.JAVA_INT_UNALIGNED, byteOffset, values, at, size);
            default -> throw new IllegalArgumentException("values of " + target.getClass());
        }
    }

    /** Work-item i puts {@code staging[i]} where the matrix has its element {@code FIRST + i}. */
    static void placeFloats(KernelContext c, IntArray run, FloatArray staging, FloatArray m, int call) {
        Args.begin(c, run, call);
        int i = c.globalIdx;
        if (i < Args.rows(run, call)) {
            int element = run.get(FIRST) + i;
            int row = element / run.get(COLUMNS);
            int column = element - row * run.get(COLUMNS);
            m.set(run.get(OFFSET) + row * run.get(STRIDE) + column, staging.get(i));
        }
    }

    /** As {@link #placeFloats} for indices. */
    static void placeInts(KernelContext c, IntArray run, IntArray staging, IntArray m, int call) {
        Args.begin(c, run, call);
        int i = c.globalIdx;
        if (i < Args.rows(run, call)) {
            int element = run.get(FIRST) + i;
            int row = element / run.get(COLUMNS);
            int column = element - row * run.get(COLUMNS);
            m.set(run.get(OFFSET) + row * run.get(STRIDE) + column, staging.get(i));
        }
    }
}
