package org.tornadomor.model;

import java.util.List;
import org.tornadomor.UserError;

/**
 * Losses at the end of each recursion, through the head that all share, so that tokens may leave there (arXiv 2410.20672, section
 * 3.5).
 *
 * @param coefficients by recursion from 1; that of the last is the coefficient of the model's own loss
 * @param distil whether the earlier ends learn the distribution of the last one, which does not learn from them, instead of the
 *     next token
 */
public record ExitLosses(List<Float> coefficients, boolean distil) {
    /** Coefficients that grow with each end: that of recursion r is r over the sum of all. */
    public static ExitLosses weighted(int recursions, boolean distil) {
        Float[] coefficients = new Float[recursions];
        for (int r = 1; r <= recursions; r++) {
            coefficients[r - 1] = 2f * r / (recursions * (recursions + 1f));
        }
        return new ExitLosses(List.of(coefficients), distil);
    }

    /** Coefficient 1 for the last end, another one for all before it. */
    public static ExitLosses aggressive(int recursions, float before, boolean distil) {
        Float[] coefficients = new Float[recursions];
        for (int r = 1; r <= recursions; r++) {
            coefficients[r - 1] = r == recursions ? 1 : before;
        }
        return new ExitLosses(List.of(coefficients), distil);
    }

    /** The coefficient of the model's own loss. */
    public float last() {
        return coefficients.getLast();
    }

    /**
     * Refuses models of which no recursion but the last ends where the head begins.
     *
     * @throws UserError naming what the model would need
     */
    public static void requireFits(ModelConfig config) {
        if (config.mor() == null || config.router().routes() || config.mor().sharing() != Sharing.CYCLE) {
            throw new UserError(
                    "losses at exits need a recursive model without a router and with mor.sharing cycle, whose"
                            + " recursions all end where the head begins; leave exit.loss away");
        }
    }
}
