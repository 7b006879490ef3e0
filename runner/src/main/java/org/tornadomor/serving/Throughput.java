package org.tornadomor.serving;

/** How fast requests ended lately. */
final class Throughput {
    private static final int KEPT = 32;
    private static final int MOST_SECONDS = 300;

    private final long[] times = new long[KEPT];
    private long count;

    /** Requests ended at this time, in nanoseconds. */
    void ended(long nanos, int requests) {
        for (int i = 0; i < requests; i++) {
            times[(int) (count++ % KEPT)] = nanos;
        }
    }

    /** In how many seconds another one will probably end, from 1 to 300. */
    int secondsToNext() {
        int known = (int) Math.min(count, KEPT);
        if (known < 2) {
            return 1;
        }
        long first = times[(int) ((count - known) % KEPT)];
        double each = (times[(int) ((count - 1) % KEPT)] - first) / 1e9 / (known - 1);
        return Math.clamp((long) Math.ceil(each), 1, MOST_SECONDS);
    }
}
