package org.tornadomor.simulator.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.annotations.Parallel;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Kernels that each break one rule. */
public final class BrokenKernels {

    private BrokenKernels() {}

    /** No bounds check: the surplus work-items of a rounded grid leave the array. */
    public static void noGuard(KernelContext c, FloatArray x) {
        x.set(c.globalIdx, 1f);
    }

    /** Reads beyond the end. */
    public static void readsBeyond(KernelContext c, FloatArray x, FloatArray y) {
        y.set(c.globalIdx, x.get(c.globalIdx + 1));
    }

    /** Reads a neighbour that another work-item writes. */
    public static void neighbour(KernelContext c, FloatArray x) {
        int i = c.globalIdx;
        float left = i > 0 ? x.get(i - 1) : 0f;
        x.set(i, left);
    }

    /** Every work-item writes the same element. */
    public static void allWriteOne(KernelContext c, FloatArray x) {
        x.set(0, c.globalIdx);
    }

    /** Only the first work-item of a group writes, but every group the same element. */
    public static void groupsWriteOne(KernelContext c, FloatArray x) {
        if (c.localIdx == 0) {
            x.set(0, c.groupIdx);
        }
    }

    /** The group sums of all groups are read by one of them in the same launch. */
    public static void readsOtherGroups(KernelContext c, FloatArray x, FloatArray out) {
        x.set(c.groupIdx, 1f);
        if (c.groupIdx == c.globalGroupSizeX / c.localGroupSizeX - 1) {
            out.set(0, x.get(0));
        }
    }

    /** A local barrier does not order global memory. */
    public static void wrongBarrier(KernelContext c, FloatArray x) {
        int base = c.groupIdx * c.localGroupSizeX;
        float value = x.get(base + (c.localIdx + 1) % c.localGroupSizeX);
        c.localBarrier();
        x.set(c.globalIdx, value);
    }

    /** No barrier between the write and the read of local memory. */
    public static void localRace(KernelContext c, FloatArray out, int local) {
        float[] shared = c.allocateFloatLocalArray(local);
        shared[c.localIdx] = c.localIdx;
        out.set(c.globalIdx, shared[local - 1 - c.localIdx]);
    }

    /** The tree starts before the leaves are complete: the barrier is behind the addition. */
    public static void lateBarrier(KernelContext c, FloatArray in, FloatArray out, int local) {
        float[] tree = c.allocateFloatLocalArray(local);
        int l = c.localIdx;
        tree[l] = in.get(c.globalIdx);
        c.localBarrier();
        for (int d = local / 2; d > 0; d /= 2) {
            if (l < d) {
                tree[l] += tree[l + d];
            }
        }
        if (l == 0) {
            out.set(c.groupIdx, tree[0]);
        }
    }

    /** Half of the local array is never written. */
    public static void uninitialised(KernelContext c, FloatArray out, int local) {
        float[] shared = c.allocateFloatLocalArray(2 * local);
        shared[c.localIdx] = 1f;
        c.localBarrier();
        out.set(c.globalIdx, shared[local + c.localIdx]);
    }

    /** Writes beyond a local array. */
    public static void localOutside(KernelContext c, FloatArray out, int local) {
        int[] shared = c.allocateIntLocalArray(local);
        shared[c.localIdx + 1] = 1;
        out.set(c.globalIdx, 0f);
    }

    /** Surplus work-items return before the barrier. */
    public static void earlyReturn(KernelContext c, FloatArray out, IntArray n) {
        float[] shared = c.allocateFloatLocalArray(8);
        if (c.globalIdx >= n.get(0)) {
            return;
        }
        shared[c.localIdx] = 1f;
        c.localBarrier();
        out.set(c.globalIdx, shared[0]);
    }

    /** Two barriers, each for half of the group. */
    public static void twoBarriers(KernelContext c, FloatArray out) {
        if (c.localIdx < 4) {
            c.localBarrier();
        } else {
            c.localBarrier();
        }
        out.set(c.globalIdx, 1f);
    }

    /** Work-items go round a loop with a barrier a different number of times. */
    public static void unevenLoop(KernelContext c, FloatArray out) {
        for (int i = 0; i < c.localIdx; i++) {
            c.localBarrier();
        }
        out.set(c.globalIdx, 1f);
    }

    /** Work-items allocate different amounts. */
    public static void unevenAllocation(KernelContext c, FloatArray out) {
        float[] shared = c.allocateFloatLocalArray(8 + c.localIdx);
        shared[c.localIdx] = 1f;
        out.set(c.globalIdx, shared[c.localIdx]);
    }

    /** 64 KiB of local memory. */
    public static void muchLocalMemory(KernelContext c, FloatArray out) {
        float[] shared = c.allocateFloatLocalArray(16 * 1024);
        shared[c.localIdx] = 1f;
        out.set(c.globalIdx, shared[c.localIdx]);
    }

    /** An exception of the kernel's own. */
    public static void divides(KernelContext c, IntArray x) {
        x.set(c.globalIdx, 1 / x.get(c.globalIdx));
    }

    /** Iterations of a parallel loop depend on each other. */
    public static void prefix(FloatArray x) {
        for (@Parallel int i = 1; i < x.getSize(); i++) {
            x.set(i, x.get(i) + x.get(i - 1));
        }
    }

    /** Iterations of nested parallel loops write the same element. */
    public static void rowSums(FloatArray sums, FloatArray x, int rows, int columns) {
        for (@Parallel int r = 0; r < rows; r++) {
            for (@Parallel int c = 0; c < columns; c++) {
                sums.set(r, sums.get(r) + x.get(r * columns + c));
            }
        }
    }

    /** A barrier inside a helper method. */
    public static void barrierInHelper(KernelContext c, FloatArray out) {
        int[] shared = c.allocateIntLocalArray(8);
        shared[c.localIdx] = c.localIdx;
        meet(c);
        out.set(c.globalIdx, shared[7 - c.localIdx]);
    }

    private static void meet(KernelContext c) {
        c.localBarrier();
    }

    /** Floating-point atomics exist on some devices only. */
    public static void floatAtomic(KernelContext c, FloatArray x) {
        c.atomicAdd(x, 0, 1f);
    }

    /** Reads a neighbour in an array that a helper chose and another work-item writes. */
    public static void chosenNeighbour(KernelContext c, FloatArray x, FloatArray y, int which) {
        int i = place(c);
        FloatArray chosen = choose(x, y, which);
        choose(x, y, which).set(i, i > 0 ? chosen.get(i - 1) : 0f);
    }

    private static FloatArray choose(FloatArray x, FloatArray y, int which) {
        return which == 0 ? x : y;
    }

    private static int place(KernelContext c) {
        return c.globalIdx;
    }
}
