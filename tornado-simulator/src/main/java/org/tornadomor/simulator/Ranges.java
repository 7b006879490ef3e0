package org.tornadomor.simulator;

import java.util.ArrayList;
import java.util.List;

/**
 * Named ranges of elements of one array: matrices, each a few columns of some rows. A caller keeps the object and changes
 * it before an execution; the next launch sees the change. Not for changes while a graph runs.
 */
public final class Ranges {

    /**
     * One range.
     *
     * @param name what lies there, for messages
     * @param offset first element
     * @param rows number of rows
     * @param columns elements of a row
     * @param stride elements from one row to the next
     */
    public record Range(String name, int offset, int rows, int columns, int stride) {
        /** {@return the first element behind the range} */
        int end() {
            return isEmpty() ? offset : offset + (rows - 1) * stride + columns;
        }

        boolean isEmpty() {
            return rows == 0 || columns == 0;
        }

        /** {@return whether it has no holes} */
        boolean isWhole() {
            return rows <= 1 || stride == columns;
        }

        boolean contains(int element) {
            int at = element - offset;
            return at >= 0 && element < end() && (isWhole() || at % stride < columns);
        }

        @Override
        public String toString() {
            String bounds = name + " [" + offset + ", " + end() + ")";
            return isWhole() ? bounds : bounds + ", " + rows + " rows of " + columns + ", " + stride + " apart";
        }
    }

    private final List<Range> ranges = new ArrayList<>();

    /** No ranges. */
    public Ranges() {}

    /** {@return ranges without names, from pairs of offset and length} */
    public static Ranges of(int... offsetsAndLengths) {
        if (offsetsAndLengths.length % 2 != 0) {
            throw new IllegalArgumentException("offsets and lengths come in pairs");
        }
        Ranges ranges = new Ranges();
        for (int i = 0; i < offsetsAndLengths.length; i += 2) {
            ranges.add("tensor", offsetsAndLengths[i], offsetsAndLengths[i + 1]);
        }
        return ranges;
    }

    /** Removes all ranges. */
    public Ranges clear() {
        ranges.clear();
        return this;
    }

    /**
     * Adds elements next to each other; ranges may overlap, and a range of length 0 allows nothing.
     *
     * @throws IllegalArgumentException if offset or length is negative or their sum is beyond 2^31-1
     */
    public Ranges add(String name, int offset, int length) {
        return add(name, offset, 1, length, length);
    }

    /**
     * Adds a matrix: {@code columns} elements of each of some rows.
     *
     * @param stride elements from one row to the next
     * @throws IllegalArgumentException if a number is negative, rows overlap, or the end is beyond 2^31-1
     */
    public Ranges add(String name, int offset, int rows, int columns, int stride) {
        long end = offset + Math.max(0L, rows - 1L) * stride + columns;
        if (offset < 0 || rows < 0 || columns < 0 || stride < columns || end > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("range of " + name + ": " + rows + " rows of " + columns + " elements, "
                    + stride + " apart, from element " + offset + " on");
        }
        ranges.add(new Range(name, offset, rows, columns, stride));
        return this;
    }

    List<Range> list() {
        return ranges;
    }

    @Override
    public String toString() {
        return ranges.isEmpty()
                ? "none"
                : String.join("; ", ranges.stream().map(Range::toString).toList());
    }
}
