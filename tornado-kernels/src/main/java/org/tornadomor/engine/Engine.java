package org.tornadomor.engine;

/**
 * Owns memory and execution. A model asks it for arenas and programs, moves values in and out, and runs bindings; it
 * never sees an array. One thread drives an engine.
 */
public interface Engine extends AutoCloseable {
    /** For people: engine, device and how much of it is used, such as {@code cpu, 2 threads, 16 lanes}. */
    String describe();

    /**
     * A new, empty region of memory. Its values start as zeros.
     *
     * @throws org.tornadomor.UserError if the engine does not know the type: only F32 and I32 are known to all
     */
    Arena arena(String name, ElementType type);

    /** Whether arenas of this type can be made. */
    default boolean keeps(ElementType type) {
        return !type.narrow();
    }

    /** To what the operands of matrix products are rounded. */
    default Precision precision() {
        return Precision.FLOAT32;
    }

    /** Compiles what was recorded. The result belongs to this engine. */
    Program compile(Ops ops);

    /**
     * Copies {@code tensor.size()} values from {@code source}, starting at {@code from}, into the tensor, row by row. Narrow
     * types round: BF16 to the nearest, I8 to the nearest of 255 steps between minus and plus the largest magnitude of the row,
     * Q8 likewise for each block, with the scale rounded to float16.
     */
    void upload(Tensor tensor, float[] source, int from);

    /**
     * Copies values in GGUF's order into a tensor of type Q8, row by row: for each block its scale, little-endian, and then its
     * bytes.
     *
     * @throws UnsupportedOperationException if the engine does not know the type
     */
    default void uploadBlocks(Tensor tensor, byte[] source, int from) {
        throw new UnsupportedOperationException(describe() + " has no type " + ElementType.Q8);
    }

    /** As {@link #upload(Tensor, float[], int)} for indices. */
    void upload(Tensor tensor, int[] source, int from);

    /**
     * Copies all values of the tensor, row by row, to {@code target} from {@code at} on; values of narrow types as the floats
     * that they stand for.
     */
    void download(Tensor tensor, float[] target, int at);

    /** As {@link #download(Tensor, float[], int)} for indices. */
    void download(Tensor tensor, int[] target, int at);

    /** The rows that ops have processed so far. */
    Counters counters();

    /** Bytes of all open arenas. */
    long memoryBytes();

    /** Stops the workers and gives all memory back. */
    @Override
    void close();
}
