package org.tornadomor.experiment;

import java.util.Locale;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * A mean with the half-width of its 95 % confidence interval.
 *
 * @param mean of the values; not a number without any
 * @param half-width by Student's t over the values, which are taken as independent; not a number for fewer than two
 * @param count how many values there are
 */
public record Interval(double mean, double half, long count) {
    private static final double TAIL = 0.975;

    /** The interval of some values. */
    public static Interval of(double... values) {
        SummaryStatistics statistics = new SummaryStatistics();
        for (double value : values) {
            statistics.addValue(value);
        }
        return of(statistics);
    }

    /** The interval of the values that were added up. */
    static Interval of(SummaryStatistics statistics) {
        long n = statistics.getN();
        double half = n < 2
                ? Double.NaN
                : new TDistribution(n - 1).inverseCumulativeProbability(TAIL)
                        * statistics.getStandardDeviation()
                        / Math.sqrt(n);
        return new Interval(statistics.getMean(), half, n);
    }

    /** Whether the half-width is known. */
    public boolean known() {
        return !Double.isNaN(half);
    }

    /** The mean, and the half-width where it is known. */
    public String text(String format) {
        String text = String.format(Locale.ROOT, format, mean);
        return known() ? text + " ± " + String.format(Locale.ROOT, format.replace("+", ""), half) : text;
    }
}
