package org.tornadomor.trainer;

import java.util.Locale;
import org.tornadomor.UserError;

/**
 * The learning rate over a run, as a factor of the highest one. Progress p goes from 0 to 1: step / steps with steps from
 * 1 (so the last warm-up step has the full rate and the last step of all the final one), or time spent / time given. All
 * begin with a linear warm-up p / w.
 */
public sealed interface Schedule {
    /** The lowest rate of a cosine schedule unless another is given. */
    double DEFAULT_MIN_RATIO = 0.1;

    /** The share of a trapezoid that decays unless another is given: the paper's. */
    double DEFAULT_DECAY = 0.2;

    /** Warm-up, then 1. */
    record Constant(double warmUp) implements Schedule {
        public Constant {
            requireShare("warm-up", warmUp);
        }

        @Override
        public double at(double progress) {
            return rise(progress, warmUp);
        }
    }

    /** Warm-up, then half a cosine from 1 down to {@code minRatio}. */
    record Cosine(double warmUp, double minRatio) implements Schedule {
        public Cosine {
            requireShare("warm-up", warmUp);
            requireShare("lowest rate", minRatio);
        }

        @Override
        public double at(double progress) {
            if (progress < warmUp || warmUp == 1) {
                return rise(progress, warmUp);
            }
            double done = Math.min(1, (progress - warmUp) / (1 - warmUp));
            return minRatio + (1 - minRatio) * 0.5 * (1 + Math.cos(Math.PI * done));
        }
    }

    /** Warm-up, then 1, then over the last {@code decay} of the run linearly down to 0. */
    record Trapezoid(double warmUp, double decay) implements Schedule {
        public Trapezoid {
            requireShare("warm-up", warmUp);
            requireShare("decay", decay);
            if (warmUp + decay > 1) {
                throw new UserError("a warm-up of " + warmUp + " and a decay of " + decay
                        + " of the run do not fit into it: shorten one");
            }
        }

        @Override
        public double at(double progress) {
            double left = Math.max(0, 1 - progress);
            double fall = decay == 0 ? 1 : Math.min(1, left / decay);
            return Math.min(rise(progress, warmUp), fall);
        }
    }

    /**
     * The schedule of a name, with the usual decay and lowest rate.
     *
     * @param name {@code constant}, {@code cosine} or {@code trapezoid}
     * @param warmUp share of the run, {@link WarmUp#fraction}
     * @throws UserError if there is no such schedule
     */
    static Schedule of(String name, double warmUp) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "constant" -> new Constant(warmUp);
            case "cosine" -> new Cosine(warmUp, DEFAULT_MIN_RATIO);
            case "trapezoid" -> new Trapezoid(warmUp, Math.min(DEFAULT_DECAY, 1 - warmUp));
            default ->
                throw new UserError("no schedule is called '" + name + "': choose constant, cosine or trapezoid");
        };
    }

    /** The factor at a progress from 0 to 1; beyond 1 it stays where it ended. */
    double at(double progress);

    private static double rise(double progress, double warmUp) {
        return progress >= warmUp ? 1 : progress / warmUp;
    }

    private static void requireShare(String what, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new UserError("a " + what + " of " + value + " is not a share from 0 to 1");
        }
    }
}
