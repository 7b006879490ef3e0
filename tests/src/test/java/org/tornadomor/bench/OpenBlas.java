package org.tornadomor.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * OpenBLAS, the peer of the engine's matrix products: the library file that {@code -Dopenblas=PATH} names, as scripts/bench/run does with
 * the newest one, else the system's.
 */
final class OpenBlas {
    private static final int ROW_MAJOR = 101;
    private static final int PLAIN = 111;
    private static final int TRANSPOSED = 112;

    private static final int TEXT_BYTES = 256;

    private final MethodHandle sgemm;
    private final MethodHandle threads;
    private final String description;

    @SuppressWarnings("restricted")
    private static SymbolLookup library() {
        return SymbolLookup.libraryLookup(System.getProperty("openblas", "libopenblas.so.0"), Arena.global());
    }

    /** Whether the library is there. */
    static boolean installed() {
        try {
            return library() != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @SuppressWarnings("restricted")
    OpenBlas() {
        SymbolLookup library = library();
        ValueLayout.OfInt i = ValueLayout.JAVA_INT;
        ValueLayout.OfFloat f = ValueLayout.JAVA_FLOAT;
        Linker linker = Linker.nativeLinker();
        sgemm = linker.downcallHandle(
                library.find("cblas_sgemm").orElseThrow(),
                FunctionDescriptor.ofVoid(
                        i,
                        i,
                        i,
                        i,
                        i,
                        i,
                        f,
                        ValueLayout.ADDRESS,
                        i,
                        ValueLayout.ADDRESS,
                        i,
                        f,
                        ValueLayout.ADDRESS,
                        i));
        threads = linker.downcallHandle(
                library.find("openblas_set_num_threads").orElseThrow(), FunctionDescriptor.ofVoid(i));
        description = text(library, "openblas_get_config") + ", kernels for " + text(library, "openblas_get_corename");
    }

    /** What a function without arguments says. */
    @SuppressWarnings("restricted")
    private static String text(SymbolLookup library, String function) {
        try {
            MethodHandle handle = Linker.nativeLinker()
                    .downcallHandle(library.find(function).orElseThrow(), FunctionDescriptor.of(ValueLayout.ADDRESS));
            return ((MemorySegment) handle.invokeExact())
                    .reinterpret(TEXT_BYTES)
                    .getString(0)
                    .strip();
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    /** Version, build and the processor that its kernels are for. */
    String describe() {
        return description;
    }

    void threads(int count) {
        try {
            threads.invokeExact(count);
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    /** c [m, n] = beta c + a b, a given as [k, m] and b as [n, k] where they are transposed. */
    void multiply(
            int m,
            int n,
            int k,
            MemorySegment a,
            boolean aTransposed,
            MemorySegment b,
            boolean bTransposed,
            float beta,
            MemorySegment c) {
        try {
            sgemm.invokeExact(
                    ROW_MAJOR,
                    aTransposed ? TRANSPOSED : PLAIN,
                    bTransposed ? TRANSPOSED : PLAIN,
                    m,
                    n,
                    k,
                    1f,
                    a,
                    aTransposed ? m : k,
                    b,
                    bTransposed ? k : n,
                    beta,
                    c,
                    n);
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }
}
