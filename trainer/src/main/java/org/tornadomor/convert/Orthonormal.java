package org.tornadomor.convert;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Orthonormal bases and Gram matrices in double precision, on all processors. */
final class Orthonormal {
    /**
     * A column depends on those before it if no larger share of its own than this remains beside them: that much is rounding.
     */
    private static final double DEPENDENT = 1e-13;

    private Orthonormal() {}

    /**
     * An orthonormal basis of the columns of a matrix, by the Cholesky factor of its Gram matrix. One pass leaves columns that
     * were nearly parallel not quite orthogonal; two passes do not. A column that depends on those before becomes zero.
     *
     * @param matrix [rows, columns]
     */
    static float[] columns(float[] matrix, int rows, int columns, int passes) {
        double[] basis = new double[matrix.length];
        Arrays.setAll(basis, i -> matrix[i]);
        for (int pass = 0; pass < passes; pass++) {
            double[][] factor = cholesky(gramOfColumns(basis, rows, columns));
            IntStream.range(0, rows).parallel().forEach(row -> solve(factor, basis, row * columns));
        }
        float[] result = new float[basis.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) basis[i];
        }
        return result;
    }

    private static double[][] gramOfColumns(double[] matrix, int rows, int columns) {
        double[][] gram = new double[columns][columns];
        IntStream.range(0, columns).parallel().forEach(i -> {
            double[] line = gram[i];
            for (int row = 0; row < rows; row++) {
                int at = row * columns;
                double x = matrix[at + i];
                for (int j = 0; j <= i; j++) {
                    line[j] += x * matrix[at + j];
                }
            }
        });
        return gram;
    }

    /** The lower factor, in place; rows of dependent columns are zero on the diagonal. */
    private static double[][] cholesky(double[][] gram) {
        for (int i = 0; i < gram.length; i++) {
            double own = gram[i][i];
            for (int j = 0; j < i; j++) {
                double sum = gram[i][j] - dot(gram[i], gram[j], j);
                gram[i][j] = gram[j][j] == 0 ? 0 : sum / gram[j][j];
            }
            double rest = own - dot(gram[i], gram[i], i);
            gram[i][i] = rest > DEPENDENT * own ? Math.sqrt(rest) : 0;
        }
        return gram;
    }

    /** The row x with x L^T = y, in the place of y. */
    private static void solve(double[][] factor, double[] rows, int at) {
        for (int k = 0; k < factor.length; k++) {
            double sum = rows[at + k];
            double[] line = factor[k];
            for (int i = 0; i < k; i++) {
                sum -= line[i] * rows[at + i];
            }
            rows[at + k] = line[k] == 0 ? 0 : sum / line[k];
        }
    }

    private static double dot(double[] a, double[] b, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** {@code b b^T} of b [rows, columns]. */
    static double[][] gramOfRows(float[] b, int rows, int columns) {
        double[][] gram = new double[rows][rows];
        IntStream.range(0, rows).parallel().forEach(i -> {
            for (int j = 0; j <= i; j++) {
                gram[i][j] = dot(b, i * columns, j * columns, columns);
            }
        });
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < i; j++) {
                gram[j][i] = gram[i][j];
            }
        }
        return gram;
    }

    /** Four sums, which a processor adds to at the same time. */
    private static double dot(float[] b, int at, int other, int count) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < count; i += 4) {
            s0 += (double) b[at + i] * b[other + i];
            s1 += (double) b[at + i + 1] * b[other + i + 1];
            s2 += (double) b[at + i + 2] * b[other + i + 2];
            s3 += (double) b[at + i + 3] * b[other + i + 3];
        }
        for (; i < count; i++) {
            s0 += (double) b[at + i] * b[other + i];
        }
        return s0 + s1 + (s2 + s3);
    }
}
