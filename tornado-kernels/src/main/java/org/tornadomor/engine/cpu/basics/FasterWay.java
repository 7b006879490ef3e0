package org.tornadomor.engine.cpu.basics;

import java.util.function.LongSupplier;

/**
 * Finds out which of two ways to compute the same bits is the faster one on this machine. The first runs take the two in turn
 * and are timed; all later runs take the way of the run that was quickest for its size. Only the quickest run counts, since
 * disturbances make a run longer and never shorter: other programs, or code that the JVM has not compiled yet.
 */
public final class FasterWay {
    /** Runs that are timed, of both ways together. */
    static final int RUNS = 32;

    private final LongSupplier nanoTime;
    private int runs;
    private boolean second;
    private boolean quickestIsSecond;
    private double least = Double.POSITIVE_INFINITY;
    private long start;

    public FasterWay() {
        this(System::nanoTime);
    }

    /** With a clock of its own, for tests. */
    public FasterWay(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Begins a run: whether it should go the second way. */
    public boolean isSecond() {
        if (runs == RUNS) {
            return quickestIsSecond;
        }
        second = runs % 2 == 1;
        start = nanoTime.getAsLong();
        return second;
    }

    /**
     * Ends a run.
     *
     * @param size how much was computed, in any unit
     */
    public void done(long size) {
        if (runs == RUNS) {
            return;
        }
        runs++;
        double nanos = (double) (nanoTime.getAsLong() - start) / size;
        if (nanos < least) {
            least = nanos;
            quickestIsSecond = second;
        }
    }
}
