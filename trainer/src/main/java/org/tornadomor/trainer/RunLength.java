package org.tornadomor.trainer;

import org.tornadomor.UserError;

/**
 * How long a run is: steps, or time.
 *
 * @param steps of the whole run; {@link Long#MAX_VALUE} where time decides
 * @param seconds of the whole run; infinite where steps decide
 */
public record RunLength(long steps, double seconds) {
    /**
     * The length that a configuration asks for; tokens are rounded up to whole steps.
     *
     * @throws IllegalArgumentException for epochs, which are steps only once the text is known
     */
    public static RunLength of(TrainingConfig config) {
        if (config.epochs() != null) {
            throw new IllegalArgumentException("epochs of a text that nobody has read");
        }
        if (config.minutes() != null) {
            return new RunLength(Long.MAX_VALUE, 60 * config.minutes());
        }
        if (config.tokens() != null) {
            return new RunLength(Math.ceilDiv(config.tokens(), config.tokensPerStep()), Double.POSITIVE_INFINITY);
        }
        return new RunLength(
                config.steps() == null ? TrainingConfig.DEFAULT_STEPS : config.steps(), Double.POSITIVE_INFINITY);
    }

    /**
     * The steps of epochs, rounded up.
     *
     * @param samples of an epoch
     */
    static long steps(TrainingConfig config, long samples) {
        double steps = Math.ceil(config.epochs() * samples / (double) config.samplesPerStep());
        if (steps > TrainingConfig.LONGEST) {
            throw new UserError("epochs is " + config.epochs() + ", which are too many steps; give fewer");
        }
        return Math.max(1, (long) steps);
    }

    /** Whether time decides. */
    public boolean timed() {
        return steps == Long.MAX_VALUE;
    }

    /** How far the run is, 0 to 1. */
    public double progress(long step, double elapsedSeconds) {
        return Math.min(1, timed() ? elapsedSeconds / seconds : (double) step / steps);
    }

    /** Whether nothing is left to do. */
    public boolean done(long step, double elapsedSeconds) {
        return timed() ? elapsedSeconds >= seconds : step >= steps;
    }

    /** The learning rate over a run of this length. */
    Schedule schedule(TrainingConfig config) {
        WarmUp warmUp = WarmUp.parse(config.warmup());
        double rise = timed() ? warmUp.fraction() : warmUp.fraction(steps);
        if (config.schedule().equals("cosine")) {
            return new Schedule.Cosine(rise, config.minLrRatio());
        }
        if (config.schedule().equals("trapezoid") && config.lrDecay() != null) {
            return new Schedule.Trapezoid(rise, config.lrDecay());
        }
        return Schedule.of(config.schedule(), rise);
    }
}
