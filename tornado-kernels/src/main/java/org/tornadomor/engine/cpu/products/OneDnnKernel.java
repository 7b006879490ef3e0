package org.tornadomor.engine.cpu.products;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A primitive of oneDNN that multiplies a tile of rows with a chunk of packed columns; each worker has its own arguments. */
final class OneDnnKernel implements AutoCloseable {
    private static final int ARGUMENTS = 4 * OneDnn.ARGUMENT_BYTES;

    private final OneDnn.Matmul matmul;
    private final long[] sources;
    private final long[] weights;
    private final long[] targets;
    private final long[] scratchpads;
    private final long arguments;
    private final Arena memory = Arena.ofShared();

    /**
     * A kernel for {@code height} rows and {@code width} columns of the result.
     *
     * @param threads workers that may run it
     * @param aTransposed whether the rows stand as columns, {@code height} elements from one to the next element of a row
     * @param type of both operands, as {@link OneDnn} names it
     * @param packed describes how b is packed, or 0 to let the library choose
     * @throws IllegalStateException if the library has none for this type
     */
    OneDnnKernel(int threads, int height, int width, int k, boolean aTransposed, int type, long packed) {
        long a = aTransposed ? OneDnn.matrix(height, k, type, 1, height) : OneDnn.matrix(height, k, type, k, 1);
        long c = OneDnn.matrix(height, width, OneDnn.F32, width, 1);
        matmul = OneDnn.matmul(a, packed, k, width, type, c);
        if (matmul == null) {
            OneDnn.destroyMatrix(a);
            OneDnn.destroyMatrix(c);
            throw new IllegalStateException("no such product on this processor");
        }
        sources = new long[threads];
        weights = new long[threads];
        targets = new long[threads];
        scratchpads = new long[threads];
        MemorySegment all = memory.allocate((long) threads * ARGUMENTS, 64);
        arguments = all.address();
        for (int i = 0; i < threads; i++) {
            sources[i] = OneDnn.memory(a);
            weights[i] = OneDnn.memory(matmul.weights());
            targets[i] = OneDnn.memory(c);
            scratchpads[i] = OneDnn.memory(matmul.scratchpad());
            long at = (long) i * ARGUMENTS;
            put(all, at, OneDnn.SOURCE, sources[i]);
            put(all, at + OneDnn.ARGUMENT_BYTES, OneDnn.WEIGHTS, weights[i]);
            put(all, at + 2 * OneDnn.ARGUMENT_BYTES, OneDnn.TARGET, targets[i]);
            put(all, at + 3 * OneDnn.ARGUMENT_BYTES, OneDnn.SCRATCHPAD, scratchpads[i]);
        }
        OneDnn.destroyMatrix(a);
        OneDnn.destroyMatrix(c);
    }

    /** Writes one argument: a kind and the memory. */
    static void put(MemorySegment arguments, long at, int kind, long memory) {
        arguments.set(ValueLayout.JAVA_INT, at, kind);
        arguments.set(ValueLayout.JAVA_LONG, at + Long.BYTES, memory);
    }

    /** Describes how b has to be packed. */
    long packed() {
        return matmul.weights();
    }

    /** Of the implementation that the library chose. */
    String name() {
        return matmul.name();
    }

    /** Bytes that a run needs besides. */
    long scratchpad() {
        return matmul.scratchpadBytes();
    }

    /** Multiplies what is at these addresses. */
    void run(int worker, long stream, long a, long b, long c, long scratchpad) {
        OneDnn.place(sources[worker], a);
        OneDnn.place(weights[worker], b);
        OneDnn.place(targets[worker], c);
        OneDnn.place(scratchpads[worker], scratchpad);
        OneDnn.execute(matmul.primitive(), stream, 4, arguments + (long) worker * ARGUMENTS);
    }

    @Override
    public void close() {
        for (int i = 0; i < sources.length; i++) {
            OneDnn.destroyMemory(sources[i]);
            OneDnn.destroyMemory(weights[i]);
            OneDnn.destroyMemory(targets[i]);
            OneDnn.destroyMemory(scratchpads[i]);
        }
        OneDnn.destroyPrimitive(matmul.primitive());
        OneDnn.destroyMatrix(matmul.weights());
        OneDnn.destroyMatrix(matmul.scratchpad());
        memory.close();
    }
}
