package org.tornadomor.model;

import org.tornadomor.UserError;

/** Probabilities and logits of causal routing decisions. */
final class Thresholds {
    private Thresholds() {}

    /** The logit of a probability: a token goes on if its own logit is larger. Probability 0 lets every token go on, 1 none. */
    static float logit(double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new UserError("threshold " + probability + " is not a probability; use a number from 0 to 1");
        }
        return (float) Math.log(probability / (1 - probability));
    }
}
