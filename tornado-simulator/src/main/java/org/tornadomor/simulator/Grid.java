package org.tornadomor.simulator;

import java.util.Arrays;
import uk.ac.manchester.tornado.api.WorkerGrid;

/**
 * The checked shape of one launch.
 *
 * @param global work-items in x, y and z
 * @param local work-items of a group in x, y and z
 * @param groups groups in x, y and z
 * @param offset added to the global ids in x, y and z
 */
record Grid(int[] global, int[] local, int[] groups, int[] offset) {

    /** The size of a group that the runtime of a GPU takes when a program leaves it open. */
    private static final int DEFAULT_GROUP = 256;

    /** The grid of a task of parallel loops, which runs as one work-item. */
    static final Grid SINGLE = new Grid(new int[] {1, 1, 1}, new int[] {1, 1, 1}, new int[] {1, 1, 1}, new int[3]);

    /**
     * Checks what the device would refuse.
     *
     * @throws SimulatorException if a size is not positive, local work does not divide global work, or a group is too
     *     large
     */
    static Grid of(WorkerGrid worker, String task, Options options) {
        long[] global = worker.getGlobalWork();
        long[] local = worker.getLocalWork();
        if (local == null) {
            local = new long[] {divisor(global[0], Math.min(DEFAULT_GROUP, options.maxGroup())), 1, 1};
        }
        long items = 1;
        for (int d = 0; d < 3; d++) {
            if (global[d] <= 0 || local[d] <= 0 || global[d] > Integer.MAX_VALUE) {
                throw refuse(
                        task,
                        global,
                        local,
                        "every size must be positive and below 2^31. An op without rows must"
                                + " not be launched, or must be launched on one group that does nothing");
            }
            if (global[d] % local[d] != 0) {
                throw refuse(
                        task,
                        global,
                        local,
                        "local work does not divide global work in dimension " + "xyz".charAt(d)
                                + ". An OpenCL device prints an error and runs nothing: round global work up to "
                                + (global[d] + local[d] - 1) / local[d] * local[d]
                                + " and let the kernel skip the surplus");
            }
            items *= local[d];
        }
        if (items > options.maxGroup()) {
            throw refuse(
                    task,
                    global,
                    local,
                    "a group of " + items + " work-items is larger than the device's " + options.maxGroup()
                            + " (-Dtornadomor.simulator.maxGroup)");
        }
        return new Grid(ints(global), ints(local), counts(global, local), ints(worker.getGlobalOffset()));
    }

    int groupItems() {
        return local[0] * local[1] * local[2];
    }

    long groupCount() {
        return (long) groups[0] * groups[1] * groups[2];
    }

    /** {@return whether this shape is what a grid asks for now, so that it need not be checked again} */
    boolean matches(WorkerGrid worker) {
        long[] wantedLocal = worker.getLocalWork();
        return wantedLocal != null
                && same(global, worker.getGlobalWork())
                && same(local, wantedLocal)
                && same(offset, worker.getGlobalOffset());
    }

    /** {@return the coordinates of a linear index in a box of these sizes, as text} */
    static String coordinates(long index, int[] sizes) {
        long x = index % sizes[0];
        long y = index / sizes[0] % sizes[1];
        long z = index / ((long) sizes[0] * sizes[1]);
        return "(" + x + ", " + y + ", " + z + ")";
    }

    private static SimulatorException refuse(String task, long[] global, long[] local, String reason) {
        return new SimulatorException(
                Rule.GRID,
                "the grid of task " + task + " cannot be launched: global work " + Arrays.toString(global)
                        + ", local work " + Arrays.toString(local) + ": " + reason);
    }

    private static long divisor(long size, int limit) {
        for (int candidate = limit; candidate > 1; candidate--) {
            if (size % candidate == 0) {
                return candidate;
            }
        }
        return 1;
    }

    private static boolean same(int[] mine, long[] other) {
        return mine[0] == other[0] && mine[1] == other[1] && mine[2] == other[2];
    }

    private static int[] ints(long[] values) {
        return new int[] {Math.toIntExact(values[0]), Math.toIntExact(values[1]), Math.toIntExact(values[2])};
    }

    private static int[] counts(long[] global, long[] local) {
        return new int[] {(int) (global[0] / local[0]), (int) (global[1] / local[1]), (int) (global[2] / local[2])};
    }
}
