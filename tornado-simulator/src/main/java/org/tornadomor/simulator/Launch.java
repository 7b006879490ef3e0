package org.tornadomor.simulator;

import java.util.concurrent.atomic.AtomicLong;

/** One run of a task, as the lanes see it. The object is used again for every run of the task. */
final class Launch {

    /**
     * Counts the launches of all plans together: plans have nothing else in common, but numbers must not repeat within an era.
     */
    private static final AtomicLong COUNTER = new AtomicLong();

    private final String task;
    private final Kernel kernel;
    private final Options options;
    private Grid grid = Grid.SINGLE;
    private long number;
    private long era;
    private boolean races;
    private Recorder recorder;
    private final Integer[] globalSizes = new Integer[3];
    private final Integer[] localSizes = new Integer[3];

    Launch(String task, Kernel kernel, Options options) {
        this.task = task;
        this.kernel = kernel;
        this.options = options;
    }

    void begin(Grid next) {
        if (grid != next || globalSizes[0] == null) {
            grid = next;
            for (int d = 0; d < 3; d++) {
                globalSizes[d] = next.global()[d];
                localSizes[d] = next.local()[d];
            }
        }
        recorder = Recorder.current();
        long count = COUNTER.getAndIncrement();
        number = count % (Stamp.LAUNCHES - 1) + 1;
        era = count / (Stamp.LAUNCHES - 1) + 1;
        // larger grids do not fit into a stamp
        races = options.races() && grid.groupCount() < Stamp.MAX_GROUPS && grid.groupItems() <= Stamp.MAX_ITEMS;
    }

    String task() {
        return task;
    }

    Kernel kernel() {
        return kernel;
    }

    Options options() {
        return options;
    }

    Grid grid() {
        return grid;
    }

    /** {@return the number of work-items in a dimension, boxed once for all of them} */
    Integer globalSize(int dimension) {
        return globalSizes[dimension];
    }

    /** {@return the number of work-items of a group in a dimension, boxed once for all of them} */
    Integer localSize(int dimension) {
        return localSizes[dimension];
    }

    long number() {
        return number;
    }

    long era() {
        return era;
    }

    boolean tracksRaces() {
        return races;
    }

    /** {@return who sees the accesses of this launch, or null} */
    Recorder recorder() {
        return recorder;
    }

    /** {@return whether local memory starts with values that stand out, since accesses to it are not checked} */
    boolean poisonsLocals() {
        return options.checks() && !kernel.tracksLocals();
    }
}
