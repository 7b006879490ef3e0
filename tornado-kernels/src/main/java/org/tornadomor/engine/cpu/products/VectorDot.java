package org.tornadomor.engine.cpu.products;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;

/**
 * Inner products of one vector with rows of weights: a decoding step of one sequence. Those of narrow weights are in
 * {@link NarrowDot}.
 */
final class VectorDot {
    private static final int LENGTH = Lanes.LENGTH;
    /**
     * Floats are loaded in halves of a vector that would be a whole cache line: two instructions walk along a row then, and a
     * processor that learns from each of them what comes next fetches further ahead. See docs/performance.md.
     */
    private static final VectorSpecies<Float> PART = Lanes.PART;

    private static final int HALF = PART.length();
    private static final boolean HALVES = HALF < LENGTH;

    private VectorDot() {}

    /**
     * Rows of a call: two ways of which the processor decides which is the faster one, since some fetch many streams ahead best, and
     * others one.
     */
    static int rows(Matrix w, boolean many) {
        return w.blocks ? BlockDot.rows(many) : w.bytes != null ? NarrowDot.rowsOfBytes(many) : many ? 4 : 1;
    }

    /**
     * {@code sums[s] = w[row + s step] . x} for s from 0 to rows - 1, the same bits for any number of rows.
     *
     * @param rows as {@link #rows} gives it
     * @param x as {@link NarrowDot#arrange} leaves it if w is narrow
     * @param sums at least as many vectors as rows
     */
    static void run(Matrix w, int row, int step, int rows, float[] x, int xAt, int k, float[] sums) {
        if (w.blocks) {
            BlockDot.run(w, row, step, rows, x, xAt, k, sums);
            return;
        }
        if (w.isNarrow()) {
            NarrowDot.run(w, row, step, rows, x, xAt, k, sums);
            return;
        }
        int whole = Lanes.whole(k);
        int at = w.at(row, 0);
        int stride = step * w.stride;
        if (rows == 4) {
            rows4(w.values, at, stride, x, xAt, whole, sums);
        } else {
            row1(w.values, at, x, xAt, whole, sums);
        }
        for (int s = 0; s < rows; s++) {
            float sum = Lanes.sum(sums, s * LENGTH);
            for (int p = whole; p < k; p++) {
                sum = Math.fma(w.values[at + s * stride + p], x[xAt + p], sum);
            }
            sums[s] = sum;
        }
    }

    /** The sums of four rows, lane by lane, {@link Lanes#LENGTH} apart; k is a number of whole vectors. */
    static void rows4(float[] w, int at, int stride, float[] x, int xAt, int k, float[] sums) {
        int at1 = at + stride;
        int at2 = at + 2 * stride;
        int at3 = at + 3 * stride;
        FloatVector low0 = FloatVector.zero(PART);
        FloatVector high0 = FloatVector.zero(PART);
        FloatVector low1 = FloatVector.zero(PART);
        FloatVector high1 = FloatVector.zero(PART);
        FloatVector low2 = FloatVector.zero(PART);
        FloatVector high2 = FloatVector.zero(PART);
        FloatVector low3 = FloatVector.zero(PART);
        FloatVector high3 = FloatVector.zero(PART);
        for (int p = 0; p < k; p += LENGTH) {
            FloatVector v = FloatVector.fromArray(PART, x, xAt + p);
            low0 = FloatVector.fromArray(PART, w, at + p).fma(v, low0);
            low1 = FloatVector.fromArray(PART, w, at1 + p).fma(v, low1);
            low2 = FloatVector.fromArray(PART, w, at2 + p).fma(v, low2);
            low3 = FloatVector.fromArray(PART, w, at3 + p).fma(v, low3);
            if (HALVES) {
                FloatVector u = FloatVector.fromArray(PART, x, xAt + p + HALF);
                high0 = FloatVector.fromArray(PART, w, at + p + HALF).fma(u, high0);
                high1 = FloatVector.fromArray(PART, w, at1 + p + HALF).fma(u, high1);
                high2 = FloatVector.fromArray(PART, w, at2 + p + HALF).fma(u, high2);
                high3 = FloatVector.fromArray(PART, w, at3 + p + HALF).fma(u, high3);
            }
        }
        low0.intoArray(sums, 0);
        low1.intoArray(sums, LENGTH);
        low2.intoArray(sums, 2 * LENGTH);
        low3.intoArray(sums, 3 * LENGTH);
        if (HALVES) {
            high0.intoArray(sums, HALF);
            high1.intoArray(sums, LENGTH + HALF);
            high2.intoArray(sums, 2 * LENGTH + HALF);
            high3.intoArray(sums, 3 * LENGTH + HALF);
        }
    }

    private static void row1(float[] w, int at, float[] x, int xAt, int k, float[] sums) {
        FloatVector low = FloatVector.zero(PART);
        FloatVector high = FloatVector.zero(PART);
        for (int p = 0; p < k; p += LENGTH) {
            low = FloatVector.fromArray(PART, w, at + p).fma(FloatVector.fromArray(PART, x, xAt + p), low);
            if (HALVES) {
                high = FloatVector.fromArray(PART, w, at + p + HALF)
                        .fma(FloatVector.fromArray(PART, x, xAt + p + HALF), high);
            }
        }
        low.intoArray(sums, 0);
        if (HALVES) {
            high.intoArray(sums, HALF);
        }
    }
}
