package org.tornadomor.simulator;

/**
 * Who touched an element and when, in 63 bits: launch (16), group (21), phase (14, the number of barriers before), index
 * of the work-item in its group (12). In a task of parallel loops the lower 47 bits are the number of the iteration. Bit
 * 63 marks reads by several work-items of one phase; the lower 47 bits all set mark reads by several groups.
 */
final class Stamp {

    static final int PHASE_SHIFT = 12;
    static final int GROUP_SHIFT = 26;
    static final int LAUNCH_SHIFT = 47;
    static final int MAX_ITEMS = 1 << PHASE_SHIFT;
    static final int MAX_PHASES = 1 << (GROUP_SHIFT - PHASE_SHIFT);
    /** One less than fits, so that no stamp looks like {@link #ANYONE}. */
    static final int MAX_GROUPS = (1 << (LAUNCH_SHIFT - GROUP_SHIFT)) - 1;
    /** Launch numbers count from 1 in each era: an element that was never touched has launch 0. */
    static final int LAUNCHES = 1 << 16;

    static final long SEVERAL = 1L << 63;
    static final long ANYONE = (1L << LAUNCH_SHIFT) - 1;
    private static final long LAUNCH_MASK = (LAUNCHES - 1L) << LAUNCH_SHIFT;
    private static final long GROUP_MASK = (long) MAX_GROUPS << GROUP_SHIFT;
    private static final long PHASE_MASK = (MAX_PHASES - 1L) << PHASE_SHIFT;

    private Stamp() {}

    static boolean sameLaunch(long a, long b) {
        return ((a ^ b) & LAUNCH_MASK) == 0;
    }

    static boolean sameGroup(long a, long b) {
        return ((a ^ b) & (LAUNCH_MASK | GROUP_MASK)) == 0;
    }

    static boolean samePhase(long a, long b) {
        return ((a ^ b) & PHASE_MASK) == 0;
    }

    /** {@return whether nothing orders an earlier access before this one; both are of the same launch} */
    static boolean unordered(long earlier, long now, boolean loop) {
        if (((earlier ^ now) & ANYONE) == 0) {
            return false;
        }
        return loop || !sameGroup(earlier, now) || samePhase(earlier, now);
    }

    /** {@return whether nothing orders the recorded reads before a write; both are of the same launch} */
    static boolean readsUnordered(long reads, long write, boolean loop) {
        if ((reads & ANYONE) == ANYONE) {
            return true;
        }
        if ((reads & SEVERAL) != 0 && sameGroup(reads, write)) {
            return samePhase(reads, write);
        }
        return unordered(reads, write, loop);
    }

    /** {@return the record of the reads of an element after one more} */
    static long mergeRead(long reads, long now, boolean loop) {
        if (!sameLaunch(reads, now) || reads == now) {
            return now;
        }
        if ((reads & ANYONE) == ANYONE) {
            return reads;
        }
        if (((reads ^ now) & ANYONE) == 0) {
            return reads;
        }
        if (loop || !sameGroup(reads, now)) {
            return (now & LAUNCH_MASK) | ANYONE | SEVERAL;
        }
        return samePhase(reads, now) ? reads | SEVERAL : now;
    }

    /** {@return the number of the group, or of the iteration} */
    static long group(long stamp, boolean loop) {
        return loop ? stamp & ANYONE : (stamp & GROUP_MASK) >>> GROUP_SHIFT;
    }

    static int item(long stamp) {
        return (int) (stamp & (MAX_ITEMS - 1));
    }
}
