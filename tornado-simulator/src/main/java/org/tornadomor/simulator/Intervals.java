package org.tornadomor.simulator;

import java.util.Arrays;

/** What a task may touch of one array: declared ranges, or everything, as sorted disjoint intervals. */
final class Intervals {

    private final String task;
    private final int size;
    private final Guards.Guard guard;
    private int readsVersion = -1;
    private int writesVersion = -1;
    private int[] reads;
    private int[] writes;

    /** @param guard declaration, or null: then everything is allowed */
    Intervals(String task, int size, Guards.Guard guard) {
        this.task = task;
        this.size = size;
        this.guard = guard;
        reads = new int[] {0, size};
        writes = reads;
    }

    /**
     * Follows what the program changed since the last launch.
     *
     * @throws SimulatorException if a declared range leaves the array
     */
    void refresh(String name) {
        if (guard == null) {
            return;
        }
        if (readsVersion != guard.reads().version()) {
            reads = union(guard.reads(), name);
            readsVersion = guard.reads().version();
        }
        if (writesVersion != guard.writes().version()) {
            writes = union(guard.writes(), name);
            writesVersion = guard.writes().version();
        }
    }

    /** {@return the number of the interval in which an element may be read, or -1} */
    int findRead(int index) {
        return find(reads, index);
    }

    /** {@return the number of the interval in which an element may be written, or -1} */
    int findWrite(int index) {
        return find(writes, index);
    }

    int readLow(int found) {
        return reads[2 * found];
    }

    int readHigh(int found) {
        return reads[2 * found + 1];
    }

    int writeLow(int found) {
        return writes[2 * found];
    }

    int writeHigh(int found) {
        return writes[2 * found + 1];
    }

    /** {@return whether something between the bounds may be written: what may not needs no race check} */
    boolean overlapsWrites(int low, int high) {
        int first = firstEndingBehind(writes, low);
        return first < writes.length && writes[first] < high;
    }

    /** {@return why an element may not be touched, and what may} */
    String explain(int index, boolean write) {
        if (guard == null) {
            return "everything may be touched";
        }
        Ranges wanted = write ? guard.writes() : guard.reads();
        Ranges other = write ? guard.reads() : guard.writes();
        String only = other.list().stream()
                .filter(range -> range.contains(index))
                .findFirst()
                .map(range -> " It lies in " + range.name() + ", which is only " + (write ? "read" : "written") + ".")
                .orElse("");
        return only + " Declared for " + (write ? "writing: " : "reading: ") + wanted;
    }

    private static int find(int[] intervals, int index) {
        int at = firstEndingBehind(intervals, index);
        return at < intervals.length && intervals[at] <= index ? at / 2 : -1;
    }

    /** {@return where the first interval begins whose end is greater; the length if there is none} */
    private static int firstEndingBehind(int[] intervals, int index) {
        int low = 0;
        int high = intervals.length / 2;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (intervals[2 * middle + 1] > index) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return 2 * low;
    }

    private int[] union(Ranges ranges, String name) {
        int count = 0;
        for (Ranges.Range range : ranges.list()) {
            if (range.end() > size) {
                throw new SimulatorException(
                        Rule.BOUNDS,
                        "task " + task + " declares " + range + " of " + name + ", whose elements are 0 to "
                                + (size - 1) + ".");
            }
            count += range.isEmpty() ? 0 : range.isWhole() ? 1 : range.rows();
        }
        // begin and end of an interval, so that their order is that of the begins
        long[] found = new long[count];
        int at = 0;
        for (Ranges.Range range : ranges.list()) {
            if (range.isEmpty()) {
                continue;
            }
            if (range.isWhole()) {
                found[at++] = (long) range.offset() << Integer.SIZE | range.end();
                continue;
            }
            for (int row = 0; row < range.rows(); row++) {
                int begin = range.offset() + row * range.stride();
                found[at++] = (long) begin << Integer.SIZE | begin + range.columns();
            }
        }
        Arrays.sort(found);
        return merge(found);
    }

    /**
     * Joins sorted intervals that overlap. Those that touch stay apart: of two tensors next to each other often only one is
     * written, and reads of the other need no race check.
     */
    private static int[] merge(long[] sorted) {
        int[] merged = new int[2 * sorted.length];
        int count = 0;
        for (long interval : sorted) {
            int begin = (int) (interval >>> Integer.SIZE);
            int end = (int) interval;
            if (count > 0 && begin < merged[count - 1]) {
                merged[count - 1] = Math.max(merged[count - 1], end);
            } else {
                merged[count++] = begin;
                merged[count++] = end;
            }
        }
        return Arrays.copyOf(merged, count);
    }
}
