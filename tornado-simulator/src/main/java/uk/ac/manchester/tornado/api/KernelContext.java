package uk.ac.manchester.tornado.api;

import org.tornadomor.simulator.ApiLinks;
import org.tornadomor.simulator.WorkItem;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.DoubleArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;

/**
 * What a kernel knows of its place in the grid, and its way to local memory and barriers. Pass {@code new
 * KernelContext()} as an argument of a task; in a launch every work-item sees one of its own. Outside a launch the
 * object works as plain Java: all indices and sizes are 0, barriers do nothing, local arrays are new arrays.
 */
public class KernelContext implements ExecutionContext {

    /** Index of this work-item in the whole grid, dimension x. */
    public final Integer globalIdx;

    /** Index of this work-item in the whole grid, dimension y. */
    public final Integer globalIdy;

    /** Index of this work-item in the whole grid, dimension z. */
    public final Integer globalIdz;

    /** Index of this work-item's group, dimension x. */
    public final Integer groupIdx;

    /** Index of this work-item's group, dimension y. */
    public final Integer groupIdy;

    /** Index of this work-item's group, dimension z. */
    public final Integer groupIdz;

    /** Index of this work-item in its group, dimension x. */
    public final Integer localIdx;

    /** Index of this work-item in its group, dimension y. */
    public final Integer localIdy;

    /** Index of this work-item in its group, dimension z. */
    public final Integer localIdz;

    /** Number of work-items in the whole grid, dimension x. */
    public final Integer globalGroupSizeX;

    /** Number of work-items in the whole grid, dimension y. */
    public final Integer globalGroupSizeY;

    /** Number of work-items in the whole grid, dimension z. */
    public final Integer globalGroupSizeZ;

    /** Number of work-items in a group, dimension x. */
    public final Integer localGroupSizeX;

    /** Number of work-items in a group, dimension y. */
    public final Integer localGroupSizeY;

    /** Number of work-items in a group, dimension z. */
    public final Integer localGroupSizeZ;

    /** Null outside a launch. */
    private final WorkItem item;

    static {
        ApiLinks.bindContexts(new ApiLinks.Contexts() {
            @Override
            public KernelContext create(WorkItem item) {
                return new KernelContext(item);
            }

            @Override
            public WorkItem itemOf(KernelContext context) {
                return context.item;
            }
        });
    }

    /** The argument of a task; also usable as plain Java. */
    public KernelContext() {
        item = null;
        globalIdx = 0;
        globalIdy = 0;
        globalIdz = 0;
        groupIdx = 0;
        groupIdy = 0;
        groupIdz = 0;
        localIdx = 0;
        localIdy = 0;
        localIdz = 0;
        globalGroupSizeX = 0;
        globalGroupSizeY = 0;
        globalGroupSizeZ = 0;
        localGroupSizeX = 0;
        localGroupSizeY = 0;
        localGroupSizeZ = 0;
    }

    private KernelContext(WorkItem item) {
        this.item = item;
        globalIdx = item.globalId(0);
        globalIdy = item.globalId(1);
        globalIdz = item.globalId(2);
        groupIdx = item.groupId(0);
        groupIdy = item.groupId(1);
        groupIdz = item.groupId(2);
        localIdx = item.localId(0);
        localIdy = item.localId(1);
        localIdz = item.localId(2);
        globalGroupSizeX = item.globalSize(0);
        globalGroupSizeY = item.globalSize(1);
        globalGroupSizeZ = item.globalSize(2);
        localGroupSizeX = item.localSize(0);
        localGroupSizeY = item.localSize(1);
        localGroupSizeZ = item.localSize(2);
    }

    @Override
    public void localBarrier() {
        if (item != null) {
            item.localBarrier();
        }
    }

    @Override
    public void globalBarrier() {
        if (item != null) {
            item.globalBarrier();
        }
    }

    @Override
    public int[] allocateIntLocalArray(int size) {
        return item == null ? new int[size] : item.localInts(size);
    }

    @Override
    public byte[] allocateByteLocalArray(int size) {
        return item == null ? new byte[size] : item.localBytes(size);
    }

    @Override
    public HalfFloat[] allocateHalfFloatLocalArray(int size) {
        return item == null ? new HalfFloat[size] : item.localHalfFloats(size);
    }

    @Override
    public long[] allocateLongLocalArray(int size) {
        return item == null ? new long[size] : item.localLongs(size);
    }

    @Override
    public float[] allocateFloatLocalArray(int size) {
        return item == null ? new float[size] : item.localFloats(size);
    }

    @Override
    public double[] allocateDoubleLocalArray(int size) {
        return item == null ? new double[size] : item.localDoubles(size);
    }

    /**
     * Sums a value over a SIMD group (CUDA, PTX and Metal). As plain Java it returns its argument.
     *
     * @throws UnsupportedOperationException on the simulator, which has no SIMD groups, like OpenCL
     */
    public float simdSum(float val) {
        if (item != null) {
            throw item.unsupported("simdSum", "no SIMD groups: use local memory and a barrier");
        }
        return val;
    }

    /**
     * Takes the value of a later lane (CUDA, PTX and Metal). As plain Java it returns its argument.
     *
     * @throws UnsupportedOperationException on the simulator, which has no SIMD groups, like OpenCL
     */
    public float simdShuffleDown(float val, int delta) {
        if (item != null) {
            throw item.unsupported("simdShuffleDown", "no SIMD groups: use local memory and a barrier");
        }
        return val;
    }

    /**
     * Takes the value of the first lane (CUDA, PTX and Metal). As plain Java it returns its argument.
     *
     * @throws UnsupportedOperationException on the simulator, which has no SIMD groups, like OpenCL
     */
    public float simdBroadcastFirst(float val) {
        if (item != null) {
            throw item.unsupported("simdBroadcastFirst", "no SIMD groups: use local memory and a barrier");
        }
        return val;
    }

    @Override
    public void atomicAdd(IntArray array, int index, int value) {
        if (item == null) {
            array.set(index, array.get(index) + value);
        } else {
            item.atomicAdd(array, index, value);
        }
    }

    @Override
    public void atomicAdd(int[] array, int index, int value) {
        if (item == null) {
            array[index] += value;
        } else {
            item.atomicAdd(array, index, value);
        }
    }

    @Override
    public void atomicAdd(LongArray array, int index, long value) {
        if (item == null) {
            array.set(index, array.get(index) + value);
        } else {
            item.atomicAdd(array, index, value);
        }
    }

    @Override
    public void atomicAdd(FloatArray array, int index, float value) {
        if (item != null) {
            throw item.unsupported("atomicAdd(FloatArray, int, float)", "no floating-point atomics, like OpenCL");
        }
        array.set(index, array.get(index) + value);
    }

    @Override
    public void atomicAdd(DoubleArray array, int index, double value) {
        if (item != null) {
            throw item.unsupported("atomicAdd(DoubleArray, int, double)", "no floating-point atomics, like OpenCL");
        }
        array.set(index, array.get(index) + value);
    }
}
