package org.tornadomor.report;

import java.util.Arrays;

/** Rows of numbers that grow, as the steps of a run do. */
final class Table {
    private final int columns;
    private double[] values;
    private int rows;

    Table(int columns) {
        this.columns = columns;
        this.values = new double[columns];
    }

    /** Appends a row. */
    void add(double... row) {
        if ((rows + 1) * columns > values.length) {
            values = Arrays.copyOf(values, Math.multiplyExact(2, values.length));
        }
        System.arraycopy(row, 0, values, rows++ * columns, columns);
    }

    int rows() {
        return rows;
    }

    double get(int row, int column) {
        return values[row * columns + column];
    }

    void set(int row, int column, double value) {
        values[row * columns + column] = value;
    }

    /** The last finite value of a column, else not a number. */
    double last(int column) {
        for (int row = rows - 1; row >= 0; row--) {
            if (Double.isFinite(get(row, column))) {
                return get(row, column);
            }
        }
        return Double.NaN;
    }

    /** The smallest finite value of a column, else not a number. */
    double min(int column) {
        double min = Double.NaN;
        for (int row = 0; row < rows; row++) {
            double value = get(row, column);
            if (Double.isFinite(value) && !(value >= min)) {
                min = value;
            }
        }
        return min;
    }

    /** How to draw many rows as few points. */
    enum Thinning {
        LAST,
        MEAN,
        MIN,
        MAX
    }

    /** A column as at most so many points, each standing for as many rows; rows without a finite value do not count. */
    double[] thin(int column, int points, Thinning how) {
        int count = Math.min(rows, points);
        double[] thin = new double[count];
        for (int i = 0; i < count; i++) {
            int from = (int) ((long) rows * i / count);
            int to = (int) ((long) rows * (i + 1) / count);
            thin[i] = how == Thinning.LAST ? get(to - 1, column) : combine(column, from, to, how);
        }
        return thin;
    }

    private double combine(int column, int from, int to, Thinning how) {
        double result = switch (how) {
            case MIN -> Double.POSITIVE_INFINITY;
            case MAX -> Double.NEGATIVE_INFINITY;
            default -> 0;
        };
        int finite = 0;
        for (int row = from; row < to; row++) {
            double value = get(row, column);
            if (Double.isFinite(value)) {
                finite++;
                result = switch (how) {
                    case MIN -> Math.min(result, value);
                    case MAX -> Math.max(result, value);
                    default -> result + value;
                };
            }
        }
        return finite == 0 ? Double.NaN : how == Thinning.MEAN ? result / finite : result;
    }
}
