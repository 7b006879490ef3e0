package org.tornadomor.files;

import org.tornadomor.UserError;

/**
 * A place to write tensors to that were declared before. Nothing appears under its final name until {@link #commit};
 * closing without it leaves nothing behind.
 */
public interface TensorSink extends AutoCloseable {
    /**
     * Writes the next {@code count} elements of a float tensor, rounding to its type (to nearest, ties to even).
     *
     * @throws UserError if the disk refuses, or a finite value does not fit the type
     * @throws IllegalArgumentException if no such tensor was declared, it holds integers, or it has fewer elements left
     */
    void append(String name, float[] src, int srcOffset, int count);

    /** Writes the next {@code count} elements of an integer tensor; otherwise as the float variant. */
    void append(String name, int[] src, int srcOffset, int count);

    /** Writes a whole tensor from {@code src[srcOffset]} on; see {@link #append(String, float[], int, int)}. */
    void write(String name, float[] src, int srcOffset);

    /** Writes a whole tensor from {@code src[srcOffset]} on; see {@link #append(String, int[], int, int)}. */
    void write(String name, int[] src, int srcOffset);

    /**
     * Makes what was written durable and moves it into place.
     *
     * @throws UserError if the disk refuses
     * @throws IllegalStateException naming a tensor that was not written in full
     */
    void commit();

    /** Removes what was not committed. */
    @Override
    void close();
}
