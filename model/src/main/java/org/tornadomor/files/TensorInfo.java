package org.tornadomor.files;

import java.util.Arrays;

/**
 * The name, element type and shape of a tensor in a file.
 *
 * @param shape row-major, outermost first; empty for a single value
 */
public record TensorInfo(String name, DType dtype, long[] shape) {

    /** @throws IllegalArgumentException if a dimension is negative or the size does not fit 63 bits */
    public TensorInfo {
        shape = shape.clone();
        try {
            Math.multiplyExact(count(shape), dtype.bytes());
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("the shape " + Arrays.toString(shape) + " is too large", e);
        }
    }

    /** As the record's constructor, for int shapes. */
    public static TensorInfo of(String name, DType dtype, int... shape) {
        return new TensorInfo(name, dtype, Arrays.stream(shape).asLongStream().toArray());
    }

    private static long count(long[] shape) {
        long count = 1;
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException("the shape " + Arrays.toString(shape) + " is negative");
            }
            count = Math.multiplyExact(count, dimension);
        }
        return count;
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** The number of elements. */
    public long elements() {
        return count(shape);
    }

    /** The number of bytes in the file. */
    public long bytes() {
        return elements() * dtype.bytes();
    }

    /** Whether the shape is this one. */
    public boolean hasShape(int... expected) {
        return Arrays.equals(shape, Arrays.stream(expected).asLongStream().toArray());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorInfo info
                && name.equals(info.name)
                && dtype == info.dtype
                && Arrays.equals(shape, info.shape);
    }

    @Override
    public int hashCode() {
        return name.hashCode() * 31 + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return name + " " + dtype + Arrays.toString(shape);
    }
}
