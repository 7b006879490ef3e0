package org.tornadomor.simulator;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * One work-item: where it is in the grid, where it waits, and the local variables that it will go on with. Public for
 * {@link KernelContext} and for rewritten kernels, which call it by name.
 */
public final class WorkItem {

    private static final ThreadLocal<WorkItem> CURRENT = new ThreadLocal<>();

    private final Lane lane;
    private final int index;
    private final int[] iterations = new int[3];
    private int iterationDepth;
    private Grid grid;
    /** Boxed once for all groups. */
    private Integer localX;

    private Integer localY;
    private Integer localZ;
    private int allocations;
    private int resumePoint;
    private long[] numbers = new long[8];
    private Object[] objects = new Object[8];
    private Coroutine coroutine;

    WorkItem(Lane lane, int index) {
        this.lane = lane;
        this.index = index;
    }

    /** Places this work-item in the current group of its lane, at its beginning. */
    void start() {
        if (grid != lane.launch().grid()) {
            grid = lane.launch().grid();
            int[] local = grid.local();
            localX = index % local[0];
            localY = index / local[0] % local[1];
            localZ = index / (local[0] * local[1]);
        }
        allocations = 0;
        resumePoint = 0;
        iterationDepth = 0;
    }

    int index() {
        return index;
    }

    void coroutine(Coroutine value) {
        coroutine = value;
    }

    /** {@return the global id in a dimension} */
    public Integer globalId(int dimension) {
        return groupId(dimension) * grid.local()[dimension] + localId(dimension) + grid.offset()[dimension];
    }

    /** {@return the group id in a dimension} */
    public Integer groupId(int dimension) {
        return lane.groupId(dimension);
    }

    /** {@return the local id in a dimension} */
    public Integer localId(int dimension) {
        return dimension == 0 ? localX : dimension == 1 ? localY : localZ;
    }

    /** {@return the number of work-items of the grid in a dimension} */
    public Integer globalSize(int dimension) {
        return lane.launch().globalSize(dimension);
    }

    /** {@return the number of work-items of a group in a dimension} */
    public Integer localSize(int dimension) {
        return lane.launch().localSize(dimension);
    }

    /** Waits for the group, where a work-item has its own thread. */
    public void localBarrier() {
        await(false);
    }

    /** Waits for the group, where a work-item has its own thread. */
    public void globalBarrier() {
        await(true);
    }

    private void await(boolean global) {
        if (lane.isProbe()) {
            throw KernelLocator.found();
        }
        if (coroutine == null) {
            throw lane.fault(
                    Rule.BARRIER_DIVERGENCE,
                    "reaches a barrier that the simulator did not find in the kernel. Call barriers in the kernel method"
                            + " itself, or run with -Dtornadomor.simulator.items=threads");
        }
        coroutine.suspend(global);
    }

    /** {@return local memory} */
    public int[] localInts(int size) {
        return (int[]) lane.locals().allocate(allocations++, int.class, size);
    }

    /** {@return local memory} */
    public long[] localLongs(int size) {
        return (long[]) lane.locals().allocate(allocations++, long.class, size);
    }

    /** {@return local memory} */
    public float[] localFloats(int size) {
        return (float[]) lane.locals().allocate(allocations++, float.class, size);
    }

    /** {@return local memory} */
    public double[] localDoubles(int size) {
        return (double[]) lane.locals().allocate(allocations++, double.class, size);
    }

    /** {@return local memory} */
    public byte[] localBytes(int size) {
        return (byte[]) lane.locals().allocate(allocations++, byte.class, size);
    }

    /** {@return local memory} */
    public HalfFloat[] localHalfFloats(int size) {
        return (HalfFloat[]) lane.locals().allocate(allocations++, HalfFloat.class, size);
    }

    /** Adds to an element of a device array. */
    public void atomicAdd(IntArray array, int element, int value) {
        checkAtomic(array, element);
        AtomicAccess.add(array, element, value);
    }

