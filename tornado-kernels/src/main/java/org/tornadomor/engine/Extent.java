package org.tornadomor.engine;

/**
 * A row count that may change from run to run within a fixed maximum: the active tokens of a recursion depth. Programs are
 * recorded over extents, so that one compiled program serves any number of active rows and computes only those.
 */
public final class Extent {
    private final String name;
    private final int max;
    private final boolean fixed;
    private int count;

    private Extent(String name, int max, boolean fixed) {
        if (max < 0) {
            throw new IllegalArgumentException("extent " + name + " has a negative maximum: " + max);
        }
        this.name = name;
        this.max = max;
        this.fixed = fixed;
        this.count = max;
    }

    /** An extent that starts at its maximum and can be moved with {@link #set}. */
    public static Extent of(String name, int max) {
        return new Extent(name, max, false);
    }

    /** A row count that never changes. */
    public static Extent fixed(int count) {
        return new Extent(Integer.toString(count), count, true);
    }

    public String name() {
        return name;
    }

    /** The largest count: what memory is planned for. */
    public int max() {
        return max;
    }

    /** The count that the next run uses, 0 to {@link #max()}. */
    public int count() {
        return count;
    }

    public boolean isFixed() {
        return fixed;
    }

    /** Sets the count for the runs that follow. */
    public void set(int count) {
        if (fixed && count != max) {
            throw new IllegalStateException("extent " + name + " is fixed");
        }
        if (count < 0 || count > max) {
            throw new IllegalArgumentException("extent " + name + " is at most " + max + ", not " + count);
        }
        this.count = count;
    }

    @Override
    public String toString() {
        return fixed ? name : name + "=" + count + "/" + max;
    }
}
