package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import org.tornadomor.simulator.AccessMonitor;

/** An off-heap array of UTF-16 code units that a task can take as an argument. */
public final class CharArray extends TornadoNativeArray {

    private static final ValueLayout.OfChar LAYOUT = ValueLayout.JAVA_CHAR_UNALIGNED;

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
    public CharArray(int numberOfElements) {
        this(allocate(numberOfElements, Character.BYTES), null);
    }

    private CharArray(MemorySegment whole, AccessMonitor monitor) {
        this.whole = whole;
        this.data = whole.asSlice(ARRAY_HEADER);
        this.size = elementsOf(whole, Character.BYTES);
        this.monitor = monitor;
    }

    /** Copies a Java array. */
    public static CharArray fromArray(char[] values) {
        CharArray array = new CharArray(values.length);
        MemorySegment.copy(MemorySegment.ofArray(values), 0, array.data, 0, array.data.byteSize());
        return array;
    }

    /** Copies the given elements. */
    public static CharArray fromElements(char... values) {
        return fromArray(values);
    }

    /**
     * Copies a segment that holds elements and no header.
     *
     * @throws IllegalArgumentException if the size of the segment is not a multiple of the element size
     */
    public static CharArray fromSegment(MemorySegment segment) {
        return new CharArray(copyWithHeader(segment, Character.BYTES), null);
    }

    /**
     * Wraps a writable segment that starts with {@link #ARRAY_HEADER} bytes of header, without copying it. The first
     * four bytes of the header receive the number of elements.
     *
     * @throws IllegalArgumentException if the segment is shorter than a header
     */
    public static CharArray fromSegmentShallow(MemorySegment segment) {
        return new CharArray(wrap(segment, Character.BYTES), null);
    }

    /** Copies what remains in a buffer; the position of the buffer does not move. */
    public static CharArray fromCharBuffer(CharBuffer buffer) {
        CharArray array = new CharArray(buffer.remaining());
        array.data.asByteBuffer().order(ByteOrder.nativeOrder()).asCharBuffer().put(buffer.duplicate());
        return array;
    }

    /** Sets every element of an array to one value. */
    public static void initialize(CharArray array, char value) {
        array.init(value);
    }

    /** Joins arrays, in order, into a new one. */
    public static CharArray concat(CharArray... arrays) {
        int total = 0;
        for (CharArray array : arrays) {
            total = Math.addExact(total, array.size);
        }
        CharArray joined = new CharArray(total);
        long at = 0;
        for (CharArray array : arrays) {
            MemorySegment.copy(array.data, 0, joined.data, at, array.data.byteSize());
            at += array.data.byteSize();
        }
        return joined;
    }

    /** Copies the elements into a Java array. */
    public char[] toHeapArray() {
        char[] values = new char[size];
        MemorySegment.copy(data, 0, MemorySegment.ofArray(values), 0, data.byteSize());
        return values;
    }

    /**
     * Writes one element.
     *
     * @throws IndexOutOfBoundsException if the index is not inside the array
     */
    public void set(int index, char value) {
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
    public char get(int index) {
        if (monitor != null) {
            monitor.read(index);
        }
        return data.getAtIndex(LAYOUT, index);
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        init('\0');
    }

    /** {@return the size of one element, in bytes} */
    @Override
    public int getElementSize() {
        return Character.BYTES;
    }

    /** Sets every element to one value. */
    public void init(char value) {
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
    public CharArray slice(int offset, int length) {
        checkSlice(offset, length, size);
        return fromSegment(data.asSlice((long) offset * LAYOUT.byteSize(), length * LAYOUT.byteSize()));
    }

    @Override
    CharArray monitored(MemorySegment deviceSegment, AccessMonitor accessMonitor) {
        return new CharArray(deviceSegment, accessMonitor);
    }

    @Override
    AccessMonitor monitor() {
        return monitor;
    }
}
