package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import org.tornadomor.simulator.AccessMonitor;

/** An off-heap array of 64-bit integers that a task can take as an argument. */
public final class LongArray extends TornadoNativeArray {

    private static final ValueLayout.OfLong LAYOUT = ValueLayout.JAVA_LONG_UNALIGNED;

    private final MemorySegment whole;
    private final MemorySegment data;
    private final int size;
    /** Null on the host; on the device it checks every access before it happens. */
    private final AccessMonitor monitor;

    /**
     * Allocates an array of zeros.
     *
     * @param numberOfElements length of the array
     * @throws IllegalArgumentException if the length is negative
     */
    public LongArray(int numberOfElements) {
        this(allocate(numberOfElements, Long.BYTES), null);
    }

    private LongArray(MemorySegment whole, AccessMonitor monitor) {
        this.whole = whole;
        this.data = whole.asSlice(ARRAY_HEADER);
        this.size = elementsOf(whole, Long.BYTES);
        this.monitor = monitor;
    }

    /** Copies a Java array. */
    public static LongArray fromArray(long[] values) {
        LongArray array = new LongArray(values.length);
        MemorySegment.copy(MemorySegment.ofArray(values), 0, array.data, 0, array.data.byteSize());
        return array;
    }

    /** Copies the given elements. */
    public static LongArray fromElements(long... values) {
        return fromArray(values);
    }

    /**
     * Copies a segment that holds elements and no header.
     *
     * @throws IllegalArgumentException if the size of the segment is not a multiple of the element size
     */
    public static LongArray fromSegment(MemorySegment segment) {
        return new LongArray(copyWithHeader(segment, Long.BYTES), null);
    }

    /**
     * Wraps a writable segment that starts with {@link #ARRAY_HEADER} bytes of header, without copying it. The first
     * four bytes of the header receive the number of elements.
     *
     * @throws IllegalArgumentException if the segment is shorter than a header
     */
    public static LongArray fromSegmentShallow(MemorySegment segment) {
        return new LongArray(wrap(segment, Long.BYTES), null);
    }

    /** Copies what remains in a buffer; the position of the buffer does not move. */
    public static LongArray fromLongBuffer(LongBuffer buffer) {
        LongArray array = new LongArray(buffer.remaining());
        array.data.asByteBuffer().order(ByteOrder.nativeOrder()).asLongBuffer().put(buffer.duplicate());
        return array;
    }

    /** Sets every element of an array to one value. */
    public static void initialize(LongArray array, long value) {
        array.init(value);
    }

    /** Joins arrays, in order, into a new one. */
    public static LongArray concat(LongArray... arrays) {
        int total = 0;
        for (LongArray array : arrays) {
            total = Math.addExact(total, array.size);
        }
        LongArray joined = new LongArray(total);
        long at = 0;
        for (LongArray array : arrays) {
            MemorySegment.copy(array.data, 0, joined.data, at, array.data.byteSize());
            at += array.data.byteSize();
        }
        return joined;
    }

    /** Copies the elements into a Java array. */
    public long[] toHeapArray() {
        long[] values = new long[size];
        MemorySegment.copy(data, 0, MemorySegment.ofArray(values), 0, data.byteSize());
        return values;
    }

    /**
     * Writes one element.
     *
     * @throws IndexOutOfBoundsException if the index is not inside the array
     */
    public void set(int index, long value) {
        if (monitor != null) {
            monitor.write(index);
        }
        data.setAtIndex(LAYOUT, index, value);
    }

    /**
     * Reads one element.
     *
     * @throws IndexOutOfBoundsException if the index is not inside the array
     */
    public long get(int index) {
        if (monitor != null) {
            monitor.read(index);
        }
        return data.getAtIndex(LAYOUT, index);
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        init(0L);
    }

    /** {@return the size of one element, in bytes} */
    @Override
    public int getElementSize() {
        return Long.BYTES;
    }

    /** Sets every element to one value. */
    public void init(long value) {
        for (int i = 0; i < size; i++) {
            set(i, value);
        }
    }

    /** {@return the number of elements} */
    @Override
    public int getSize() {
        return size;
    }

    /** {@return the elements, without the header} */
    @Override
    public MemorySegment getSegment() {
        return data;
    }

    /** {@return the header and the elements} */
    @Override
    public MemorySegment getSegmentWithHeader() {
        return whole;
    }

    /** {@return the size of header and elements, in bytes} */
    @Override
    public long getNumBytesOfSegmentWithHeader() {
        return whole.byteSize();
    }

    /** {@return the size of the elements, in bytes} */
    @Override
    public long getNumBytesOfSegment() {
        return data.byteSize();
    }

    /**
     * Copies a part of this array into a new one.
     *
     * @param offset first element
     * @param length number of elements
     * @throws IllegalArgumentException if the part does not lie inside this array
     */
    public LongArray slice(int offset, int length) {
        checkSlice(offset, length, size);
        return fromSegment(data.asSlice((long) offset * LAYOUT.byteSize(), length * LAYOUT.byteSize()));
    }

    @Override
    LongArray monitored(MemorySegment deviceSegment, AccessMonitor accessMonitor) {
        return new LongArray(deviceSegment, accessMonitor);
    }

    @Override
    AccessMonitor monitor() {
        return monitor;
    }
}
