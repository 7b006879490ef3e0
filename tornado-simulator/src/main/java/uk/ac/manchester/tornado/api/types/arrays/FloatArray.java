package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.tornadomor.simulator.AccessMonitor;

/** An off-heap array of single-precision numbers that a task can take as an argument. */
public final class FloatArray extends TornadoNativeArray {

    private static final ValueLayout.OfFloat LAYOUT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private static final int HEADER = (int) (ARRAY_HEADER / Float.BYTES);

    private final MemorySegment whole;
    private final MemorySegment data;
    private final int size;
    /** Null on the host; on the device it checks every access before it happens. */
    private final AccessMonitor monitor;
    /**
     * Null on the host; on the device the Java array that {@link #whole} is a view of, since access to it compiles to faster
     * code.
     */
    private final float[] memory;

    /**
     * Allocates an array of zeros.
     *
     * @param numberOfElements length of the array
     * @throws IllegalArgumentException if the length is negative
     */
    public FloatArray(int numberOfElements) {
        this(allocate(numberOfElements, Float.BYTES), null, null);
    }

    private FloatArray(MemorySegment whole, AccessMonitor monitor, float[] memory) {
        this.whole = whole;
        this.data = whole.asSlice(ARRAY_HEADER);
        this.size = elementsOf(whole, Float.BYTES);
        this.monitor = monitor;
        this.memory = memory;
    }

    /** Copies a Java array. */
    public static FloatArray fromArray(float[] values) {
        FloatArray array = new FloatArray(values.length);
        MemorySegment.copy(MemorySegment.ofArray(values), 0, array.data, 0, array.data.byteSize());
        return array;
    }

    /** Copies the given elements. */
    public static FloatArray fromElements(float... values) {
        return fromArray(values);
    }

    /**
     * Copies a segment that holds elements and no header.
     *
     * @throws IllegalArgumentException if the size of the segment is not a multiple of the element size
     */
    public static FloatArray fromSegment(MemorySegment segment) {
        return new FloatArray(copyWithHeader(segment, Float.BYTES), null, null);
    }

    /**
     * Wraps a writable segment that starts with {@link #ARRAY_HEADER} bytes of header, without copying it. The first
     * four bytes of the header receive the number of elements.
     *
     * @throws IllegalArgumentException if the segment is shorter than a header
     */
    public static FloatArray fromSegmentShallow(MemorySegment segment) {
        return new FloatArray(wrap(segment, Float.BYTES), null, null);
    }

    /** Copies what remains in a buffer; the position of the buffer does not move. */
    public static FloatArray fromFloatBuffer(FloatBuffer buffer) {
        FloatArray array = new FloatArray(buffer.remaining());
        array.data.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer().put(buffer.duplicate());
        return array;
    }

    /** Sets every element of an array to one value. */
    public static void initialize(FloatArray array, float value) {
        array.init(value);
    }

    /** Joins arrays, in order, into a new one. */
    public static FloatArray concat(FloatArray... arrays) {
        int total = 0;
        for (FloatArray array : arrays) {
            total = Math.addExact(total, array.size);
        }
        FloatArray joined = new FloatArray(total);
        long at = 0;
        for (FloatArray array : arrays) {
            MemorySegment.copy(array.data, 0, joined.data, at, array.data.byteSize());
            at += array.data.byteSize();
        }
        return joined;
    }

    /** Copies the elements into a Java array. */
    public float[] toHeapArray() {
        float[] values = new float[size];
        MemorySegment.copy(data, 0, MemorySegment.ofArray(values), 0, data.byteSize());
        return values;
    }

    /**
     * Writes one element.
     *
     * @throws IndexOutOfBoundsException if the index is not inside the array
     */
    public void set(int index, float value) {
        if (monitor != null) {
            monitor.write(index);
        }
        if (memory != null) {
            memory[HEADER + index] = value;
        } else {
            data.setAtIndex(LAYOUT, index, value);
        }
    }

    /**
     * Reads one element.
     *
     * @throws IndexOutOfBoundsException if the index is not inside the array
     */
    public float get(int index) {
        if (monitor != null) {
            monitor.read(index);
        }
        return memory != null ? memory[HEADER + index] : data.getAtIndex(LAYOUT, index);
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        init(0f);
    }

    /** {@return the size of one element, in bytes} */
    @Override
    public int getElementSize() {
        return Float.BYTES;
    }

    /** Sets every element to one value. */
    public void init(float value) {
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
    public FloatArray slice(int offset, int length) {
        checkSlice(offset, length, size);
        return fromSegment(data.asSlice((long) offset * LAYOUT.byteSize(), length * LAYOUT.byteSize()));
    }

    @Override
    MemorySegment deviceMemory() {
        return MemorySegment.ofArray(new float[HEADER + size]);
    }

    @Override
    FloatArray monitored(MemorySegment deviceSegment, AccessMonitor accessMonitor) {
        Object memory = deviceSegment.heapBase().orElse(null);
        return new FloatArray(deviceSegment, accessMonitor, memory instanceof float[] elements ? elements : null);
    }

    @Override
    AccessMonitor monitor() {
        return monitor;
    }
}
