package org.tornadomor.model;

import java.util.Arrays;

/**
 * How rotary frequencies differ from {@code theta^(-2j/h)}: the kinds of {@code rope_type} in Hugging Face's library, computed in
 * double from the formulas of their papers.
 */
public sealed interface RotaryScaling {
    /** Frequencies as they are. */
    RotaryScaling NONE = new None();

    /** The kind as {@code rope_type} spells it. */
    String spelling();

    /**
     * The angle by which pair j of a head of h elements turns from one position to the next, j = 0 .. h/2 - 1.
     *
     * @param theta the base
     * @param headDim h
     * @param original the value of {@code max_position_embeddings}
     * @param length of the sequence, on which the dynamic kind depends
     */
    double[] frequencies(double theta, int headDim, int original, int length);

    /** What cosines and sines are multiplied by. */
    default double attentionFactor() {
        return 1;
    }

    /** The most tokens of a sequence in a model whose file gives so many positions. */
    default int longest(int positions) {
        return positions;
    }

    /** Whether frequencies depend on the length of the sequence. */
    default boolean dependsOnLength() {
        return false;
    }

    /** {@code theta^(-2j/h)}. */
    static double[] plain(double theta, int headDim) {
        double[] f = new double[headDim / 2];
        Arrays.setAll(f, j -> StrictMath.pow(theta, -2.0 * j / headDim));
        return f;
    }

    private static int stretched(int positions, int original, double factor) {
        return (int) Math.clamp(original * factor, positions, Integer.MAX_VALUE / 2.0);
    }

    /** No scaling. */
    record None() implements RotaryScaling {
        @Override
        public String spelling() {
            return "default";
        }

        @Override
        public double[] frequencies(double theta, int headDim, int original, int length) {
            return plain(theta, headDim);
        }
    }

    /** Positions divided by a factor (position interpolation). */
    record Linear(double factor) implements RotaryScaling {
        public Linear {
            Checks.positive("factor", factor);
        }

        @Override
        public String spelling() {
            return "linear";
        }

        @Override
        public double[] frequencies(double theta, int headDim, int original, int length) {
            double[] f = plain(theta, headDim);
            Arrays.setAll(f, j -> f[j] / factor);
            return f;
        }
    }

    /**
     * Unscaled up to the original length; for a sequence of n tokens beyond it the base grows to
     * {@code theta (factor n / original - (factor - 1))^(h / (h - 2))}, for all of its positions (NTK-aware scaling).
     */
    record Dynamic(double factor) implements RotaryScaling {
        public Dynamic {
            Checks.positive("factor", factor);
        }

        @Override
        public String spelling() {
            return "dynamic";
        }

        @Override
        public double[] frequencies(double theta, int headDim, int original, int length) {
            if (length <= original || headDim <= 2) {
                return plain(theta, headDim);
            }
            double growth = factor * length / original - (factor - 1);
            return plain(theta * StrictMath.pow(growth, headDim / (headDim - 2.0)), headDim);
        }

        @Override
        public int longest(int positions) {
            return stretched(positions, positions, factor);
        }

        @Override
        public boolean dependsOnLength() {
            return true;
        }
    }

    /**
     * Waves longer than {@code originalPositions / lowFactor} are slowed by the factor, those shorter than {@code originalPositions /
     * highFactor} are kept, and in between the two are mixed (Llama 3.1).
     */
    record Llama3(double factor, double lowFactor, double highFactor, int originalPositions) implements RotaryScaling {
        public Llama3 {
            Checks.positive("factor", factor);
            Checks.positive("low_freq_factor", lowFactor);
            Checks.positive("high_freq_factor", highFactor);
            Checks.positive("original_max_position_embeddings", originalPositions);
        }

        @Override
        public String spelling() {
            return "llama3";
        }

        @Override
        public double[] frequencies(double theta, int headDim, int original, int length) {
            double[] f = plain(theta, headDim);
            Arrays.setAll(f, j -> {
                double turns = originalPositions * f[j] / (2 * Math.PI);
                if (turns > highFactor) {
                    return f[j];
                }
                if (turns < lowFactor) {
                    return f[j] / factor;
                }
                double kept = (turns - lowFactor) / (highFactor - lowFactor);
                return (1 - kept) * f[j] / factor + kept * f[j];
            });
            return f;
        }
    }

    /**
     * YaRN: pairs that turn often within the original length are kept, those that turn seldom are slowed by the factor, with a ramp
     * between; cosines and sines are multiplied by {@link #attentionFactor()}.
     *
     * @param givenAttentionFactor as the file says it, or NaN: from the factor, {@code mscale} and {@code mscaleAllDim}
     * @param betaFast turns from which a pair is kept
     * @param betaSlow turns up to which it is slowed
     * @param mscale 0 if not given, as {@code mscaleAllDim}
     * @param truncate whether the ends of the ramp are whole pairs
     */
    record Yarn(
            double factor,
            int originalPositions,
            double givenAttentionFactor,
            double betaFast,
            double betaSlow,
            double mscale,
            double mscaleAllDim,
            boolean truncate)
            implements RotaryScaling {
        public static final double BETA_FAST = 32;
        public static final double BETA_SLOW = 1;

        public Yarn {
            Checks.positive("factor", factor);
            Checks.positive("original_max_position_embeddings", originalPositions);
            Checks.positive("beta_fast", betaFast);
            Checks.positive("beta_slow", betaSlow);
        }

        /** With the values that the paper suggests. */
        public Yarn(double factor, int originalPositions) {
            this(factor, originalPositions, Double.NaN, BETA_FAST, BETA_SLOW, 0, 0, true);
        }

        @Override
        public String spelling() {
            return "yarn";
        }

        @Override
        public double attentionFactor() {
            if (!Double.isNaN(givenAttentionFactor)) {
                return givenAttentionFactor;
            }
            return mscale != 0 && mscaleAllDim != 0 ? grown(mscale) / grown(mscaleAllDim) : grown(1);
        }

        private double grown(double weight) {
            return factor <= 1 ? 1 : 0.1 * weight * StrictMath.log(factor) + 1;
        }

        @Override
        public double[] frequencies(double theta, int headDim, int original, int length) {
            double[] f = plain(theta, headDim);
            double fast = pairOf(betaFast, theta, headDim);
            double slow = pairOf(betaSlow, theta, headDim);
            double low = Math.max(truncate ? Math.floor(fast) : fast, 0);
            double high = Math.min(truncate ? Math.ceil(slow) : slow, headDim - 1);
            double length1 = low == high ? 0.001 : high - low;
            Arrays.setAll(f, j -> {
                double slowed = Math.clamp((j - low) / length1, 0, 1);
                return f[j] / factor * slowed + f[j] * (1 - slowed);
            });
            return f;
        }

        @Override
        public int longest(int positions) {
            return stretched(positions, originalPositions, factor);
        }

        /** The number of the pair, not rounded, that turns so often within the original length. */
        private double pairOf(double turns, double theta, int headDim) {
            return headDim * StrictMath.log(originalPositions / (turns * 2 * Math.PI)) / (2 * StrictMath.log(theta));
        }
    }
}
