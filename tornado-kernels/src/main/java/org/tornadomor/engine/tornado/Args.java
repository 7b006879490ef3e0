package org.tornadomor.engine.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * What kernels do first: find their arrays, offsets and row counts. Everything here is inlined into kernels. There {@code call}
 * and {@code arrays} are compile-time constants, so that a choice that depends on them costs nothing.
 *
 * <p>The layout of {@code run}: {@link #BASE}, {@link #SEQUENCE}, then row counts, then marks. The package comment tells
 * the whole convention.
 */
final class Args {
    /** Where in {@code run} the place of the binding's entries in {@code table} stands. */
    static final int BASE = 0;
    /** Where in {@code run} the number of this run stands: what marks are set to. */
    static final int SEQUENCE = 1;
    /** The first row count in {@code run}. */
    static final int COUNTS = 2;

    private static final int COUNT_BITS = 6;
    private static final int MARK_BITS = 10;
    /** How many row counts a program can have. */
    static final int MAX_COUNTS = (1 << COUNT_BITS) - COUNTS;
    /** How many places {@code run} can have. */
    static final int MAX_RUN = 1 << MARK_BITS;
    /** How many entries of {@code table} a program can have. */
    static final int MAX_ENTRIES = 1 << 32 - COUNT_BITS - MARK_BITS;

    /** Ints that {@code table} has for a tensor: offset, stride, columns. */
    static final int ENTRY = 3;

    private static final int ARRAY_BITS = 3;

    private Args() {}

    /**
     * Packs what a task knows about itself.
     *
     * @param entries where the task's entries begin among those of its binding
     * @param mark where in run it leaves its mark; 0 for nowhere
     * @param count where in run its row count stands
     */
    static int pack(int entries, int mark, int count) {
        return entries << COUNT_BITS + MARK_BITS | mark << COUNT_BITS | count;
    }

    /** Adds to {@code arrays} that tensor {@code k} lies in array {@code which} of its type. */
    static long pack(long arrays, int k, int which) {
        return arrays | (long) which << ARRAY_BITS * k;
    }

    /** The number of rows that this run works on. */
    static int rows(IntArray run, int call) {
        return run.get(call & (1 << COUNT_BITS) - 1);
    }

    /** Leaves the mark and gives the place of the task's entries in {@code table}: to be called once by each work-item. */
    static int begin(KernelContext c, IntArray run, int call) {
        int mark = call >>> COUNT_BITS & (1 << MARK_BITS) - 1;
        if (mark != 0) {
            if (c.globalIdx + c.globalIdy + c.globalIdz == 0) {
                run.set(mark, run.get(SEQUENCE));
            }
        }
        return run.get(BASE) + (call >>> COUNT_BITS + MARK_BITS);
    }

    /** The first element of tensor {@code k} in its array. */
    static int offset(IntArray table, int at, int k) {
        return table.get(at + ENTRY * k);
    }

    /** Elements from one row of tensor {@code k} to the next. */
    static int stride(IntArray table, int at, int k) {
        return table.get(at + ENTRY * k + 1);
    }

    /**
     * Columns of tensor {@code k}, for bounds that must not be constants: the OpenCL backend fails on a condition that it
     * finds to be always true because of another one, as {@code j + 1 < 64} for a j that is a multiple of 4 below 64.
     */
    static int columns(IntArray table, int at, int k) {
        return table.get(at + ENTRY * k + 2);
    }

    private static int which(long arrays, int k) {
        return (int) (arrays >>> ARRAY_BITS * k) & (1 << ARRAY_BITS) - 1;
    }

    static IntArray pick(IntArray i0, IntArray i1, long arrays, int k) {
        return which(arrays, k) == 0 ? i0 : i1;
    }

    static FloatArray pick(FloatArray m0, FloatArray m1, long arrays, int k) {
        return which(arrays, k) == 0 ? m0 : m1;
    }

    static FloatArray pick(FloatArray m0, FloatArray m1, FloatArray m2, long arrays, int k) {
        return which(arrays, k) == 0 ? m0 : pick(m1, m2, arrays - (1L << ARRAY_BITS * k), k);
    }

    static FloatArray pick(FloatArray m0, FloatArray m1, FloatArray m2, FloatArray m3, long arrays, int k) {
        return which(arrays, k) == 0 ? m0 : pick(m1, m2, m3, arrays - (1L << ARRAY_BITS * k), k);
    }

    static FloatArray pick(
            FloatArray m0, FloatArray m1, FloatArray m2, FloatArray m3, FloatArray m4, long arrays, int k) {
        return which(arrays, k) == 0 ? m0 : pick(m1, m2, m3, m4, arrays - (1L << ARRAY_BITS * k), k);
    }

    static FloatArray pick(
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            FloatArray m3,
            FloatArray m4,
            FloatArray m5,
            long arrays,
            int k) {
        return which(arrays, k) == 0 ? m0 : pick(m1, m2, m3, m4, m5, arrays - (1L << ARRAY_BITS * k), k);
    }
}
