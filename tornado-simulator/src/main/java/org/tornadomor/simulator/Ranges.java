package org.tornadomor.simulator;

import java.util.ArrayList;
import java.util.List;

/**
 * Named ranges of elements of one array. A caller keeps the object and changes it before an execution; the next launch
 * sees the change. Not for changes while a graph runs.
 */
public final class Ranges {

    /**
     * One range.
     *
     * @param name what lies there, for messages
     * @param offset first element
     * @param length number of elements
     */
    public record Range(String name, int offset, int length) {
        /** {@return the first element behind the range} */
        int end() {
            return offset + length;
        }
    }

    private final List<Range> ranges = new ArrayList<>();
    private int version;

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
        version++;
        return this;
    }

    /**
     * Adds a range; ranges may overlap, and a range of length 0 allows nothing.
     *
     * @throws IllegalArgumentException if offset or length is negative or their sum is beyond 2^31-1
     */
    public Ranges add(String name, int offset, int length) {
        if (offset < 0 || length < 0 || offset > Integer.MAX_VALUE - length) {
            throw new IllegalArgumentException("range of " + name + ": offset " + offset + ", length " + length);
        }
        ranges.add(new Range(name, offset, length));
        version++;
        return this;
    }

    int version() {
        return version;
    }

    List<Range> list() {
        return ranges;
    }

    @Override
    public String toString() {
        if (ranges.isEmpty()) {
            return "none";
        }
        StringBuilder text = new StringBuilder();
        for (Range range : ranges) {
            text.append(text.isEmpty() ? "" : ", ")
                    .append(range.name())
                    .append(" [")
                    .append(range.offset())
                    .append(", ")
                    .append(range.end())
                    .append(')');
        }
        return text.toString();
    }
}
