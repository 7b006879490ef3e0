package org.tornadomor.convert;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.tornadomor.engine.Engine;

/**
 * The best product of two thin matrices for a matrix M [m, n]: {@code U S V^T} of its largest singular values.
 *
 * <p>Small matrices are decomposed as a whole by Commons Math, which takes hours for large ones. For large ones a basis Q of
 * the directions that matter is found from random ones by products (Halko, Martinsson and Tropp, arXiv 0909.4061, algorithm
 * 4.4), and {@code Q^T M}, which has few rows, is decomposed through the eigenvectors of its small Gram matrix.
 */
final class TruncatedSvd implements AutoCloseable {
    /** The lesser side up to which a matrix is decomposed as a whole. */
    static final int SMALL = 96;

    /** Directions besides those wanted: at least so many, and one in {@link #SHARE}. */
    private static final int EXTRA = 16;

    private static final int SHARE = 8;
    private static final int POWER_ITERATIONS = 2;

    /** Singular values below this part of the first are noise of single precision. */
    private static final double NOISE = 1e-6;

    private final Engine engine;
    private final Map<String, SvdProducts> products = new HashMap<>();
    private final RandomGenerator random;

    /**
     * The factors of M.
     *
     * @param down [rank, n]: V^T, rows of length 1
     * @param up [rank, m]: U S, transposed
     * @param left the Frobenius norm of what they leave of M
     */
    record Factors(float[] down, float[] up, double left) {}

    /** @param seed of the random directions */
    TruncatedSvd(Engine engine, long seed) {
        this.engine = engine;
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /**
     * Decomposes a matrix.
     *
     * @param matrix [m, n]
     * @param rank 1 to min(m, n)
     */
    Factors of(float[] matrix, int m, int n, int rank) {
        // The basis is one of columns, so columns are to be the shorter side.
        Factors factors = m > n
                ? turned(decomposed(transposed(matrix, m, n), n, m, rank), rank, m, n)
                : decomposed(matrix, m, n, rank);
        fillNoise(factors, rank, m, n);
        return factors;
    }

    private Factors decomposed(float[] matrix, int m, int n, int rank) {
        int width = Math.min(m, rank + Math.max(EXTRA, rank / SHARE));
        boolean whole = m <= SMALL || width == m;
        SvdProducts p = products.computeIfAbsent(
                m + " " + n + " " + rank, key -> new SvdProducts(engine, m, n, whole ? m : width, rank));
        p.setMatrix(matrix);
        Thin thin = m <= SMALL ? commons(matrix, m, n, rank) : whole ? ofGram(p, matrix, null) : ofRange(p);
        return new Factors(thin.down, thin.up, p.left(matrix, thin.down, thin.up));
    }

    /** Rows of {@code down} have length 1; {@code up} has the singular values in it. */
    private record Thin(float[] down, float[] up) {}

    private static float[] transposed(float[] matrix, int m, int n) {
        float[] turned = new float[matrix.length];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                turned[j * m + i] = matrix[i * n + j];
            }
        }
        return turned;
    }

    /** M = (U' S' V'^T)^T = V' S' U'^T: the singular values change sides. */
    private static Factors turned(Factors turned, int rank, int m, int n) {
        float[] down = turned.up.clone();
        float[] up = turned.down.clone();
        for (int r = 0; r < rank; r++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += (double) down[r * n + i] * down[r * n + i];
            }
            double sigma = Math.sqrt(sum);
            for (int i = 0; i < n && sigma > 0; i++) {
                down[r * n + i] /= (float) sigma;
            }
            for (int i = 0; i < m; i++) {
                up[r * m + i] *= (float) sigma;
            }
        }
        return new Factors(down, up, turned.left);
    }

    private static Thin commons(float[] matrix, int m, int n, int rank) {
        RealMatrix values = new Array2DRowRealMatrix(m, n);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                values.setEntry(i, j, matrix[i * n + j]);
            }
        }
        SingularValueDecomposition svd = new SingularValueDecomposition(values);
        double[] sigma = svd.getSingularValues();
        RealMatrix u = svd.getU();
        RealMatrix v = svd.getV();
        float[] down = new float[rank * n];
        float[] up = new float[rank * m];
        for (int r = 0; r < rank; r++) {
            for (int j = 0; j < n; j++) {
                down[r * n + j] = (float) v.getEntry(j, r);
            }
            for (int i = 0; i < m; i++) {
                up[r * m + i] = (float) (sigma[r] * u.getEntry(i, r));
            }
        }
        return new Thin(down, up);
    }

    private Thin ofRange(SvdProducts p) {
        float[] directions = new float[p.n() * p.width()];
        for (int i = 0; i < directions.length; i++) {
            directions[i] = (float) random.nextGaussian();
        }
        float[] q = p.times(directions);
        for (int i = 0; i < POWER_ITERATIONS; i++) {
            q = p.timesItsTranspose(Orthonormal.columns(q, p.m(), p.width(), 1));
        }
        q = Orthonormal.columns(q, p.m(), p.width(), 2);
        return ofGram(p, p.project(q), q);
    }

    /**
     * Decomposes {@code b = Q^T M} [width, n] through the eigenvectors w of {@code b b^T}: U = Q w, and w^T b has the singular
     * values as lengths of its rows.
     *
     * @param q [m, width], null for the unit matrix
     */
    private static Thin ofGram(SvdProducts p, float[] b, float[] q) {
        int width = p.width();
        EigenDecomposition eigen =
                new EigenDecomposition(new Array2DRowRealMatrix(Orthonormal.gramOfRows(b, width, p.n()), false));
        int rank = p.rank();
        float[] w = new float[rank * width];
        double[] sigma = new double[rank];
        for (int r = 0; r < rank; r++) {
            sigma[r] = Math.sqrt(Math.max(0, eigen.getRealEigenvalue(r)));
            for (int i = 0; i < width; i++) {
                w[r * width + i] = (float) eigen.getV().getEntry(i, r);
            }
        }
        float[] down = p.combine(w, b);
        float[] up = q == null ? w : p.expand(w, q);
        scaleRows(down, p.n(), sigma, true);
        scaleRows(up, p.m(), sigma, false);
        return new Thin(down, up);
    }

    private static void scaleRows(float[] rows, int columns, double[] sigma, boolean inverse) {
        for (int r = 0; r < sigma.length; r++) {
            double factor = !inverse ? sigma[r] : sigma[r] > 0 ? 1 / sigma[r] : 0;
            for (int i = 0; i < columns; i++) {
                rows[r * columns + i] *= (float) factor;
            }
        }
    }

    /**
     * Directions that M lacks, or has only as noise, begin as low-rank factors do without a decomposition: A random, B zero.
     */
    private void fillNoise(Factors thin, int rank, int m, int n) {
        double first = length(thin.up, 0, m);
        for (int r = 0; r < rank; r++) {
            if (length(thin.up, r, m) <= NOISE * first) {
                for (int j = 0; j < n; j++) {
                    thin.down[r * n + j] = (float) (random.nextGaussian() / Math.sqrt(n));
                }
                Arrays.fill(thin.up, r * m, (r + 1) * m, 0);
            }
        }
    }

    private static double length(float[] rows, int row, int columns) {
        double sum = 0;
        for (int i = row * columns; i < (row + 1) * columns; i++) {
            sum += (double) rows[i] * rows[i];
        }
        return Math.sqrt(sum);
    }

    @Override
    public void close() {
        products.values().forEach(SvdProducts::close);
    }
}
