package org.tornadomor.trainer;

import java.util.List;

/**
 * One optimiser step. A value that is not finite is written as null.
 *
 * @param step from 1
 * @param tokens trained on so far, this step included
 * @param bytesPerToken of the text that is trained on; not a number in the log of an earlier version
 * @param loss what is minimised: the sum of the terms after it, their coefficients applied
 * @param lmLoss mean cross-entropy in nats a token
 * @param distillLoss the divergence from a teacher, weighted; the cross-entropy then counts with the remaining weight. Not a
 *     number without a teacher
 * @param exitLoss of the ends of recursions before the last, coefficients applied; not a number without such losses
 * @param gradNorm before clipping
 * @param tokensPerSecond of this step
 * @param stepSeconds from the first micro-batch to the new weights
 * @param depthShare for each recursion depth the share of tokens that end there
 */
public record StepMetrics(
        long step,
        long tokens,
        double bytesPerToken,
        double loss,
        double lmLoss,
        double auxLoss,
        double balanceLoss,
        double zLoss,
        double distillLoss,
        double exitLoss,
        double lr,
        double gradNorm,
        double tokensPerSecond,
        double stepSeconds,
        List<Double> depthShare) {
    public StepMetrics {
        depthShare = List.copyOf(depthShare);
    }
}
