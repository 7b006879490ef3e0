package org.tornadomor.simulator;

import java.lang.foreign.MemorySegment;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Ways into API classes that their public signatures do not offer. The API classes bind them when they are initialised,
 * so that neither package needs reflection or members that the real API lacks.
 */
public final class ApiLinks {

    private static Arrays arrays;
    private static Contexts contexts;

    private ApiLinks() {}

    /** What the simulator needs of native arrays. */
    public interface Arrays {
        /** {@return memory for a copy of an array, with header} */
        MemorySegment deviceMemory(TornadoNativeArray array);

        /** {@return an array of the same type over such memory: a segment with header, whose accesses go through a monitor} */
        TornadoNativeArray monitored(TornadoNativeArray array, MemorySegment segment, AccessMonitor monitor);

        /** {@return the monitor of a device array, or null} */
        AccessMonitor monitorOf(TornadoNativeArray array);
    }

    /** What the simulator needs of kernel contexts. */
    public interface Contexts {
        /** {@return a context whose indices are those of a work-item} */
        KernelContext create(WorkItem item);

        /** {@return the work-item behind a context, or null outside a launch} */
        WorkItem itemOf(KernelContext context);
    }

    /** For the array types. */
    public static void bindArrays(Arrays links) {
        arrays = links;
    }

    /** For the kernel context. */
    public static void bindContexts(Contexts links) {
        contexts = links;
    }

    static Arrays arrays() {
        return arrays;
    }

    static Contexts contexts() {
        return contexts;
    }
}
