package uk.ac.manchester.tornado.api;

import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.DoubleArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;

/** What a work-item can ask of its work-group. */
public interface ExecutionContext {

    /** Waits for the work-group; writes to local memory before it are seen after it. */
    void localBarrier();

    /** Waits for the work-group (not for the grid); writes to any memory before it are seen after it in the group. */
    void globalBarrier();

    /** {@return an array of the work-group's local memory; its contents are undefined} */
    int[] allocateIntLocalArray(int size);

    /** {@return an array of the work-group's local memory; its contents are undefined} */
    long[] allocateLongLocalArray(int size);

    /** {@return an array of the work-group's local memory; its contents are undefined} */
    float[] allocateFloatLocalArray(int size);

    /** {@return an array of the work-group's local memory; its contents are undefined} */
    double[] allocateDoubleLocalArray(int size);

    /** {@return an array of the work-group's local memory; its contents are undefined} */
    byte[] allocateByteLocalArray(int size);

    /** {@return an array of the work-group's local memory; its contents are undefined} */
    HalfFloat[] allocateHalfFloatLocalArray(int size);

    /** Adds to an element, without interference from other work-items. */
    void atomicAdd(IntArray array, int index, int value);

    /** Adds to an element of local memory, without interference from other work-items. */
    void atomicAdd(int[] array, int index, int value);

    /** Adds to an element, without interference from other work-items. */
    void atomicAdd(LongArray array, int index, long value);

    /** Adds to an element; OpenCL devices cannot. */
    void atomicAdd(FloatArray array, int index, float value);

    /** Adds to an element; OpenCL devices cannot. */
    void atomicAdd(DoubleArray array, int index, double value);
}
