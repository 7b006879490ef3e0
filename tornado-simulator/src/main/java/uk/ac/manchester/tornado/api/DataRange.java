package uk.ac.manchester.tornado.api;

import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * A part of an array that is copied from the device to the same place on the host. Give both offset and size: without a
 * size the whole length is taken, which does not fit behind an offset.
 */
public class DataRange {

    private final TornadoNativeArray array;
    private long firstElement;
    private long elements;
    private long byteOffset;
    private long byteSize;
    private boolean materialized;

    /** Starts with the whole array. */
    public DataRange(TornadoNativeArray tornadoNativeArray) {
        array = tornadoNativeArray;
    }

    /** Starts at an element. */
    public DataRange withOffset(long offset) {
        firstElement = offset;
        return this;
    }

    /** Takes that many elements. */
    public DataRange withSize(long size) {
        elements = size;
        return this;
    }

    /**
     * {@return the offset in bytes, header included}
     *
     * @throws TornadoRuntimeException before {@link #materialize()}
     */
    public long getOffset() {
        requireMaterialized();
        return byteOffset;
    }

    /**
     * {@return the size in bytes}
     *
     * @throws TornadoRuntimeException before {@link #materialize()}
     */
    public long getPartialSize() {
        requireMaterialized();
        return byteSize;
    }

    /**
     * Turns elements into bytes.
     *
     * @throws TornadoRuntimeException if the part does not lie inside the array
     */
    public void materialize() {
        byteOffset = TornadoNativeArray.ARRAY_HEADER + firstElement * array.getElementSize();
        byteSize = elements == 0 ? array.getNumBytesOfSegment() : elements * array.getElementSize();
        if (firstElement < 0 || elements < 0 || byteOffset + byteSize > array.getNumBytesOfSegmentWithHeader()) {
            throw new TornadoRuntimeException("elements " + firstElement + " to "
                    + (firstElement + byteSize / array.getElementSize()) + " do not lie in an array of "
                    + array.getSize() + (elements == 0 ? " (withOffset needs withSize as well)" : ""));
        }
        materialized = true;
    }

    /** {@return the array} */
    public TornadoNativeArray getArray() {
        return array;
    }

    private void requireMaterialized() {
        if (!materialized) {
            throw new TornadoRuntimeException("materialize() comes before the getters");
        }
    }
}
