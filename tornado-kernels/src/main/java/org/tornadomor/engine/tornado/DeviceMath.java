package org.tornadomor.engine.tornado;

import org.tornadomor.engine.AttentionOp;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What kernels of several families compute; inlined into them. */
final class DeviceMath {
    /** Less than any score: in place of minus infinity, which kernels cannot name. */
    static final float LEAST = -Float.MAX_VALUE;

    private DeviceMath() {}

    static float sigmoid(float x) {
        return 1f / (1f + TornadoMath.exp(-x));
    }

    /** The inner product of {@code count} elements. */
    static float product(FloatArray a, int aAt, FloatArray b, int bAt, int count) {
        float sum = 0f;
        for (int i = 0; i < count; i++) {
            sum += a.get(aAt + i) * b.get(bAt + i);
        }
        return sum;
    }

    /**
     * The row of a segment's key j, see {@link AttentionOp}. {@code shift} is a compile-time constant: keys that follow one
     * another need no look-up in a table.
     *
     * @param pages where each page of the segment begins, from {@code pagesAt} on
     * @param first the first of them
     */
    static int keyRow(IntArray pages, int pagesAt, int first, int j, int shift) {
        int row = first + j;
        if (shift < AttentionOp.Rows.UNPAGED_SHIFT) {
            row = pages.get(pagesAt + (j >> shift)) + (j & (1 << shift) - 1);
        }
        return row;
    }

    /**
     * The sequence that a row stands in, if it stands in one: the last that begins at or before the row.
     *
     * @param start where each sequence begins, ascending
     * @param startAt the place of the first of them
     * @param stride from one to the next
     */
    static int sequence(IntArray start, int startAt, int stride, int sequences, int row) {
        int low = 0;
        int high = sequences - 1;
        while (low < high) {
            int middle = (low + high + 1) / 2;
            if (start.get(startAt + middle * stride) <= row) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** The first of {@code sequences + 1} places in start that is at or behind a row. */
    static int firstFrom(IntArray start, int startAt, int stride, int sequences, int row) {
        int low = 0;
        int high = sequences;
        while (low < high) {
            int middle = (low + high) / 2;
            if (start.get(startAt + middle * stride) < row) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
