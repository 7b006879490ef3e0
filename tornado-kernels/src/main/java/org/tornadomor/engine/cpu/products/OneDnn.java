package org.tornadomor.engine.cpu.products;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.tornadomor.engine.cpu.Matmul;

/**
 * The functions of oneDNN's C interface (dnnl.h, version 3) that products need, with the names that they have there. Handles and
 * addresses are plain numbers. The class loads the library when it is first used: {@link OneDnnLibrary} knows where it is.
 *
 * <p>The library has threads of its own (OpenMP), which the engine does not want: {@link #oneThread()} makes all that the calling thread
 * asks for run in that thread.
 */
// Calls of foreign functions are what this class is for: the library is one that a person has installed.
@SuppressWarnings("restricted")
final class OneDnn {
    /** Types of elements: {@code dnnl_bf16} and {@code dnnl_f32}. */
    static final int BF16 = 2;

    static final int F32 = 3;

    /** Arguments of primitives: {@code DNNL_ARG_SRC} (and {@code FROM}), {@code WEIGHTS}, {@code DST} (and {@code TO}), {@code SCRATCHPAD}. */
    static final int SOURCE = 1;

    static final int WEIGHTS = 33;
    static final int TARGET = 17;
    static final int SCRATCHPAD = 80;

    /** The size of {@code dnnl_exec_arg_t}, a number and a pointer. */
    static final int ARGUMENT_BYTES = 16;

    /** {@code DNNL_MAX_NDIMS}. */
    private static final int MOST_DIMENSIONS = 12;

    private static final int CPU = 1;
    private static final int IN_ORDER = 1;
    private static final int ANY = 1;
    private static final int QUERY_WEIGHTS = 131;
    private static final int QUERY_SCRATCHPAD = 136;
    private static final int QUERY_NAME = 8;
    private static final int USER_SCRATCHPAD = 1;
    private static final int UNIMPLEMENTED = 3;

    private static final MemoryLayout INT = ValueLayout.JAVA_INT;
    private static final MemoryLayout LONG = ValueLayout.JAVA_LONG;

    private static final OneDnnLibrary.Place PLACE = OneDnnLibrary.find();
    private static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup(PLACE.library(), Arena.global());
    private static final SymbolLookup THREADS = SymbolLookup.libraryLookup(PLACE.threads(), Arena.global());

