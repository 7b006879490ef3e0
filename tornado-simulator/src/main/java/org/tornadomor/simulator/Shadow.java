package org.tornadomor.simulator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Who last wrote and who has read each element of an array in the current launch. Groups that run at the same time share
 * it without synchronisation: two conflicting accesses within the same few nanoseconds may go unseen, none is invented.
 */
final class Shadow {

    private static final int PAGE_SHIFT = 11;
    private static final int PAGE_MASK = (1 << PAGE_SHIFT) - 1;
    private static final VarHandle PAGES = MethodHandles.arrayElementVarHandle(long[][].class);

    /** Page by page, for each element the stamp of the last write and the record of reads. */
    private final long[][] pages;

    private long era;

    Shadow(int elements) {
        pages = new long[(elements >> PAGE_SHIFT) + 1][];
    }

    /** Forgets everything when the launch numbers have begun anew, so that no old stamp looks like a current one. */
    void enterEra(long now) {
        if (era != now) {
            era = now;
            java.util.Arrays.fill(pages, null);
        }
    }

    /** {@return 0, or the stamp of a write that nothing orders before this read} */
    long read(int element, long now, boolean loop) {
        long[] page = pages[element >> PAGE_SHIFT];
        if (page == null) {
            page = newPage(element >> PAGE_SHIFT);
        }
        int at = (element & PAGE_MASK) << 1;
        long write = page[at];
        if (write != now && Stamp.sameLaunch(write, now) && Stamp.unordered(write, now, loop)) {
            return write;
        }
        long reads = page[at + 1];
        if (reads != now) {
            page[at + 1] = Stamp.mergeRead(reads, now, loop);
        }
        return 0;
    }

    /** {@return 0, or the stamp of an access that nothing orders before this write} */
    long write(int element, long now, boolean loop) {
        long[] page = pages[element >> PAGE_SHIFT];
        if (page == null) {
            page = newPage(element >> PAGE_SHIFT);
        }
        int at = (element & PAGE_MASK) << 1;
        long write = page[at];
        if (write != now) {
            if (Stamp.sameLaunch(write, now) && Stamp.unordered(write, now, loop)) {
                return write;
            }
            page[at] = now;
        }
        long reads = page[at + 1];
        if (reads != now && Stamp.sameLaunch(reads, now) && Stamp.readsUnordered(reads, now, loop)) {
            return reads;
        }
        return 0;
    }

    /** {@return whether the conflict that {@link #write} found was with another write} */
    boolean wroteBefore(int element, long conflict) {
        return pages[element >> PAGE_SHIFT][(element & PAGE_MASK) << 1] == conflict;
    }

    private long[] newPage(int number) {
        long[] page = new long[2 << PAGE_SHIFT];
        long[] other = (long[]) PAGES.compareAndExchange(pages, number, null, page);
        return other == null ? page : other;
    }
}
