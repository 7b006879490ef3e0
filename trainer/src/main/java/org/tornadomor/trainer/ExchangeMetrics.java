package org.tornadomor.trainer;

import java.util.List;

/**
 * An exchange between the workers of a run.
 *
 * @param step the last step that it ended
 * @param workers how many there are
 * @param bytes that were sent to and by them
 * @param seconds from the first byte sent to the sum
 * @param workSeconds that each worker computed, by rank
 */
public record ExchangeMetrics(long step, int workers, long bytes, double seconds, List<Double> workSeconds) {
    public ExchangeMetrics {
        workSeconds = List.copyOf(workSeconds);
    }

    /** The share of the time that an average worker did not compute: sending, and waiting for the slowest. */
    public double waiting() {
        double mean =
                workSeconds.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        return Math.max(0, 1 - mean / seconds);
    }

    /** The rank of the worker that took longest. */
    public int slowest() {
        int slowest = 0;
        for (int rank = 1; rank < workSeconds.size(); rank++) {
            if (workSeconds.get(rank) > workSeconds.get(slowest)) {
                slowest = rank;
            }
        }
        return slowest;
    }

    /** How much longer the slowest took than the mean; 1 for as long. */
    public double slowness() {
        double mean =
                workSeconds.stream().mapToDouble(Double::doubleValue).average().orElse(1);
        return workSeconds.get(slowest()) / mean;
    }
}
