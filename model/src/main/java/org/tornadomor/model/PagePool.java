package org.tornadomor.model;

import java.util.Arrays;

/** Pages by number: which are free, and how many tables and prefixes hold each of the others. */
final class PagePool {
    private final int[] free;
    private final int[] holders;
    private int freeCount;

    PagePool(int pages) {
        free = new int[pages];
        holders = new int[pages];
        // The first page is on top.
        Arrays.setAll(free, i -> pages - 1 - i);
        freeCount = pages;
    }

    int freePages() {
        return freeCount;
    }

    int usedPages() {
        return holders.length - freeCount;
    }

    /** A free page, which has one holder from now on; -1 if there is none. */
    int take() {
        if (freeCount == 0) {
            return -1;
        }
        int page = free[--freeCount];
        holders[page] = 1;
        return page;
    }

    /** One holder more. */
    void hold(int page) {
        if (holders[page] == 0) {
            throw new IllegalStateException("page " + page + " is free");
        }
        holders[page]++;
    }

    /** One holder less; a page without holders is free. */
    void release(int page) {
        if (holders[page] == 0) {
            throw new IllegalStateException("page " + page + " is free already");
        }
        if (--holders[page] == 0) {
            free[freeCount++] = page;
        }
    }
}
