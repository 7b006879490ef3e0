package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.tornadomor.simulator.AccessMonitor;
import uk.ac.manchester.tornado.api.types.HalfFloat;

/** An off-heap array of bytes that a task can take as an argument. */
public final class ByteArray extends TornadoNativeArray {

    private static final ValueLayout.OfByte LAYOUT = ValueLayout.JAVA_BYTE;

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
    public ByteArray(int numberOfElements) {
        this(allocate(numberOfElements, Byte.BYTES), null);
    }

    private ByteArray(MemorySegment whole, AccessMonitor monitor) {
        this.whole = whole;
        this.data = whole.asSlice(ARRAY_HEADER);
        this.size = elementsOf(whole, Byte.BYTES);
        this.monitor = monitor;
    }

    /** Copies a Java array. */
    public static ByteArray fromArray(byte[] values) {
        ByteArray array = new ByteArray(values.length);
        MemorySegment.copy(MemorySegment.ofArray(values), 0, array.data, 0, array.data.byteSize());
        return array;
    }

    /** Copies the given elements. */
    public static ByteArray fromElements(byte... values) {
        return fromArray(values);
    }

    /**
     * Copies a segment that holds elements and no header.
     *
     * @throws IllegalArgumentException if the size of the segment is not a multiple of the element size
     */
    public static ByteArray fromSegment(MemorySegment segment) {
        return new ByteArray(copyWithHeader(segment, Byte.BYTES), null);
    }

    /**
     * Wraps a writable segment that starts with {@link #ARRAY_HEADER} bytes of header, without copying it. The first
     * four bytes of the header receive the number of elements.
     *
     * @throws IllegalArgumentException if the segment is shorter than a header
     */
    public static ByteArray fromSegmentShallow(MemorySegment segment) {
        return new ByteArray(wrap(segment, Byte.BYTES), null);
    }

    /** Copies what remains in a buffer; the position of the buffer does not move. */
    public static ByteArray fromByteBuffer(ByteBuffer buffer) {
        ByteArray array = new ByteArray(buffer.remaining());
        array.data.asByteBuffer().put(buffer.duplicate());
        return array;
    }

    /** Sets every element of an array to one value. */
    public static void initialize(ByteArray array, byte value) {
        array.init(value);
    }

    /** Joins arrays, in order, into a new one. */
    public static ByteArray concat(ByteArray... arrays) {
        int total = 0;
        for (ByteArray array : arrays) {
            total = Math.addExact(total, array.size);
        }
        ByteArray joined = new ByteArray(total);
        long at = 0;
        for (ByteArray array : arrays) {
            MemorySegment.copy(array.data, 0, joined.data, at, array.data.byteSize());
            at += array.data.byteSize();
        }
        return joined;
    }

    /** Copies the elements into a Java array. */
    public byte[] toHeapArray() {
        byte[] values = new byte[size];
        MemorySegment.copy(data, 0, MemorySegment.ofArray(values), 0, data.byteSize());
        return values;
    }

    /**
     * Writes one element.
     *
     * @throws IndexOutOfBoundsException if the index is not inside the array
     */
    public void set(int index, byte value) {
        if (monitor != null) {
            monitor.write(index);
        }
        data.set(LAYOUT, index, value);
    }

    /**
     * Reads one element.
     *
     * @throws IndexOutOfBoundsException if the index is not inside the array
     */
    public byte get(int index) {
        if (monitor != null) {
            monitor.read(index);
        }
        return data.get(LAYOUT, index);
    }

    /**
     * Reads the fp16 number whose low byte lies at a byte index (blocks of quantised weights keep their scale there).
     *
     * @param byteIndex index of the first of the two bytes
     */
    public HalfFloat getHalfFloat(int byteIndex) {
        if (monitor != null) {
            monitor.read(byteIndex);
            monitor.read(byteIndex + 1);
        }
        return new HalfFloat(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, byteIndex));
    }

    /**
     * Writes an fp16 number into the two bytes that start at a byte index.
     *
     * @param byteIndex index of the first of the two bytes
     */
    public void setHalfFloat(int byteIndex, HalfFloat value) {
        if (monitor != null) {
            monitor.write(byteIndex);
            monitor.write(byteIndex + 1);
        }
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, byteIndex, value.getHalfFloatValue());
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        init((byte) 0);
    }

    /** {@return the size of one element, in bytes} */
    @Override
    public int getElementSize() {
        return Byte.BYTES;
    }

    /** Sets every element to one value. */
    public void init(byte value) {
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
    public ByteArray slice(int offset, int length) {
        checkSlice(offset, length, size);
        return fromSegment(data.asSlice((long) offset * LAYOUT.byteSize(), length * LAYOUT.byteSize()));
    }

    @Override
    ByteArray monitored(MemorySegment deviceSegment, AccessMonitor accessMonitor) {
        return new ByteArray(deviceSegment, accessMonitor);
    }

    @Override
    AccessMonitor monitor() {
        return monitor;
    }
}