    /** Adds to an element of a device array. */
    public void atomicAdd(LongArray array, int element, long value) {
        checkAtomic(array, element);
        AtomicAccess.add(array, element, value);
    }

    /** Adds to an element of local memory; the work-items of a group run one at a time. */
    public void atomicAdd(int[] array, int element, int value) {
        lane.locals().atomic(array, element);
        array[element] += value;
    }

    private static void checkAtomic(TornadoNativeArray array, int element) {
        AccessMonitor monitor = ApiLinks.arrays().monitorOf(array);
        if (monitor != null) {
            monitor.atomic(element);
        }
    }

    /** {@return what to throw when a kernel uses what the simulated device lacks} */
    public UnsupportedOperationException unsupported(String method, String reason) {
        if (lane.isProbe()) {
            throw KernelLocator.found();
        }
        return new UnsupportedOperationException("KernelContext." + method + " in "
                + lane.launch().kernel().name() + ": the simulated device has " + reason);
    }

    // ---- called by rewritten kernels

    /** {@return the work-item behind a context} */
    public static WorkItem of(KernelContext context) {
        return ApiLinks.contexts().itemOf(context);
    }

    /** {@return the work-item that this thread runs, for kernels without a context} */
    public static WorkItem current() {
        return CURRENT.get();
    }

    static void current(WorkItem item) {
        CURRENT.set(item);
    }

    /** Checks a load from a Java array, which may be local memory. */
    public static void load(Object array, int element, WorkItem item) {
        item.lane.locals().load(array, element);
    }

    /** Checks a store to a Java array, which may be local memory. */
    public static void store(Object array, int element, WorkItem item) {
        item.lane.locals().store(array, element);
    }

    /** A parallel loop variable has a new value. */
    public void iteration(int depth, int value) {
        iterations[depth] = value;
        iterationDepth = Math.max(iterationDepth, depth + 1);
        lane.nextIteration();
    }

    /** {@return 0 at the beginning, else the barrier to go on from} */
    public int resumePoint() {
        return resumePoint;
    }

    /** {@return the barrier that this work-item waits at from now on} */
    public int suspend(int barrier) {
        resumePoint = barrier;
        return barrier;
    }

    /** Keeps a local variable. */
    public void save(int value, int slot) {
        save((long) value, slot);
    }

    /** Keeps a local variable. */
    public void save(float value, int slot) {
        save((long) Float.floatToRawIntBits(value), slot);
    }

    /** Keeps a local variable. */
    public void save(double value, int slot) {
        save(Double.doubleToRawLongBits(value), slot);
    }

    /** Keeps a local variable. */
    public void save(long value, int slot) {
        if (slot >= numbers.length) {
            numbers = java.util.Arrays.copyOf(numbers, Math.max(slot + 1, 2 * numbers.length));
        }
        numbers[slot] = value;
    }

    /** Keeps a local variable. */
    public void save(Object value, int slot) {
        if (slot >= objects.length) {
            objects = java.util.Arrays.copyOf(objects, Math.max(slot + 1, 2 * objects.length));
        }
        objects[slot] = value;
    }

    /** {@return a local variable} */
    public int intAt(int slot) {
        return (int) numbers[slot];
    }

    /** {@return a local variable} */
    public float floatAt(int slot) {
        return Float.intBitsToFloat((int) numbers[slot]);
    }

    /** {@return a local variable} */
    public double doubleAt(int slot) {
        return Double.longBitsToDouble(numbers[slot]);
    }

    /** {@return a local variable} */
    public long longAt(int slot) {
        return numbers[slot];
    }

    /** {@return a local variable} */
    public Object objectAt(int slot) {
        return objects[slot];
    }

    // ---- for messages

    String globalText() {
        return "(" + globalId(0) + ", " + globalId(1) + ", " + globalId(2) + ")";
    }

    String iterationText() {
        StringBuilder text = new StringBuilder("iteration (");
        for (int i = 0; i < iterationDepth; i++) {
            text.append(i == 0 ? "" : ", ").append(iterations[i]);
        }
        return text.append(")").toString();
    }
}
