package org.tornadomor.engine.cpu.products;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.Transpose;

/** Brings the operands of a matrix product into the order in which {@link MatmulKernel} reads them. */
public final class Packing {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;
    private static final int LENGTH = Lanes.LENGTH;
    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int HEIGHT = MatmulKernel.HEIGHT;
    private static final int STEP = MatmulKernel.STEP;

    /**
     * Elements of the copies from which panels are transposed. Memory is read fastest along one row after the other, but
     * transposing reads many at a time: from copies in the first-level cache that does no harm.
     */
    static final int STAGE = WIDTH * MatmulKernel.ROW;

    private Packing() {}

    /** Rows of k elements each, {@link MatmulKernel#ROW} apart in {@code to}. */
    public static void rows(float[] from, int at, int stride, int rows, int k, float[] to, int toAt) {
        for (int i = 0; i < rows; i++) {
            System.arraycopy(from, at + i * stride, to, toAt + i * MatmulKernel.ROW, k);
        }
    }

    /**
     * Rows of k elements as {@link PanelProduct} wants them turned: whole groups turned, the rest as rows.
     *
     * @param stage at least {@link #STAGE} elements
     */
    static void groups(float[] from, int at, int stride, int rows, int k, float[] to, int toAt, float[] stage) {
        int i = 0;
        int group = toAt;
        for (; i + HEIGHT <= rows; i += HEIGHT) {
            rows(from, at + i * stride, stride, HEIGHT, k, stage, 0);
            Transpose.run(stage, 0, MatmulKernel.ROW, STEP, k, to, group, STEP);
            group += MatmulKernel.GROUP;
        }
        rows(from, at + i * stride, stride, rows - i, k, to, group);
    }

    /** The same of a matrix that is given transposed: {@code rows} columns of k rows. */
    static void groupsOfColumns(float[] from, int at, int stride, int rows, int k, float[] to, int toAt) {
        int whole = rows / HEIGHT * HEIGHT;
        for (int p = 0; p < k; p++) {
            copyGroups(from, at + p * stride, whole, to, toAt + p * STEP);
        }
        int rest = toAt + whole / HEIGHT * MatmulKernel.GROUP;
        Transpose.run(from, at + whole, stride, k, rows - whole, to, rest, MatmulKernel.ROW);
    }

    private static void copyGroups(float[] from, int at, int rows, float[] to, int toAt) {
        // Whole vectors, if the array reaches that far: what stands behind the group's elements is not used.
        int vectors = STEP == LENGTH ? Math.min(rows, from.length - LENGTH - at + 1) : 0;
        int group = toAt;
        int i = 0;
        for (; i < vectors; i += HEIGHT) {
            FloatVector.fromArray(SPECIES, from, at + i).intoArray(to, group);
            group += MatmulKernel.GROUP;
        }
        for (; i < rows; i += HEIGHT) {
            System.arraycopy(from, at + i, to, group, HEIGHT);
            group += MatmulKernel.GROUP;
        }
    }

    /**
     * Rows {@code first} to {@code end - 1} of a matrix with k rows into all of its panels; missing columns of the last
     * panel become zeros.
     */
    public static void panels(
            float[] from, int at, int stride, int first, int end, int columns, int k, float[] to, int toAt) {
        for (int panel = 0; panel * WIDTH < columns; panel++) {
            int count = Math.min(WIDTH, columns - panel * WIDTH);
            int target = toAt + (panel * k + first) * WIDTH;
            int source = at + first * stride + panel * WIDTH;
            if (count == WIDTH) {
                copyPanel(from, source, stride, end - first, to, target);
            } else {
                for (int p = 0; p < end - first; p++) {
                    System.arraycopy(from, source + p * stride, to, target + p * WIDTH, count);
                    Arrays.fill(to, target + p * WIDTH + count, target + p * WIDTH + WIDTH, 0f);
                }
            }
        }
    }

    private static void copyPanel(float[] from, int source, int stride, int count, float[] to, int target) {
        for (int p = 0; p < count; p++) {
            int row = source + p * stride;
            FloatVector.fromArray(SPECIES, from, row).intoArray(to, target + p * WIDTH);
            FloatVector.fromArray(SPECIES, from, row + LENGTH).intoArray(to, target + p * WIDTH + LENGTH);
        }
    }

    /**
     * A panel whose columns are {@code columns} rows of a matrix from ({@code row}, {@code column}) on, k elements each;
     * missing columns become zeros. Narrow elements become floats.
     *
     * @param stage at least {@link #STAGE} elements
     */
    public static void panelOfRows(
            Matrix from, int row, int column, int columns, int k, float[] to, int toAt, float[] stage) {
        for (int p = 0; p < k; p += MatmulKernel.DEPTH) {
            int length = Math.min(MatmulKernel.DEPTH, k - p);
            from.copy(row, column + p, columns, length, stage, 0, MatmulKernel.ROW);
            panelOfRows(stage, 0, MatmulKernel.ROW, columns, length, to, toAt + p * WIDTH);
        }
    }

    /** A panel whose columns are rows of {@code from}, k elements each; missing columns become zeros. */
    public static void panelOfRows(float[] from, int at, int stride, int columns, int k, float[] to, int toAt) {
        if (columns < WIDTH) {
            Arrays.fill(to, toAt, toAt + k * WIDTH, 0f);
        }
        Transpose.run(from, at, stride, columns, k, to, toAt, WIDTH);
    }
}
