package org.tornadomor.trainer;

import org.tornadomor.UserError;

/**
 * How long the learning rate rises at the start of a run: a number of steps, or a share of the run.
 *
 * @param amount steps if {@code inSteps}, else a share from 0 up to 1
 */
public record WarmUp(double amount, boolean inSteps) {
    /** No warm-up. */
    public static final WarmUp NONE = new WarmUp(0, false);

    public WarmUp {
        if (!(amount >= 0) || Double.isInfinite(amount) || !inSteps && amount >= 1) {
            throw new UserError("a warm-up of " + amount + " makes no sense: give steps (100) or a share of the run"
                    + " (5% or 0.05)");
        }
    }

    /**
     * Reads {@code 100} (steps), {@code 5%} or {@code 0.05} (of the run).
     *
     * @throws UserError if it is none of these
     */
    public static WarmUp parse(String text) {
        try {
            if (text.endsWith("%")) {
                return new WarmUp(Double.parseDouble(text.substring(0, text.length() - 1)) / 100, false);
            }
            double amount = Double.parseDouble(text);
            if (amount >= 1 && amount != Math.rint(amount)) {
                throw new NumberFormatException(text);
            }
            return new WarmUp(amount, amount >= 1);
        } catch (NumberFormatException e) {
            throw new UserError(
                    "warm-up '" + text + "' is not a number: give steps (100) or a share of the run (5%)", e);
        }
    }

    /** The share of a run of so many steps. */
    public double fraction(long totalSteps) {
        return inSteps ? Math.min(1, amount / totalSteps) : amount;
    }

    /**
     * The share of a run whose number of steps is not known beforehand.
     *
     * @throws UserError if this is a number of steps
     */
    public double fraction() {
        if (inSteps) {
            throw new UserError("a run of --minutes has no fixed number of steps: give the warm-up as a share (5%)");
        }
        return amount;
    }

    @Override
    public String toString() {
        return inSteps ? Long.toString((long) amount) : Double.toString(amount);
    }
}
