package org.tornadomor.engine.cpu.products;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.cpu.basics.Changes;
import org.tornadomor.engine.cpu.basics.Matrix;

/**
 * Products by oneDNN in float32 or, with operands rounded, in bfloat16 with float32 sums. The engine's workers call it for tiles that
 * depend on the shape alone, each for itself in its own thread, so that results do not depend on the number of threads. The library
 * wants its operands outside of the Java heap: rows are copied there a tile at a time, on which occasion they are rounded, and
 * results are copied back while they are still in the worker's cache. Right operands of linear maps are packed as the library likes them
 * and kept until their arena changes; that takes as much memory again as the weights have, or half of it in bfloat16.
 */
final class OneDnnProducts implements Products {
    private static final int CACHE_LINE = 64;
    /** The sides of a product that shows whether the library has one. */
    private static final int PROBE = 64;

    private final int threads;
    private final int type;
    private final Products java = new JavaProducts();
    private final long[] streams;
    private final MemorySegment[] left;
    private final MemorySegment[] result;
    private final MemorySegment[] stage;
    private final MemorySegment[] scratchpad;
    private final Map<Shape, OneDnnKernel> kernels = new HashMap<>();
    private final Map<Shape, OneDnnPanel> panels = new HashMap<>();
    private final Map<Changes, Map<Place, Packed>> kept = new HashMap<>();
    private MemorySegment once = MemorySegment.NULL;

    /** What a kernel or, with height 0, a panel is made for. */
    private record Shape(int height, int width, int k, boolean aTransposed) {}

    /** Where a right operand is, and how it is read. */
    private record Place(Object array, int at, int stride, int n, int k, boolean transposed) {
        @Override
        public int hashCode() {
            return System.identityHashCode(array) + 31 * at + 7 * n + k;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Place p
                    && p.array == array
                    && p.at == at
                    && p.stride == stride
                    && p.n == n
                    && p.k == k
                    && p.transposed == transposed;
        }
    }

    /** Packed columns, and of which state of their arena they are. */
    static final class Packed {
        private MemorySegment memory = MemorySegment.NULL;
        private long changes = -1;

        MemorySegment memory() {
            return memory;
        }

        /** Whether the arena has changed since they were packed. */
        boolean isOutdated(Changes arena) {
            return changes != arena.count();
        }

        /** They have been packed from what the arena has now. */
        void renewed(Changes arena) {
            changes = arena.count();
        }
    }

    /** For so many workers. There must be no {@link #problem}. */
    OneDnnProducts(int threads, Precision precision) {
        this.threads = threads;
        type = type(precision);
        streams = new long[threads];
        left = new MemorySegment[threads];
        result = new MemorySegment[threads];
        stage = new MemorySegment[threads];
        scratchpad = new MemorySegment[threads];
        for (int i = 0; i < threads; i++) {
            streams[i] = OneDnn.stream();
            left[i] = MemorySegment.NULL;
            result[i] = MemorySegment.NULL;
            stage[i] = MemorySegment.NULL;
            scratchpad[i] = MemorySegment.NULL;
        }
    }

    private static int type(Precision precision) {
        return precision == Precision.BFLOAT16 ? OneDnn.BF16 : OneDnn.F32;
    }

    /** Why the library cannot be used, in one line, or null if it can. */
    static String problem(Precision precision) {
        try {
            OneDnnLibrary.find();
            OneDnn.oneThread();
            try (OneDnnKernel kernel = new OneDnnKernel(1, PROBE, PROBE, PROBE, false, type(precision), 0)) {
                // What is called a reference is there to compare with, and takes many times as long as Java.
                return kernel.name().startsWith("ref")
                        ? "oneDNN has no fast products in " + precision + " for this processor"
                        : null;
            }
        } catch (UserError e) {
            return e.getMessage();
        } catch (LinkageError | RuntimeException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return "oneDNN cannot be used: "
                    + String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        }
    }

    int threads() {
        return threads;
    }

    int type() {
        return type;
    }

    int elementBytes() {
        return type == OneDnn.BF16 ? 2 : 4;
    }

    @Override
    public Product product(boolean aTransposed, boolean bTransposed) {
        return new OneDnnProduct(this, java.product(aTransposed, bTransposed), aTransposed, bTransposed);
    }

    /** The kernel for tiles of these rows and columns; made if there is none yet. */
    OneDnnKernel kernel(int height, int width, int k, boolean aTransposed) {
        OneDnnPanel panel = panel(width, k);
        if (height == OneDnnProduct.HEIGHT && !aTransposed) {
            return panel.first();
        }
        return kernels.computeIfAbsent(
                new Shape(height, width, k, aTransposed),
                shape -> new OneDnnKernel(
                        threads,
                        height,
                        width,
                        k,
                        aTransposed,
                        type,
                        panel.first().packed()));
    }

    /** How so many columns with sums of length k are packed. */
    OneDnnPanel panel(int width, int k) {
        return panels.computeIfAbsent(new Shape(0, width, k, false), shape -> {
            OneDnnKernel kernel = new OneDnnKernel(threads, OneDnnProduct.HEIGHT, width, k, false, type, 0);
            kernels.put(new Shape(OneDnnProduct.HEIGHT, width, k, false), kernel);
            return new OneDnnPanel(threads, kernel, width, k);
        });
    }

    /** Packed columns that are kept for as long as the arena of b does not change. */
    Packed kept(Matrix b, int n, int k, boolean transposed, long bytes) {
        Object array = b.values != null ? b.values : b.halves;
        Packed packed = kept.computeIfAbsent(b.changes, arena -> new HashMap<>())
                .computeIfAbsent(new Place(array, b.at, b.stride, n, k, transposed), place -> new Packed());
        packed.memory = grown(packed.memory, bytes);
        return packed;
    }

    @Override
    public void forget(Changes arena) {
        kept.remove(arena);
    }

    @Override
    public String note() {
        return ", products by oneDNN" + (type == OneDnn.BF16 ? " in bfloat16" : "");
    }

    /** Memory for what is packed for a single run. */
    MemorySegment once(long bytes) {
        return once = grown(once, bytes);
    }

    private static MemorySegment grown(MemorySegment memory, long bytes) {
        return memory.byteSize() >= bytes ? memory : Arena.ofAuto().allocate(bytes, CACHE_LINE);
    }

    /** Sees to it that each worker has so much memory for either purpose. */
    void reserve(long leftBytes, long resultBytes, long stageBytes, long scratchpadBytes) {
        for (int i = 0; i < threads; i++) {
            left[i] = grown(left[i], leftBytes);
            result[i] = grown(result[i], resultBytes);
            stage[i] = grown(stage[i], stageBytes);
            scratchpad[i] = grown(scratchpad[i], Math.max(CACHE_LINE, scratchpadBytes));
        }
    }

    long stream(int worker) {
        return streams[worker];
    }

    MemorySegment left(int worker) {
        return left[worker];
    }

    MemorySegment result(int worker) {
        return result[worker];
    }

    MemorySegment stage(int worker) {
        return stage[worker];
    }

    MemorySegment scratchpad(int worker) {
        return scratchpad[worker];
    }

    @Override
    public void close() {
        panels.values().forEach(OneDnnPanel::close);
        kernels.values().forEach(OneDnnKernel::close);
        panels.clear();
        kernels.clear();
        kept.clear();
        for (long stream : streams) {
            OneDnn.destroyStream(stream);
        }
    }
}
