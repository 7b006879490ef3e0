package org.tornadomor.simulator;

/**
 * Which elements of a buffer the task that runs may read and write, a bit each, so that a check takes the same time however
 * many tensors a kernel goes through.
 */
final class Permits {

    private final int size;
    private final long[] reads;
    private final long[] writes;
    private Guards.Guard guard;

    /** @param size elements of the buffer */
    Permits(int size) {
        this.size = size;
        reads = new long[(size + Long.SIZE - 1) / Long.SIZE];
        writes = new long[reads.length];
    }

    /**
     * Permits what a task declared.
     *
     * @param array name of the array, for messages
     * @throws SimulatorException if a declared range leaves the array
     */
    void grant(Guards.Guard declared, String task, String array) {
        check(declared.reads(), task, array);
        check(declared.writes(), task, array);
        guard = declared;
        set(reads, guard.reads(), true);
        set(writes, guard.writes(), true);
    }

    /** Takes back what was granted. */
    void revoke() {
        set(reads, guard.reads(), false);
        set(writes, guard.writes(), false);
    }

    boolean read(int element) {
        return (reads[element / Long.SIZE] >>> element & 1) != 0;
    }

    boolean write(int element) {
        return (writes[element / Long.SIZE] >>> element & 1) != 0;
    }

    /** {@return a text that says what may be touched, and what lies at an element that must not be touched} */
    String explain(int element, boolean write) {
        Ranges wanted = write ? guard.writes() : guard.reads();
        Ranges other = write ? guard.reads() : guard.writes();
        String only = other.list().stream()
                .filter(range -> range.contains(element))
                .findFirst()
                .map(range -> " It lies in " + range.name() + ", which is only " + (write ? "read" : "written") + ".")
                .orElse("");
        return only + " Declared for " + (write ? "writing: " : "reading: ") + wanted;
    }

    private void check(Ranges ranges, String task, String array) {
        for (Ranges.Range range : ranges.list()) {
            if (range.end() > size) {
                throw new SimulatorException(
                        Rule.BOUNDS,
                        "task " + task + " declares " + range + " of " + array + ", whose elements are 0 to "
                                + (size - 1) + ".");
            }
        }
    }

    private static void set(long[] bits, Ranges ranges, boolean value) {
        for (Ranges.Range range : ranges.list()) {
            if (range.isWhole()) {
                set(bits, range.offset(), range.end(), value);
            } else {
                for (int row = 0; row < range.rows(); row++) {
                    int from = range.offset() + row * range.stride();
                    set(bits, from, from + range.columns(), value);
                }
            }
        }
    }

    private static void set(long[] bits, int from, int to, boolean value) {
        for (int at = from; at < to; ) {
            int word = at / Long.SIZE;
            int end = (int) Math.min(to, (word + 1L) * Long.SIZE);
            long mask = -1L << at & -1L >>> -end;
            bits[word] = value ? bits[word] | mask : bits[word] & ~mask;
            at = end;
        }
    }
}
