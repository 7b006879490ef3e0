package org.tornadomor.report;

/** An exponential mean over some steps, corrected for its beginning as in Adam (Kingma and Ba 2015). */
public final class Smoother {
    private final double keep;
    private double mean;
    private double weight;

    /** @param steps over how many, 1 for no smoothing */
    public Smoother(int steps) {
        keep = 1 - 1.0 / steps;
    }

    /** Takes the next value, unless it is not finite, and returns the mean so far; not a number before the first. */
    public double next(double value) {
        if (Double.isFinite(value)) {
            mean = keep * mean + (1 - keep) * value;
            weight = keep * weight + (1 - keep);
        }
        return weight == 0 ? Double.NaN : mean / weight;
    }
}
