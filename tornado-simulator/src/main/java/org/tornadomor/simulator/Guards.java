package org.tornadomor.simulator;

import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Which elements of an array a task may touch. A program that keeps many tensors in one large array declares the tensors
 * of each task here; bounds checks alone would not notice that a kernel reads its neighbour.
 *
 * <pre>{@code
 * Ranges reads = new Ranges();
 * Ranges writes = new Ranges();
 * Guards.declare("layer", "norm", activations, reads, writes);    // once
 * reads.clear().add("x", xOffset, rows * hidden);                  // before each execution
 * writes.clear().add("y", yOffset, rows * hidden);
 * }</pre>
 *
 * <p>Under an installed SDK this class may lie on the class path, but nothing reads it: ask {@link #active()} first.
 */
public final class Guards {

    /** The declaration for one array in one task. */
    record Guard(Ranges reads, Ranges writes) {}

    private static final Map<TornadoNativeArray, Map<String, Guard>> GUARDS = new WeakHashMap<>();

    /** Changes with every declaration, so that a task need not look one up at each launch. */
    private static volatile int version;

    private Guards() {}

    /** {@return whether the simulator executes graphs in this JVM, not an installed SDK, and checks kernels} */
    public static boolean active() {
        return !"tornado.api".equals(KernelContext.class.getModule().getName())
                && Options.read().checks();
    }

    /**
     * Declares what a task may read and write of an array. An array without a declaration may be used in full.
     *
     * @param graph name of the task graph
     * @param task name of the task
     * @param array the host array that the task was given
     * @param reads elements that the task may read
     * @param writes elements that the task may write
     */
    public static void declare(String graph, String task, TornadoNativeArray array, Ranges reads, Ranges writes) {
        synchronized (GUARDS) {
            GUARDS.computeIfAbsent(array, a -> new HashMap<>()).put(graph + "." + task, new Guard(reads, writes));
            version++;
        }
    }

    /** Forgets all declarations for an array. */
    public static void forget(TornadoNativeArray array) {
        synchronized (GUARDS) {
            GUARDS.remove(array);
            version++;
        }
    }

    static int version() {
        return version;
    }

    static Guard find(String fullTaskName, TornadoNativeArray array) {
        synchronized (GUARDS) {
            Map<String, Guard> byTask = GUARDS.get(array);
            return byTask == null ? null : byTask.get(fullTaskName);
        }
    }
}
