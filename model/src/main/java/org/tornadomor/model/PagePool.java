package org.tornadomor.model;

import java.util.Arrays;

/** Pages by number: which are free, and how many sequences and kept prefixes hold each of the others. */
final class PagePool {
    private final int[] free;
    private final int[] sequences;
    private final int[] prefixes;
    private int freeCount;
    private int idleCount;

    PagePool(int pages) {
        free = new int[pages];
        sequences = new int[pages];
        prefixes = new int[pages];
        // The first page is on top.
        Arrays.setAll(free, i -> pages - 1 - i);
        freeCount = pages;
    }

    int freePages() {
        return freeCount;
    }

    int usedPages() {
        return free.length - freeCount;
    }

    /** Whether so many pages are free, or would be if all prefixes were forgotten. */
    boolean canFree(int pages) {
        return pages <= freeCount + idleCount;
    }

    /** Whether a sequence holds the page. */
    boolean isUsed(int page) {
        return sequences[page] > 0;
    }

    /** A free page, which one sequence holds from now on; -1 if there is none. */
    int take() {
        if (freeCount == 0) {
            return -1;
        }
        int page = free[--freeCount];
        sequences[page] = 1;
        return page;
    }

    /** One sequence more holds the page. */
    void hold(int page) {
        requireHeld(sequences[page] + prefixes[page], page);
        if (sequences[page]++ == 0) {
            idleCount--;
        }
    }

    /** One sequence less holds it; a page that nobody holds is free. */
    void release(int page) {
        requireHeld(sequences[page], page);
        if (--sequences[page] > 0) {
            return;
        }
        if (prefixes[page] > 0) {
            idleCount++;
        } else {
            free[freeCount++] = page;
        }
    }

    /** One prefix more keeps the page, which somebody holds. */
    void keep(int page) {
        requireHeld(sequences[page] + prefixes[page], page);
        prefixes[page]++;
    }

    /** One prefix less keeps it; a page that nobody holds is free. */
    void drop(int page) {
        requireHeld(prefixes[page], page);
        if (--prefixes[page] == 0 && sequences[page] == 0) {
            idleCount--;
            free[freeCount++] = page;
        }
    }

    private static void requireHeld(int holders, int page) {
        if (holders == 0) {
            throw new IllegalStateException("page " + page + " is free, or others hold it");
        }
    }
}
