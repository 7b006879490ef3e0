package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;

/** The three products against plain double precision, on sizes around every block and panel of the fast paths. */
public class MatmulTest {
    /** m x n x k: rows of the result, its columns, length of the sums. */
    public static final int[][] SIZES = {
        {1, 1, 1},
        {2, 3, 1},
        {1, 5, 7},
        {37, 1, 512},
        {300, 1, 33},
        {3, 300, 129},
        {8, 257, 64},
        {9, 31, 17},
        {64, 64, 64},
        {13, 33, 511},
        {100, 95, 300},
        {257, 129, 65},
        {130, 1100, 70},
        {49, 520, 600},
        {61, 70, 1100},
        {1, 600, 300},
        {5, 300, 600},
        {17, 4200, 20},
        {4200, 17, 20},
        {70, 300, 6},
        {70, 300, 4},
        {2, 600, 303},
        {2, 5000, 20},
        {500, 300, 1},
        {24, 64, 257},
        {40, 98, 300},
        {200, 70, 300},
        // The right operand in parts, of columns and of rows: for many rows of the left one, and for few.
        {400, 4130, 40},
        {400, 40, 2600},
        {70, 2100, 500},
    };

    public enum Layout {
        NT,
        NT_RESIDUAL,
        NN,
        NN_ACCUMULATE,
        TN
    }

    private static float[] product(Layout layout, int m, int n, int k, int spare, int margin, int threads, int again) {
        return product(new CpuEngine(threads), layout, m, n, k, spare, margin, again);
    }

    /** The result c of one product over the first {@code count} of {@code max} rows, on an engine that is closed. */
    public static float[] product(
            CpuEngine engine, Layout layout, int m, int n, int k, int spare, int margin, int again) {
        Random random = new Random(31L * m + 7L * n + k);
        try (OpRunner runner = new OpRunner(engine)) {
            // Rows are the extent: those of the result, except in TN, where they are the length of the sums.
            Extent rows = Extent.of("rows", (layout == Layout.TN ? k : m) + spare);
            rows.set(rows.max() - spare);
            int max = rows.max();
            float[] old = OpRunner.random(random, (layout == Layout.TN ? m : max) * n);
            Slot c;
            switch (layout) {
                case NT, NT_RESIDUAL -> {
                    Slot a = runner.f32("a", rows, k, margin, OpRunner.random(random, max * k));
                    Slot w = runner.f32("w", Extent.fixed(n), k, margin, OpRunner.random(random, n * k));
                    Slot r = runner.f32("r", rows, n, margin, OpRunner.random(random, max * n));
                    c = runner.f32("c", rows, n, margin, old);
                    runner.run(new DenseOp.MatmulNT(c, a, w, layout == Layout.NT ? null : r));
                }
                case NN, NN_ACCUMULATE -> {
                    Slot a = runner.f32("a", rows, k, margin, OpRunner.random(random, max * k));
                    Slot w = runner.f32("w", Extent.fixed(k), n, margin, OpRunner.random(random, n * k));
                    c = runner.f32("c", rows, n, margin, old);
                    runner.run(new DenseOp.MatmulNN(c, a, w, layout == Layout.NN_ACCUMULATE));
                }
                default -> {
                    Slot a = runner.f32("a", rows, m, margin, OpRunner.random(random, max * m));
                    Slot b = runner.f32("b", rows, n, margin, OpRunner.random(random, max * n));
                    c = runner.f32("c", Extent.fixed(m), n, margin, old);
                    runner.run(new DenseOp.MatmulTN(c, a, b));
                }
            }
            for (int i = 0; i < again; i++) {
                runner.set(c, old);
                runner.runAgain();
            }
            return runner.get(c);
        }
    }

    /** The same from the formulas, and the sum of magnitudes that the error is relative to. */
    private static double[][] reference(Layout layout, int m, int n, int k, int spare) {
        return reference(layout, m, n, k, spare, x -> x);
    }

    /** With operands that are rounded before. */
    public static double[][] reference(Layout layout, int m, int n, int k, int spare, DoubleUnaryOperator rounding) {
        Random random = new Random(31L * m + 7L * n + k);
        boolean tn = layout == Layout.TN;
        int max = (tn ? k : m) + spare;
        float[] old = OpRunner.random(random, (tn ? m : max) * n);
        double[] a = rounded(OpRunner.random(random, max * (tn ? m : k)), rounding);
        double[] b = rounded(OpRunner.random(random, (tn ? max : k) * n), rounding);
        float[] r = layout == Layout.NT_RESIDUAL ? OpRunner.random(random, max * n) : old;
        double[] c = new double[old.length];
        double[] size = new double[old.length];
        for (int i = 0; i < c.length; i++) {
            c[i] = old[i];
        }
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = layout == Layout.NT || layout == Layout.NN ? 0 : r[i * n + j];
                double magnitude = Math.abs(sum);
                for (int p = 0; p < k; p++) {
                    double x = tn ? a[p * m + i] : a[i * k + p];
                    double y = layout == Layout.NT || layout == Layout.NT_RESIDUAL ? b[j * k + p] : b[p * n + j];
                    sum += x * y;
                    magnitude += Math.abs(x * y);
                }
                c[i * n + j] = sum;
                size[i * n + j] = magnitude;
            }
        }
        return new double[][] {c, size};
    }

    private static double[] rounded(float[] values, DoubleUnaryOperator rounding) {
        return IntStream.range(0, values.length)
                .mapToDouble(i -> rounding.applyAsDouble(values[i]))
                .toArray();
    }

    private static void check(Layout layout, int m, int n, int k, int spare, int margin) {
        float[] actual = product(layout, m, n, k, spare, margin, 2, 0);
        double[][] expected = reference(layout, m, n, k, spare);
        for (int i = 0; i < actual.length; i++) {
            String where = layout + " " + m + "x" + n + "x" + k + " element " + i;
            assertEquals(expected[0][i], actual[i], 1e-6 * expected[1][i], where);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void agreesWithDoublePrecision(Layout layout) {
        for (int[] size : SIZES) {
            check(layout, size[0], size[1], size[2], 0, 0);
            check(layout, size[0], size[1], size[2], 3, 5);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void agreesOnRandomShapes(Layout layout) {
        Random random = new Random(5);
        for (int i = 0; i < 60; i++) {
            int m = 1 + random.nextInt(120);
            int n = 1 + random.nextInt(120);
            int k = 1 + random.nextInt(150);
            check(layout, m, n, k, random.nextInt(4), random.nextInt(4));
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void isTheSameForAnyNumberOfThreadsAndInLaterRuns(Layout layout) {
        for (int[] size : SIZES) {
            float[] one = product(layout, size[0], size[1], size[2], 1, 1, 1, 0);
            for (int threads = 2; threads <= 3; threads++) {
                assertArrayEquals(one, product(layout, size[0], size[1], size[2], 1, 1, threads, 1));
            }
        }
    }

    @Test
    void noRowsChangeNothing() {
        try (OpRunner runner = new OpRunner(2)) {
            Extent rows = Extent.of("rows", 4);
            rows.set(0);
            Slot a = runner.f32("a", rows, 3, 0, new float[12]);
            Slot w = runner.f32("w", Extent.fixed(2), 3, 0, new float[6]);
            Slot c = runner.f32("c", rows, 2, 0, new float[] {1, 2, 3, 4, 5, 6, 7, 8});
            runner.run(new DenseOp.MatmulNT(c, a, w));
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, runner.get(c));
        }
    }
}
