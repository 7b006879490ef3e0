package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Comparisons of single-precision results with double-precision ones. */
final class Closeness {
    private Closeness() {}

    /** The norm of the difference over the norm of what is expected. */
    static void assertClose(String what, double[][] expected, float[] actual, double tolerance) {
        double difference = 0;
        double norm = 0;
        int at = 0;
        for (double[] row : expected) {
            for (double value : row) {
                difference += Math.pow(value - actual[at++], 2);
                norm += value * value;
            }
        }
        assertEquals(actual.length, at, what);
        double error = Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-30);
        assertTrue(error <= tolerance, what + ": relative error " + error);
    }

    /** The norm of the difference over the norm of what is expected. */
    static void assertClose(String what, float[] expected, float[] actual, double tolerance) {
        double[][] rows = new double[1][expected.length];
        for (int i = 0; i < expected.length; i++) {
            rows[0][i] = expected[i];
        }
        assertClose(what, rows, actual, tolerance);
    }

    /** Relative to the expected value, but to {@code scale} where that is larger. */
    static void assertClose(String what, double expected, double actual, double tolerance, double scale) {
        double error = Math.abs(expected - actual) / Math.max(Math.abs(expected), scale);
        assertTrue(error <= tolerance, what + ": expected " + expected + ", got " + actual + ", error " + error);
    }
}
