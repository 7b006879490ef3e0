package org.tornadomor.simulator;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What a task may touch of one array: declared ranges, or everything but the gaps, as sorted disjoint intervals. */
final class Intervals {

    private final String task;
    private final int size;
    private final Guards.Guard guard;
    private final Ranges gaps;
    private int readsVersion = -1;
    private int writesVersion = -1;
    private int gapsVersion = -1;
    private int[] reads;
    private int[] writes;

    /**
     * @param guard declaration, or null: then everything but the gaps is allowed
     * @param gaps gaps, or null
     */
    Intervals(String task, int size, Guards.Guard guard, Ranges gaps) {
        this.task = task;
        this.size = size;
        this.guard = guard;
        this.gaps = gaps;
    }

    /**
     * Follows what the program changed since the last launch.
     *
     * @throws SimulatorException if a declared range leaves the array or covers a gap
     */
    void refresh(String name) {
        boolean gapsChanged = gaps != null && gaps.version() != gapsVersion;
        if (guard == null) {
            if (reads == null || gapsChanged) {
                reads = complement();
                writes = reads;
            }
        } else {
            if (readsVersion != guard.reads().version() || gapsChanged) {
                reads = union(guard.reads(), name);
                readsVersion = guard.reads().version();
            }
            if (writesVersion != guard.writes().version() || gapsChanged) {
                writes = union(guard.writes(), name);
                writesVersion = guard.writes().version();
            }
        }
        gapsVersion = gaps == null ? -1 : gaps.version();
    }

    int findRead(int index) {
        return find(reads, index);
    }

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
        for (int i = 0; i < writes.length; i += 2) {
            if (writes[i] < high && low < writes[i + 1]) {
                return true;
            }
        }
        return false;
    }

    /** {@return the gap around an element, or null} */
    String gapAt(int index) {
        if (gaps != null) {
            for (Ranges.Range gap : gaps.list()) {
                if (index >= gap.offset() && index < gap.end()) {
                    return "the gap " + gap.name() + " [" + gap.offset() + ", " + gap.end() + ") between tensors";
                }
            }
        }
        return null;
    }

    String describe(boolean write) {
        return guard == null ? "everything" : (write ? guard.writes() : guard.reads()).toString();
    }

    private static int find(int[] intervals, int index) {
        int low = 0;
        int high = intervals.length / 2 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (index < intervals[2 * middle]) {
                high = middle - 1;
            } else if (index >= intervals[2 * middle + 1]) {
                low = middle + 1;
            } else {
                return middle;
            }
        }
        return -1;
    }

    private int[] union(Ranges ranges, String name) {
        for (Ranges.Range range : ranges.list()) {
            if (range.end() > size) {
                throw new SimulatorException(
                        Rule.BOUNDS,
                        "task " + task + " declares " + range.name() + " [" + range.offset() + ", " + range.end()
                                + ") of " + name + ", whose elements are 0 to " + (size - 1) + ".");
            }
            if (gaps != null && range.length() > 0) {
                for (Ranges.Range gap : gaps.list()) {
                    if (gap.offset() < range.end() && range.offset() < gap.end()) {
                        throw new SimulatorException(
                                Rule.GAP,
                                "task " + task + " declares " + range.name() + " [" + range.offset() + ", "
                                        + range.end() + ") of " + name + ", which covers the gap " + gap.name() + " ["
                                        + gap.offset() + ", " + gap.end() + ").");
                    }
                }
            }
        }
        return merge(ranges.list());
    }

    private int[] complement() {
        if (gaps == null) {
            return new int[] {0, size};
        }
        int[] merged = merge(gaps.list());
        List<Ranges.Range> free = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < merged.length; i += 2) {
            int low = Math.min(merged[i], size);
            if (low > at) {
                free.add(new Ranges.Range("", at, low - at));
            }
            at = Math.max(at, Math.min(merged[i + 1], size));
        }
        if (at < size) {
            free.add(new Ranges.Range("", at, size - at));
        }
        return merge(free);
    }

    /** Sorts and joins ranges that overlap or touch. */
    private static int[] merge(List<Ranges.Range> ranges) {
        List<Ranges.Range> sorted = ranges.stream()
                .filter(range -> range.length() > 0)
                .sorted(Comparator.comparingInt(Ranges.Range::offset))
                .toList();
        int[] merged = new int[2 * sorted.size()];
        int count = 0;
        for (Ranges.Range range : sorted) {
            if (count > 0 && range.offset() <= merged[2 * count - 1]) {
                merged[2 * count - 1] = Math.max(merged[2 * count - 1], range.end());
            } else {
                merged[2 * count] = range.offset();
                merged[2 * count + 1] = range.end();
                count++;
            }
        }
        return java.util.Arrays.copyOf(merged, 2 * count);
    }
}
