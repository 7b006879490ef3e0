package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.tornadomor.simulator.AccessMonitor;
import uk.ac.manchester.tornado.api.types.HalfFloat;

/** An off-heap array of fp16 numbers that a task can take as an argument. */
public final class HalfFloatArray extends TornadoNativeArray {

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
    public HalfFloatArray(int numberOfElements) {
        this(allocate(numberOfElements, Short.BYTES), null);
    }

    private HalfFloatArray(MemorySegment whole, AccessMonitor monitor) {
        this.whole = whole;
        this.data = whole.asSlice(ARRAY_HEADER);
        this.size = elementsOf(whole, Short.BYTES);
        this.monitor = monitor;
    }

    /** Copies a Java array. */
    public static HalfFloatArray fromArray(HalfFloat[] values) {
        HalfFloatArray array = new HalfFloatArray(values.length);
        for (int i = 0; i < values.length; i++) {
            array.set(i, values[i]);
        }
        return array;
    }

    /** Copies the given elements. */
    public static HalfFloatArray fromElements(HalfFloat... values) {
        return fromArray(values);
    }

    /**
     * Copies a segment that holds fp16 bits and no header.
     *
     * @throws IllegalArgumentException if the size of the segment is not a multiple of the element size
     */
    public static HalfFloatArray fromSegment(MemorySegment segment) {
        return new HalfFloatArray(copyWithHeader(segment, Short.BYTES), null);
    }

    /**
     * Wraps a writable segment that starts with {@link #ARRAY_HEADER} bytes of header, without copying it. The first
     * four bytes of the header receive the number of elements.
     *
     * @throws IllegalArgumentException if the segment is shorter than a header
     */
    public static HalfFloatArray fromSegmentShallow(MemorySegment segment) {
        return new HalfFloatArray(wrap(segment, Short.BYTES), null);
    }

    /** Sets every element of an array to one value. */
    public static void initialize(HalfFloatArray array, HalfFloat value) {
        array.init(value);
    }

    /** Joins arrays, in order, into a new one. */
    public static HalfFloatArray concat(HalfFloatArray... arrays) {
        int total = 0;
        for (HalfFloatArray array : arrays) {
            total = Math.addExact(total, array.size);
        }
        HalfFloatArray joined = new HalfFloatArray(total);
        long at = 0;
        for (HalfFloatArray array : arrays) {
            MemorySegment.copy(array.data, 0, joined.data, at, array.data.byteSize());
            at += array.data.byteSize();
        }
        return joined;
    }

    /** Copies the elements into a Java array. */
    public HalfFloat[] toHeapArray() {
        HalfFloat[] values = new HalfFloat[size];
        for (int i = 0; i < size; i++) {
            values[i] = get(i);
        }
        return values;
    }

    /** Copies the bits of the elements into a Java array. */
    public short[] toShortArray() {
        short[] bits = new short[size];
        MemorySegment.copy(data, 0, MemorySegment.ofArray(bits), 0, data.byteSize());
        return bits;
    }

    /**
     * Writes one element.
     *
     * @throws IndexOutOfBoundsException if the index is not inside the array
     */
    public void set(int index, HalfFloat value) {
        if (monitor != null) {
            monitor.write(index);
        }
        data.setAtIndex(LAYOUT, index, value.getHalfFloatValue());
    }

    /**
     * Reads one element.
     *
     * @throws IndexOutOfBoundsException if the index is not inside the array
     */
    public HalfFloat get(int index) {
        if (monitor != null) {
            monitor.read(index);
        }
        return new HalfFloat(data.getAtIndex(LAYOUT, index));
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        init(new HalfFloat((short) 0));
    }

    /** {@return the size of one element, in bytes} */
    @Override
    public int getElementSize() {
        return Short.BYTES;
    }

    /** Sets every element to one value. */
    public void init(HalfFloat value) {
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
    public HalfFloatArray slice(int offset, int length) {
        checkSlice(offset, length, size);
        return fromSegment(data.asSlice((long) offset * LAYOUT.byteSize(), length * LAYOUT.byteSize()));
    }

    @Override
    HalfFloatArray monitored(MemorySegment deviceSegment, AccessMonitor accessMonitor) {
        return new HalfFloatArray(deviceSegment, accessMonitor);
    }

    @Override
    AccessMonitor monitor() {
        return monitor;
    }
}
