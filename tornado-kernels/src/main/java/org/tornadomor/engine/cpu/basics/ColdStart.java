package org.tornadomor.engine.cpu.basics;

/**
 * Decides between a loop over vectors and its scalar twin, which computes the same bits. Until the JVM has compiled them,
 * operations on vectors are calls that make objects, many times slower than plain loops: the first token of a small model would
 * wait longer for them than for all else. So the loops that decoding uses are plain at first: for some eighty tokens of a model
 * of three million parameters, and for one or two of a large model.
 */
public final class ColdStart {
    /** For tests: steps of plain loops before the first vectors. */
    public static final String PROPERTY = "tornadomor.plainSteps";

    /** Steps that are left. Workers may lose each other's counts, which does no harm. */
    private static int left = Integer.getInteger(PROPERTY, 1 << 28);

    private ColdStart() {}

    /**
     * Whether the scalar twin should serve a loop.
     *
     * @param steps that the scalar twin would take
     */
    public static boolean isPlain(int steps) {
        if (left <= 0) {
            return false;
        }
        left -= steps;
        return true;
    }

    /** Whether all loops over vectors are in use. */
    public static boolean isOver() {
        return left <= 0;
    }
}