    private static final MethodHandle SET_THREADS = Linker.nativeLinker()
            .downcallHandle(
                    THREADS.findOrThrow("omp_set_num_threads"), FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
    private static final MethodHandle ENGINE_CREATE = find("dnnl_engine_create", LONG, INT, LONG);
    private static final MethodHandle STREAM_CREATE = find("dnnl_stream_create", LONG, LONG, INT);
    private static final MethodHandle STREAM_DESTROY = find("dnnl_stream_destroy", LONG);
    private static final MethodHandle DESC_WITH_STRIDES =
            find("dnnl_memory_desc_create_with_strides", LONG, INT, LONG, INT, LONG);
    private static final MethodHandle DESC_WITH_TAG =
            find("dnnl_memory_desc_create_with_tag", LONG, INT, LONG, INT, INT);
    private static final MethodHandle DESC_CLONE = find("dnnl_memory_desc_clone", LONG, LONG);
    private static final MethodHandle DESC_DESTROY = find("dnnl_memory_desc_destroy", LONG);
    private static final MethodHandle DESC_SIZE = Linker.nativeLinker()
            .downcallHandle(
                    LIBRARY.findOrThrow("dnnl_memory_desc_get_size"),
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG, LONG));
    private static final MethodHandle ATTR_CREATE = find("dnnl_primitive_attr_create", LONG);
    private static final MethodHandle ATTR_DESTROY = find("dnnl_primitive_attr_destroy", LONG);
    private static final MethodHandle ATTR_SCRATCHPAD = find("dnnl_primitive_attr_set_scratchpad_mode", LONG, INT);
    private static final MethodHandle MATMUL =
            find("dnnl_matmul_primitive_desc_create", LONG, LONG, LONG, LONG, LONG, LONG, LONG);
    private static final MethodHandle REORDER =
            find("dnnl_reorder_primitive_desc_create", LONG, LONG, LONG, LONG, LONG, LONG);
    private static final MethodHandle PRIMITIVE_DESC_DESTROY = find("dnnl_primitive_desc_destroy", LONG);
    private static final MethodHandle QUERY = find("dnnl_primitive_desc_query", LONG, INT, INT, LONG);
    private static final MethodHandle QUERY_DESC = Linker.nativeLinker()
            .downcallHandle(
                    LIBRARY.findOrThrow("dnnl_primitive_desc_query_md"),
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG, LONG, INT, INT));
    private static final MethodHandle PRIMITIVE_CREATE = find("dnnl_primitive_create", LONG, LONG);
    private static final MethodHandle PRIMITIVE_DESTROY = find("dnnl_primitive_destroy", LONG);
    private static final MethodHandle MEMORY_CREATE = find("dnnl_memory_create", LONG, LONG, LONG, LONG);
    private static final MethodHandle MEMORY_DESTROY = find("dnnl_memory_destroy", LONG);
    private static final MethodHandle MEMORY_SET = find("dnnl_memory_set_data_handle", LONG, LONG);
    private static final MethodHandle EXECUTE = find("dnnl_primitive_execute", LONG, LONG, INT, LONG);

    /** The library's idea of the processor, for all engines of this JVM. */
    private static final long ENGINE = create(ENGINE_CREATE, CPU, 0L);

    private OneDnn() {}

    private static MethodHandle find(String name, MemoryLayout... arguments) {
        return Linker.nativeLinker()
                .downcallHandle(LIBRARY.findOrThrow(name), FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    /** From here on the calling thread computes alone whatever it asks for. */
    static void oneThread() {
        try {
            SET_THREADS.invokeExact(1);
        } catch (Throwable t) {
            throw failed(t);
        }
    }

    /** Calls a function that makes something and puts its handle where its first argument points. */
    private static long create(MethodHandle function, Object... arguments) {
        long handle = createIfImplemented(function, arguments);
        if (handle == 0) {
            throw new IllegalStateException("oneDNN has no implementation");
        }
        return handle;
    }

    /** The same, or 0 where the library has nothing for these arguments. */
    private static long createIfImplemented(MethodHandle function, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(ValueLayout.JAVA_LONG);
            Object[] all = new Object[arguments.length + 1];
            all[0] = result.address();
            System.arraycopy(arguments, 0, all, 1, arguments.length);
            int status = (int) function.invokeWithArguments(all);
            if (status == UNIMPLEMENTED) {
                return 0;
            }
            check(status);
            return result.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable t) {
            throw failed(t);
        }
    }

    private static void call(MethodHandle function, Object... arguments) {
        try {
            check((int) function.invokeWithArguments(arguments));
        } catch (Throwable t) {
            throw failed(t);
        }
    }

    private static void check(int status) {
        if (status != 0) {
            throw new IllegalStateException("oneDNN failed with status " + status);
        }
    }

    private static RuntimeException failed(Throwable t) {
        if (t instanceof RuntimeException e) {
            return e;
        }
        if (t instanceof Error e) {
            throw e;
        }
        return new IllegalStateException(t);
    }

    static long stream() {
        return create(STREAM_CREATE, ENGINE, IN_ORDER);
    }

    static void destroyStream(long stream) {
        call(STREAM_DESTROY, stream);
    }

    /** Describes a matrix in memory whose elements stand so far apart. */
    static long matrix(int rows, int columns, int type, long rowStride, long columnStride) {
        try (Arena arena = Arena.ofConfined()) {
            long dimensions = dimensions(arena, rows, columns);
            return create(DESC_WITH_STRIDES, 2, dimensions, type, dimensions(arena, rowStride, columnStride));
        }
    }

    /** Describes a matrix of which the library may choose the order in memory. */
    private static long anyMatrix(int rows, int columns, int type) {
        try (Arena arena = Arena.ofConfined()) {
            return create(DESC_WITH_TAG, 2, dimensions(arena, rows, columns), type, ANY);
        }
    }

    private static long dimensions(Arena arena, long rows, long columns) {
        MemorySegment segment = arena.allocate(ValueLayout.JAVA_LONG, MOST_DIMENSIONS);
        segment.setAtIndex(ValueLayout.JAVA_LONG, 0, rows);
        segment.setAtIndex(ValueLayout.JAVA_LONG, 1, columns);
        return segment.address();
    }

    static void destroyMatrix(long description) {
        call(DESC_DESTROY, description);
    }

    static long bytes(long description) {
        try {
            return (long) DESC_SIZE.invokeExact(description);
        } catch (Throwable t) {
            throw failed(t);
        }
    }

    /**
     * A product {@code a b} with float32 sums, and what is to be known of it.
     *
     * @param primitive runs it
     * @param weights describes b as the product wants it; the caller destroys it
     * @param scratchpad describes the memory that it needs while it runs; the caller destroys it
     * @param name of the implementation
     */
    record Matmul(long primitive, long weights, long scratchpad, String name) {
        /** Bytes that it needs while it runs. */
        long scratchpadBytes() {
            return bytes(scratchpad);
        }
    }

    /**
     * Makes a product of a [m, k] and b [k, n].
     *
     * @param a describes a
     * @param b describes b, or 0 where the library may choose how it is packed
     * @param c describes the result
     * @return null if the library has none for this type on this processor
     */
    static Matmul matmul(long a, long b, int k, int n, int type, long c) {
        long any = b == 0 ? anyMatrix(k, n, type) : 0;
        long attributes = create(ATTR_CREATE);
        long descriptor = 0;
        try {
            call(ATTR_SCRATCHPAD, attributes, USER_SCRATCHPAD);
            descriptor = createIfImplemented(MATMUL, ENGINE, a, b == 0 ? any : b, 0L, c, attributes);
            if (descriptor == 0) {
                return null;
            }
            long weights = create(DESC_CLONE, query(descriptor, QUERY_WEIGHTS));
            return new Matmul(
                    create(PRIMITIVE_CREATE, descriptor),
                    weights,
                    create(DESC_CLONE, query(descriptor, QUERY_SCRATCHPAD)),
                    name(descriptor));
        } finally {
            call(ATTR_DESTROY, attributes);
            if (any != 0) {
                destroyMatrix(any);
            }
            if (descriptor != 0) {
                call(PRIMITIVE_DESC_DESTROY, descriptor);
            }
        }
    }

    /** A primitive that copies a matrix from one order and type to another. */
    static long reorder(long from, long to) {
        long descriptor = create(REORDER, from, ENGINE, to, ENGINE, 0L);
        try {
            return create(PRIMITIVE_CREATE, descriptor);
        } finally {
            call(PRIMITIVE_DESC_DESTROY, descriptor);
        }
    }

    private static long query(long descriptor, int what) {
        try {
            return (long) QUERY_DESC.invokeExact(descriptor, what, 0);
        } catch (Throwable t) {
            throw failed(t);
        }
    }

    private static String name(long descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(ValueLayout.JAVA_LONG);
            call(QUERY, descriptor, QUERY_NAME, 0, result.address());
            return MemorySegment.ofAddress(result.get(ValueLayout.JAVA_LONG, 0))
                    .reinterpret(Long.MAX_VALUE)
                    .getString(0);
        }
    }

    static void destroyPrimitive(long primitive) {
        call(PRIMITIVE_DESTROY, primitive);
    }

    /** A matrix without memory yet: {@link #place} says where it is. */
    static long memory(long description) {
        return create(MEMORY_CREATE, description, ENGINE, 0L);
    }

    static void destroyMemory(long memory) {
        call(MEMORY_DESTROY, memory);
    }

    /** Says where a matrix is. */
    static void place(long memory, long address) {
        int status;
        try {
            status = (int) MEMORY_SET.invokeExact(memory, address);
        } catch (Throwable t) {
            throw failed(t);
        }
        check(status);
    }

    /** Runs a primitive on {@code count} arguments of {@link #ARGUMENT_BYTES} each. */
    static void execute(long primitive, long stream, int count, long arguments) {
        int status;
        try {
            status = (int) EXECUTE.invokeExact(primitive, stream, count, arguments);
        } catch (Throwable t) {
            throw failed(t);
        }
        check(status);
    }
}
