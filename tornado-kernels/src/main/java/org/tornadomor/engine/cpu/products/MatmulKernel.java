package org.tornadomor.engine.cpu.products;

import org.tornadomor.engine.cpu.basics.Lanes;

/**
 * The innermost tiles of a matrix product: a few rows by two vectors of columns, all sums in registers. With 16 lanes the
 * machine has 32 vector registers ({@link Kernels32}), with fewer 16 ({@link Kernels16}). Each step of k loads two vectors of b and one
 * scalar a row of a, so that the multiply units and not the loads are the limit.
 *
 * <p>b is packed in panels of {@link #WIDTH} columns. a comes in one of two layouts: as rows, {@link #ROW} elements apart, or turned.
 * Then a group of {@link #HEIGHT} rows is a panel too, the elements of one column and then those of the next, {@link #STEP} apart,
 * and the kernel walks through it line by line, which is fastest. Both distances are known at compile time, so that all rows share
 * one address register.
 *
 * <p>Sums run over k in order, by fused multiply-adds, in every kernel alike: an element's value does not depend on the
 * tile in which it is computed. The kernels call nothing but vector operations, since a vector that is passed to a method which
 * the compiler does not inline is put on the heap.
 */
public final class MatmulKernel {
    /** Most steps of k in one packed block: a panel of b of this depth fits the first-level cache. */
    public static final int DEPTH = 256;
    /**
     * Elements from a row of the left operand to the next: more than DEPTH by a cache line, since rows whose distance is a power of
     * two compete for few places in the first-level cache.
     */
    public static final int ROW = DEPTH + 16;
    /** Columns of a panel. */
    public static final int WIDTH = 2 * Lanes.LENGTH;
    /** Rows of the largest kernel that the registers allow. */
    public static final int HEIGHT = Lanes.LENGTH >= 16 ? 12 : 6;

    /** Elements from a column of a turned group to the next: whole vectors, of which the kernel reads the first HEIGHT elements. */
    static final int STEP = (HEIGHT + Lanes.LENGTH - 1) / Lanes.LENGTH * Lanes.LENGTH;
    /**
     * Elements from a turned group to the next, with a cache line between them for the same reason as in {@link #ROW}; as rows, the
     * last few need no more.
     */
    static final int GROUP = Math.max(DEPTH * STEP + 16, HEIGHT * ROW);

    /** Rows of the kernel that takes them at any distance: no more, since each needs an address register of its own. */
    static final int STORED = 6;

    /** A row of zeros: what a product starts from that adds to nothing. */
    public static final float[] ZEROS = new float[WIDTH];

    private MatmulKernel() {}

    /** Rows of the smallest kernel that covers {@code rows}, or {@link #HEIGHT}. */
    static int height(int rows) {
        if (rows <= 4) {
            return 4;
        }
        return rows <= 8 && HEIGHT > 8 ? 8 : HEIGHT;
    }

    /**
     * c = base + a b for a tile of {@code height} rows and {@link #WIDTH} columns, where base may be c itself, or {@link #ZEROS} with stride 0.
     *
     * @param turned whether a is a turned group; then height is HEIGHT
     * @param height as {@link #height} gives it
     * @param a rows of k elements, {@link #ROW} apart, or k columns of HEIGHT elements, {@link #STEP} apart
     * @param b k rows of WIDTH elements
     */
    static void tile(
            boolean turned,
            int height,
            float[] a,
            int aAt,
            float[] b,
            int bAt,
            int k,
            float[] c,
            int cAt,
            int cStride,
            float[] base,
            int baseAt,
            int baseStride) {
        if (turned && HEIGHT == 12) {
            Kernels32.turned12(a, aAt, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
            return;
        }
        if (turned) {
            Kernels16.turned6(a, aAt, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
            return;
        }
        switch (height) {
            case 12 -> Kernels32.rows12(a, aAt, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
            case 8 -> Kernels32.rows8(a, aAt, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
            case 6 -> Kernels16.rows6(a, aAt, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
            default -> Kernels16.rows4(a, aAt, b, bAt, k, c, cAt, cStride, base, baseAt, baseStride);
        }
    }
}
