package org.tornadomor.engine.cpu.products;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** How a chunk of columns of b is packed for oneDNN, out of floats in the order of rows or of columns. */
final class OneDnnPanel implements AutoCloseable {
    private static final int ARGUMENTS = 2 * OneDnn.ARGUMENT_BYTES;

    private final OneDnnKernel first;
    private final int width;
    private final int k;
    private final long bytes;
    private final Arena memory = Arena.ofShared();
    private final Order byRows;
    private final Order byColumns;

    /** Made from the kernel for the most rows: others take what it prefers. */
    OneDnnPanel(int threads, OneDnnKernel first, int width, int k) {
        this.first = first;
        this.width = width;
        this.k = k;
        bytes = (OneDnn.bytes(first.packed()) + 63) / 64 * 64;
        byRows = new Order(threads, width, 1);
        byColumns = new Order(threads, 1, k);
    }

    private final class Order {
        private final long reorder;
        private final long[] from;
        private final long[] to;
        private final long arguments;

        Order(int threads, int rowStride, int columnStride) {
            from = new long[threads];
            to = new long[threads];
            MemorySegment all = memory.allocate((long) threads * ARGUMENTS, 64);
            arguments = all.address();
            long plain = OneDnn.matrix(k, width, OneDnn.F32, rowStride, columnStride);
            reorder = OneDnn.reorder(plain, first.packed());
            for (int i = 0; i < threads; i++) {
                from[i] = OneDnn.memory(plain);
                to[i] = OneDnn.memory(first.packed());
                OneDnnKernel.put(all, (long) i * ARGUMENTS, OneDnn.SOURCE, from[i]);
                OneDnnKernel.put(all, (long) i * ARGUMENTS + OneDnn.ARGUMENT_BYTES, OneDnn.TARGET, to[i]);
            }
            OneDnn.destroyMatrix(plain);
        }

        void run(int worker, long stream, long source, long target) {
            OneDnn.place(from[worker], source);
            OneDnn.place(to[worker], target);
            OneDnn.execute(reorder, stream, 2, arguments + (long) worker * ARGUMENTS);
        }

        void close() {
            for (int i = 0; i < from.length; i++) {
                OneDnn.destroyMemory(from[i]);
                OneDnn.destroyMemory(to[i]);
            }
            OneDnn.destroyPrimitive(reorder);
        }
    }

    OneDnnKernel first() {
        return first;
    }

    /** Bytes of a packed chunk, whole cache lines. */
    long bytes() {
        return bytes;
    }

    /** Packs k rows of {@code width} floats, or {@code width} rows of k if they are columns. */
    void pack(boolean columns, int worker, long stream, long source, long target) {
        (columns ? byColumns : byRows).run(worker, stream, source, target);
    }

    @Override
    public void close() {
        byRows.close();
        byColumns.close();
        memory.close();
    }
}
