package org.tornadomor.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TruncatedSvdTest {
    private Engine engine;

    @BeforeAll
    void open() {
        engine = new CpuEngine(2);
    }

    @AfterAll
    void close() {
        engine.close();
    }

    /** Singular values that fall by a tenth of a percent to a few percent from one to the next, as residuals' do. */
    private static float[] matrix(int m, int n, double fall, long seed) {
        Random random = new Random(seed);
        int inner = Math.min(m, n);
        float[] matrix = new float[m * n];
        double[] row = new double[m];
        double[] column = new double[n];
        for (int k = 0; k < inner; k++) {
            double sigma = Math.exp(-fall * k) / Math.sqrt((double) m * n);
            for (int i = 0; i < m; i++) {
                row[i] = sigma * random.nextGaussian();
            }
            for (int j = 0; j < n; j++) {
                column[j] = random.nextGaussian();
            }
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    matrix[i * n + j] += (float) (row[i] * column[j]);
                }
            }
        }
        return matrix;
    }

    /** What the best factors of that rank leave: the singular values behind it. */
    private static double best(float[] matrix, int m, int n, int rank) {
        double[][] values = new double[m][n];
        for (int i = 0; i < m * n; i++) {
            values[i / n][i % n] = matrix[i];
        }
        double[] sigma = new SingularValueDecomposition(new Array2DRowRealMatrix(values, false)).getSingularValues();
        double sum = 0;
        for (int i = rank; i < sigma.length; i++) {
            sum += sigma[i] * sigma[i];
        }
        return Math.sqrt(sum);
    }

    private static double norm(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }

    private static double left(float[] matrix, TruncatedSvd.Factors factors, int m, int n, int rank) {
        double sum = 0;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double value = matrix[i * n + j];
                for (int r = 0; r < rank; r++) {
                    value -= (double) factors.up()[r * m + i] * factors.down()[r * n + j];
                }
                sum += value * value;
            }
        }
        return Math.sqrt(sum);
    }

    /** As a whole by Commons Math, as a whole by the Gram matrix, and from random directions; either way round. */
    @ParameterizedTest
    @CsvSource({
        "7, 12, 3, 0.1",
        "12, 7, 7, 0.1",
        "90, 60, 20, 0.02",
        "130, 150, 125, 0.01",
        "150, 130, 130, 0.01",
        "140, 260, 10, 0.02",
        "300, 160, 40, 0.005",
        "1, 5, 1, 0",
    })
    void leavesHardlyMoreThanTheBest(int m, int n, int rank, double fall) {
        float[] matrix = matrix(m, n, fall, m + n);
        try (TruncatedSvd svd = new TruncatedSvd(engine, 1)) {
            TruncatedSvd.Factors factors = svd.of(matrix, m, n, rank);
            double left = left(matrix, factors, m, n, rank);
            double best = best(matrix, m, n, rank);
            double whole = norm(matrix);
            assertTrue(left <= 1.01 * best + 2e-6 * whole, left + " where " + best + " of " + whole + " could be");
            assertEquals(left, factors.left(), 1e-3 * left + 2e-6 * whole);
            for (int r = 0; r < rank; r++) {
                double length = 0;
                for (int j = 0; j < n; j++) {
                    length += Math.pow(factors.down()[r * n + j], 2);
                }
                assertEquals(1, length, 0.01, "row " + r);
            }
            assertArrayEquals(factors.up(), svdAgain(matrix, m, n, rank).up(), "not the same again");
        }
    }

    private TruncatedSvd.Factors svdAgain(float[] matrix, int m, int n, int rank) {
        try (TruncatedSvd svd = new TruncatedSvd(engine, 1)) {
            return svd.of(matrix, m, n, rank);
        }
    }

    /** A matrix of rank 3 has no fourth direction: that pair begins as factors without a residual do. */
    @ParameterizedTest
    @CsvSource({"20, 30", "200, 130"})
    void whatIsNotThereIsRandomTimesZero(int m, int n) {
        Random random = new Random(3);
        float[] matrix = new float[m * n];
        for (int k = 0; k < 3; k++) {
            double[] column = random.doubles(n).toArray();
            for (int i = 0; i < m; i++) {
                double x = random.nextDouble();
                for (int j = 0; j < n; j++) {
                    matrix[i * n + j] += (float) (x * column[j]);
                }
            }
        }
        try (TruncatedSvd svd = new TruncatedSvd(engine, 1)) {
            TruncatedSvd.Factors factors = svd.of(matrix, m, n, 5);
            assertTrue(factors.left() < 1e-5 * norm(matrix));
            float[] last = Arrays.copyOfRange(factors.up(), 4 * m, 5 * m);
            assertArrayEquals(new float[m], last);
            assertTrue(norm(Arrays.copyOfRange(factors.down(), 4 * n, 5 * n)) > 0.1);
            TruncatedSvd.Factors nothing = svd.of(new float[m * n], m, n, 5);
            assertArrayEquals(new float[5 * m], nothing.up());
            assertEquals(0, nothing.left());
        }
    }

    /** A feed-forward matrix of a 1B model at the largest rank of the papers, in seconds. */
    @Test
    @Tag("slow")
    void aLargeMatrixTakesSeconds() {
        int m = 2048;
        int n = 5632;
        float[] matrix = new float[m * n];
        Random random = new Random(5);
        for (int i = 0; i < matrix.length; i++) {
            matrix[i] = (float) random.nextGaussian();
        }
        long start = System.nanoTime();
        TruncatedSvd.Factors factors = svdAgain(matrix, m, n, 512);
        System.out.printf(
                "2048 x 5632 at rank 512: %.1f s, %.4f of the norm left%n",
                (System.nanoTime() - start) / 1e9, factors.left() / norm(matrix));
        assertTrue(factors.left() < 0.82 * norm(matrix));
    }
}
