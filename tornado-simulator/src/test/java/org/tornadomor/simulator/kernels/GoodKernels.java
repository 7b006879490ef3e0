package org.tornadomor.simulator.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.annotations.Parallel;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Kernels that break no rule. */
public final class GoodKernels {

    private GoodKernels() {}

    /** y = y + alpha x, one work-item an element. */
    public static void axpy(KernelContext c, FloatArray y, FloatArray x, FloatArray alpha, IntArray n) {
        int i = c.globalIdx;
        if (i < n.get(0)) {
            y.set(i, y.get(i) + alpha.get(0) * x.get(i));
        }
    }

    /** y = s x as a parallel loop; s is a constant. */
    public static void scale(FloatArray y, FloatArray x, float s) {
        for (@Parallel int i = 0; i < y.getSize(); i++) {
            y.set(i, s * x.get(i));
        }
    }

    /** out[r][c] = rows[r] + columns[c] as two nested parallel loops. */
    public static void outerSum(FloatArray out, FloatArray rows, FloatArray columns) {
        for (@Parallel int r = 0; r < rows.getSize(); r++) {
            for (@Parallel int c = 0; c < columns.getSize(); c++) {
                out.set(r * columns.getSize() + c, rows.get(r) + columns.get(c));
            }
        }
    }

    /** One sum a group, by a tree in local memory. */
    public static void groupSum(KernelContext c, FloatArray in, FloatArray sums, int local) {
        float[] tree = c.allocateFloatLocalArray(local);
        int l = c.localIdx;
        int i = c.globalIdx;
        tree[l] = i < in.getSize() ? in.get(i) : 0f;
        for (int d = local / 2; d > 0; d /= 2) {
            c.localBarrier();
            if (l < d) {
                tree[l] += tree[l + d];
            }
        }
        if (l == 0) {
            sums.set(c.groupIdx, tree[0]);
        }
    }

    /** RMSNorm of a row a group: y = x / sqrt(mean(x^2) + eps). */
    public static void rmsNorm(KernelContext c, FloatArray y, FloatArray x, int width, int local, float eps) {
        float[] tree = c.allocateFloatLocalArray(local);
        int l = c.localIdx;
        int row = c.groupIdx * width;
        float sum = 0f;
        for (int i = l; i < width; i += local) {
            float value = x.get(row + i);
            sum += value * value;
        }
        tree[l] = sum;
        for (int d = local / 2; d > 0; d /= 2) {
            c.localBarrier();
            if (l < d) {
                tree[l] += tree[l + d];
            }
        }
        c.localBarrier();
        float scale = 1f / TornadoMath.sqrt(tree[0] / width + eps);
        for (int i = l; i < width; i += local) {
            y.set(row + i, x.get(row + i) * scale);
        }
    }

    /** C = A B with 8x8 tiles; m, n and k need not be multiples of 8. */
    public static void matmulTiled(KernelContext c, FloatArray a, FloatArray b, FloatArray out, int m, int n, int k) {
        float[] tileA = c.allocateFloatLocalArray(64);
        float[] tileB = c.allocateFloatLocalArray(64);
        float[] mine = new float[1];
        int lx = c.localIdx;
        int ly = c.localIdy;
        int column = c.globalIdx;
        int row = c.globalIdy;
        for (int at = 0; at < k; at += 8) {
            tileA[ly * 8 + lx] = row < m && at + lx < k ? a.get(row * k + at + lx) : 0f;
            tileB[ly * 8 + lx] = at + ly < k && column < n ? b.get((at + ly) * n + column) : 0f;
            c.localBarrier();
            for (int i = 0; i < 8; i++) {
                mine[0] += tileA[ly * 8 + i] * tileB[i * 8 + lx];
            }
            c.localBarrier();
        }
        if (row < m && column < n) {
            out.set(row * n + column, mine[0]);
        }
    }

    /** Variables of every kind live across barriers; the parameter that changes does too. */
    public static void keepsVariables(KernelContext c, FloatArray out, int start, long big, double fraction) {
        int[] shared = c.allocateIntLocalArray(4);
        int l = c.localIdx;
        byte small = (byte) (l - 100);
        boolean odd = (l & 1) == 1;
        long wide = big + l;
        double exact = fraction * l;
        float single = 0.5f * l;
        shared[l] = l * l;
        c.localBarrier();
        start += shared[3 - l];
        c.globalBarrier();
        double total = start + small + wide + exact + single + (odd ? 1000 : 0);
        out.set(c.globalIdx, (float) total);
    }

    /** Counts elements above zero. */
    public static void countPositive(KernelContext c, FloatArray x, IntArray count) {
        if (x.get(c.globalIdx) > 0f) {
            c.atomicAdd(count, 0, 1);
        }
    }

    /** Each work-item takes its neighbour's value behind a global barrier. */
    public static void rotateInGroup(KernelContext c, FloatArray x) {
        int base = c.groupIdx * c.localGroupSizeX;
        float value = x.get(base + (c.localIdx + 1) % c.localGroupSizeX);
        c.globalBarrier();
        x.set(c.globalIdx, value);
    }

    /** Helper methods may take arrays and numbers. */
    public static void viaHelper(KernelContext c, FloatArray y, FloatArray x) {
        y.set(c.globalIdx, twice(x, c.globalIdx));
    }

    private static float twice(FloatArray x, int i) {
        return 2f * x.get(i);
    }

    /** A for-each loop has variables of the compiler's own, so work-items need threads. */
    public static void forEachOverLocal(KernelContext c, FloatArray out) {
        float[] shared = c.allocateFloatLocalArray(4);
        shared[c.localIdx] = c.localIdx;
        c.localBarrier();
        float sum = 0f;
        for (float value : shared) {
            sum += value;
        }
        out.set(c.globalIdx, sum);
    }

    /** Where every work-item is, in three dimensions. */
    public static void whereAmI(KernelContext c, IntArray out) {
        int i = (c.globalIdz * c.globalGroupSizeY + c.globalIdy) * c.globalGroupSizeX + c.globalIdx;
        out.set(
                i,
                c.groupIdx * 1_000_000
                        + c.groupIdy * 100_000
                        + c.groupIdz * 10_000
                        + c.localIdx * 1000
                        + c.localIdy * 100
                        + c.localIdz * 10
                        + c.localGroupSizeX * c.localGroupSizeY * c.localGroupSizeZ);
    }

    /** Writes x[from + i] = value; both numbers from arrays. */
    public static void fillRange(KernelContext c, FloatArray x, IntArray range, FloatArray value) {
        int i = c.globalIdx;
        if (i < range.get(1)) {
            x.set(range.get(0) + i, value.get(0));
        }
    }

    /** x = x + 1. */
    public static void increment(KernelContext c, FloatArray x) {
        x.set(c.globalIdx, x.get(c.globalIdx) + 1f);
    }

    /** Writes all of x and reads none of it. */
    public static void fillWithId(KernelContext c, FloatArray x) {
        x.set(c.globalIdx, c.globalIdx);
    }

    /** y = x. */
    public static void copy(KernelContext c, FloatArray x, FloatArray y) {
        y.set(c.globalIdx, x.get(c.globalIdx));
    }
}
