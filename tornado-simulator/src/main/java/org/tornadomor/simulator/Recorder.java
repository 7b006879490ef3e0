package org.tornadomor.simulator;

import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Sees every access of every work-item, for code that counts or draws them. Launches made by the thread that is inside of
 * {@link #during} are recorded; they run on that thread alone, group after group, so that the order is the same each time.
 * Other launches pay nothing for this.
 *
 * <p>Iterations of parallel loops are told apart only while races are looked for, and accesses to local memory are seen
 * only while kernels are checked and rewritten, see {@link Options}.
 */
public abstract class Recorder {
    private static final ThreadLocal<Recorder> CURRENT = new ThreadLocal<>();

    /**
     * An array as one launch sees it.
     *
     * @param host the host array behind device memory; null for local memory
     * @param name the kernel's parameter, or a name with the number of the allocation
     * @param elementBytes the size of an element
     * @param elements how many there are
     */
    public record Memory(TornadoNativeArray host, String name, int elementBytes, int elements) {
        /** {@return whether it is the local memory of a group} */
        public boolean local() {
            return host == null;
        }
    }

    /**
     * The shape of a launch.
     *
     * @param task its full name, {@code graph.task}
     * @param groups groups in x, y and z
     * @param local work-items of a group in x, y and z
     * @param loop whether it is a task of parallel loops, whose iterations count as the work-items of one group
     */
    public record Shape(String task, int[] groups, int[] local, boolean loop) {}

    /** Records what the thread launches meanwhile. */
    public final void during(Runnable work) {
        Recorder before = CURRENT.get();
        CURRENT.set(this);
        try {
            work.run();
        } finally {
            if (before == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(before);
            }
        }
    }

    /** {@return the recorder of this thread, or null} */
    static Recorder current() {
        return CURRENT.get();
    }

    /** A launch begins. */
    protected void launch(Shape shape) {}

    /**
     * A work-item is about to touch an element; if that is a race, the launch fails next.
     *
     * @param group number of its group
     * @param item its number in the group, or the number of the iteration, which grows but has gaps
     */
    protected abstract void access(Memory memory, boolean write, int element, long group, long item);

    /** The work-items of a group have met at a barrier. */
    protected void barrier(long group, boolean global) {}

    /** {@return the line of the kernel that the access comes from, as {@code File.java:12}; empty where it is not known} */
    protected static String place() {
        return Lane.placeBelowRecorder().replaceFirst("^ at ", "");
    }
}
