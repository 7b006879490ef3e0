package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import org.tornadomor.simulator.AccessMonitor;

/** An off-heap array of 16-bit integers that a task can take as an argument. */
public final class ShortArray extends TornadoNativeArray {

    private static final ValueLayout.OfShort LAYOUT = ValueLayout.JAVA_SHORT_UNALIGNED;

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
    public ShortArray(int numberOfElements) {
        this(allocate(numberOfElements, Short.BYTES), null);
    }

    private ShortArray(MemorySegment whole, AccessMonitor monitor) {
        this.whole = whole;
        this.data = whole.asSlice(ARRAY_HEADER);
        this.size = elementsOf(whole, Short.BYTES);
        this.monitor = monitor;
    }

    /** Copies a Java array. */
    public static ShortArray fromArray(short[] values) {
        ShortArray array = new ShortArray(values.length);
        MemorySegment.copy(MemorySegment.ofArray(values), 0, array.data, 0, array.data.byteSize());
        return array;
    }

    /** Copies the given elements. */
    public static ShortArray fromElements(short... values) {
        return fromArray(values);
    }

    /**
     * Copies a segment that holds elements and no header.
     *
     * @throws IllegalArgumentException if the size of the segment is not a multiple of the element size
     */
    public static ShortArray fromSegment(MemorySegment segment) {
        return new ShortArray(copyWithHeader(segment, Short.BYTES), null);
    }

    /**
     * Wraps a writable segment that starts with {@link #ARRAY_HEADER} bytes of header, without copying it. The first
     * four bytes of the header receive the number of elements.
     *
     * @throws IllegalArgumentException if the segment is shorter than a header
     */
    public static ShortArray fromSegmentShallow(MemorySegment segment) {
        return new ShortArray(wrap(segment, Short.BYTES), null);
    }

    /** Copies what remains in a buffer; the position of the buffer does not move. */
    public static ShortArray fromShortBuffer(ShortBuffer buffer) {
        ShortArray array = new ShortArray(buffer.remaining());
        array.data.asByteBuffer().order(ByteOrder.nativeOrder()).asShortBuffer().put(buffer.duplicate());
        return array;
    }

    /** Sets every element of an array to one value. */
    public static void initialize(ShortArray array, short value) {
        array.init(value);
    }

    /** Joins arrays, in order, into a new one. */
    public static ShortArray concat(ShortArray... arrays) {
        int total = 0;
        for (ShortArray array : arrays) {
            total = Math.addExact(total, array.size);
        }
        ShortArray joined = new ShortArray(total);
        long at = 0;
        for (ShortArray array : arrays) {
            MemorySegment.copy(array.data, 0, joined.data, at, array.data.byteSize());
            at += array.data.byteSize();
        }
        return joined;
    }

    /** Copies the elements into a Java array. */
    public short[] toHeapArray() {
        short[] values = new short[size];
        MemorySegment.copy(data, 0, MemorySegment.ofArray(values), 0, data.byteSize());
        return values;
    }

    /**
     * Writes one element.
     *
     * @throws IndexOutOfBoundsException if the index is not inside the array
     */
    public void set(int index, short value) {
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
    public short get(int index) {
        if (monitor != null) {
            monitor.read(index);
        }
        return data.getAtIndex(LAYOUT, index);
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        init((short) 0);
    }

    /** {@return the size of one element, in bytes} */
    @Override
    public int getElementSize() {
        return Short.BYTES;
    }

    /** Sets every element to one value. */
    public void init(short value) {
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
    public ShortArray slice(int offset, int length) {
        checkSlice(offset, length, size);
        return fromSegment(data.asSlice((long) offset * LAYOUT.byteSize(), length * LAYOUT.byteSize()));
    }

    @Override
    ShortArray monitored(MemorySegment deviceSegment, AccessMonitor accessMonitor) {
        return new ShortArray(deviceSegment, accessMonitor);
    }

    @Override
    AccessMonitor monitor() {
        return monitor;
    }
}
