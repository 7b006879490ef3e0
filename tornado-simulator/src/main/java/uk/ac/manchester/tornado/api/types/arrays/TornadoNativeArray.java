package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.tornadomor.simulator.AccessMonitor;
import org.tornadomor.simulator.ApiLinks;

/**
 * What all off-heap arrays share: one memory segment with a header in front of the elements. The header's first four
 * bytes hold the number of elements. The memory is zeroed when it is allocated and freed by the garbage collector.
 */
public abstract sealed class TornadoNativeArray
        permits ByteArray, CharArray, DoubleArray, FloatArray, HalfFloatArray, IntArray, LongArray, ShortArray {

    /** Size of the header in bytes: 16, unless the property {@code tornado.panama.objectHeader} says otherwise. */
    public static final long ARRAY_HEADER = Long.getLong("tornado.panama.objectHeader", 16L);

    /** A cache line, so that vectorised code on the host meets aligned data. */
    private static final long ALIGNMENT = 64;

    static {
        ApiLinks.bindArrays(new ApiLinks.Arrays() {
            @Override
            public MemorySegment deviceMemory(TornadoNativeArray array) {
                return array.deviceMemory();
            }

            @Override
            public TornadoNativeArray monitored(
                    TornadoNativeArray array, MemorySegment segment, AccessMonitor monitor) {
                return array.monitored(segment, monitor);
            }

            @Override
            public AccessMonitor monitorOf(TornadoNativeArray array) {
                return array.monitor();
            }
        });
    }

    /** For the array types of this package. */
    public TornadoNativeArray() {}

    /** {@return the number of elements} */
    public abstract int getSize();

    /** {@return the elements, without the header} */
    public abstract MemorySegment getSegment();

    /** {@return the header and the elements} */
    public abstract MemorySegment getSegmentWithHeader();

    /** {@return the size of header and elements, in bytes} */
    public abstract long getNumBytesOfSegmentWithHeader();

    /** {@return the size of the elements, in bytes} */
    public abstract long getNumBytesOfSegment();

    /** Sets every element to zero. */
    protected void clear() {
        getSegment().fill((byte) 0);
    }

    /** {@return the size of one element, in bytes} */
    public abstract int getElementSize();

    /** Device memory for an array like this one, header included. */
    MemorySegment deviceMemory() {
        return allocate(getSize(), getElementSize());
    }

    /** The same type of array over {@link #deviceMemory device memory}, with a monitor that sees every access. */
    abstract TornadoNativeArray monitored(MemorySegment deviceSegment, AccessMonitor accessMonitor);

    /** The monitor of a device array, null for a host array. */
    abstract AccessMonitor monitor();

    static MemorySegment allocate(int elements, int elementSize) {
        if (elements < 0) {
            throw new IllegalArgumentException("an array cannot have " + elements + " elements");
        }
        // the elements, not the header, start at a multiple of the alignment
        long padding = ALIGNMENT - ARRAY_HEADER % ALIGNMENT;
        long bytes = ARRAY_HEADER + (long) elements * elementSize;
        MemorySegment whole =
                Arena.ofAuto().allocate(padding + bytes, ALIGNMENT).asSlice(padding);
        whole.set(ValueLayout.JAVA_INT_UNALIGNED, 0, elements);
        return whole;
    }

    static MemorySegment copyWithHeader(MemorySegment elements, int elementSize) {
        if (elements.byteSize() % elementSize != 0) {
            throw new IllegalArgumentException(
                    "a segment of " + elements.byteSize() + " bytes does not hold whole elements of " + elementSize);
        }
        MemorySegment whole = allocate(Math.toIntExact(elements.byteSize() / elementSize), elementSize);
        MemorySegment.copy(elements, 0, whole, ARRAY_HEADER, elements.byteSize());
        return whole;
    }

    static MemorySegment wrap(MemorySegment whole, int elementSize) {
        if (whole.byteSize() < ARRAY_HEADER) {
            throw new IllegalArgumentException("a segment of " + whole.byteSize()
                    + " bytes has no room for the header of " + ARRAY_HEADER + " bytes");
        }
        whole.set(ValueLayout.JAVA_INT_UNALIGNED, 0, elementsOf(whole, elementSize));
        return whole;
    }

    static int elementsOf(MemorySegment whole, int elementSize) {
        return Math.toIntExact((whole.byteSize() - ARRAY_HEADER) / elementSize);
    }

    static void checkSlice(int offset, int length, int size) {
        if (offset < 0 || length < 0 || offset > size - length) {
            throw new IllegalArgumentException(
                    "elements " + offset + " to " + ((long) offset + length) + " of an array of " + size);
        }
    }
}
