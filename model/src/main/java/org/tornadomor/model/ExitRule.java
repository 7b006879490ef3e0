package org.tornadomor.model;

import java.util.stream.Collectors;
import org.tornadomor.UserError;

/**
 * The rule by which a token leaves before the last recursion in decoding, in models whose tokens otherwise run all recursions.
 * The keys and values of the recursion at which a token leaves stand for those of the deeper ones. Prompts run at full depth.
 *
 * @param by what is looked at behind each recursion
 * @param threshold above 0 and at most 1: a token leaves once what is looked at reaches the threshold; ignored with
 *     {@link By#NONE}
 */
public record ExitRule(By by, double threshold) {
    /** Every token runs all recursions. */
    public static final ExitRule NONE = new ExitRule(By.NONE, 1);

    /** What is looked at. */
    public enum By implements Spelled {
        /** Nothing. */
        NONE,
        /**
         * The lead of the most probable next token over the second, in the probabilities that the head computes from what the
         * recursion left (CALM, arXiv 2207.07061, section 3.5).
         */
        SOFTMAX,
        /** The cosine of what the recursion left and what it began with (CALM, the same section). */
        STATE,
        /**
         * The probability that the token has left by now, from a gate that says for each recursion how probable it is that a
         * token which is still there leaves (Ouro, arXiv 2510.25741).
         */
        GATE
    }

    /** @throws UserError if the threshold is out of range */
    public ExitRule {
        if (by != By.NONE && !(threshold > 0 && threshold <= 1)) {
            throw new UserError(
                    "an exit threshold of " + threshold + " does not work; use a number above 0 and at most 1");
        }
    }

    /** The rule of a model if nobody asks for another. */
    public static ExitRule of(ModelConfig config) {
        return config.mor() == null ? NONE : config.router().defaultExit(config.mor());
    }

    /** Where {@link By#SOFTMAX} and {@link By#STATE} let tokens leave if nobody gives a threshold. */
    public static final double DEFAULT_THRESHOLD = 0.9;

    /**
     * The rule that somebody asks for.
     *
     * @param by null for the model's own rule
     * @param threshold null for that of the model's gate, or {@link #DEFAULT_THRESHOLD}
     * @param byName what {@code by} is called where it was given, for errors, and so {@code thresholdName}
     * @throws UserError if rule and threshold do not go together, or not with the model
     */
    public static ExitRule of(ModelConfig config, By by, Double threshold, String byName, String thresholdName) {
        if (by == null && threshold == null) {
            return of(config);
        }
        if (threshold != null && !(threshold > 0 && threshold <= 1)) {
            throw new UserError(
                    thresholdName + " " + threshold + " is not above 0 and at most 1; give a number that is");
        }
        boolean gated = config.router().hasExitThreshold();
        if (by == null && !gated) {
            throw new UserError(thresholdName + " changes nothing without " + byName + "; add " + byName
                    + " softmax or " + byName + " state, or leave it out");
        }
        By what = by == null ? By.GATE : by;
        if (what == By.NONE) {
            if (threshold != null) {
                throw new UserError(thresholdName + " changes nothing with " + byName + " none; leave one of them out");
            }
            return NONE;
        }
        new ExitRule(what, 1).requireFits(byName + " " + what.spelling(), config);
        double otherwise = what == By.GATE ? config.mor().exitThreshold() : DEFAULT_THRESHOLD;
        double reached = threshold == null ? otherwise : threshold;
        // A threshold of 1 means never, but the probability of a sure gate would round to 1.
        return what == By.GATE && reached == 1 ? NONE : new ExitRule(what, reached);
    }

    /** Whether tokens of a model may leave by this; {@link By#NONE} fits every model. */
    public static boolean fits(By by, ModelConfig config) {
        boolean ends = config.mor() != null && config.mor().sharing() == Sharing.CYCLE;
        return by == By.NONE || ends && config.router().exits().contains(by);
    }

    /**
     * Refuses models whose tokens cannot leave by this rule.
     *
     * @param what asks for it, for the error
     * @throws UserError naming the cause and what works
     */
    public void requireFits(String what, ModelConfig config) {
        if (fits(by, config)) {
            return;
        }
        if (config.router().routes()) {
            throw new UserError(what + " is for recursive models without a router, and this one has mor.router "
                    + config.router().spelling() + ", which lets tokens leave itself; leave it out");
        }
        if (config.mor() == null || config.mor().sharing() != Sharing.CYCLE) {
            String is = config.mor() == null
                    ? "a plain one"
                    : "of mor.sharing " + config.mor().sharing().spelling();
            throw new UserError(what + " needs a recursive model with mor.sharing cycle, whose recursions all end where"
                    + " the head begins, and this one is " + is + "; leave it out");
        }
        throw new UserError(what + " needs a gate that was trained with the model, which this one does not have; use "
                + config.router().exits().stream().map(By::spelling).sorted().collect(Collectors.joining(" or ")));
    }
}
