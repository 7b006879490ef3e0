package org.tornadomor.trainer;

import java.util.List;

/**
 * One evaluation on held-out text, in nats a token. A value that is not finite is written as null.
 *
 * @param step the optimiser steps taken before it
 * @param tokens trained on so far
 * @param bytesPerToken of the text that was scored: nats a token divided by it are nats a byte, by which runs with different
 *     tokenizers have to be compared; not a number in the log of an earlier version
 * @param valLoss routing as in training
 * @param valLossCausal routing as in generation
 * @param routing what the routers did; null without routing
 */
public record EvalMetrics(
        long step, long tokens, double bytesPerToken, double valLoss, double valLossCausal, Routers routing) {
    /**
     * What the routers did with the held-out tokens ({@link RouterStatistics}).
     *
     * @param depthShare for each recursion depth the share of tokens that end there, routing as in training
     * @param depthShareCausal the same, routing as in generation
     * @param samplingAccuracy expert-choice: for recursions 2 to N_r the share of decisions where threshold and top-k agree;
     *     empty for token-choice
     * @param deadTokenRatio share of positions that never reach the last recursion, routing as in training
     * @param maxViolation token-choice; not a number otherwise
     * @param entropy token-choice; not a number otherwise
     */
    public record Routers(
            List<Double> depthShare,
            List<Double> depthShareCausal,
            List<Double> samplingAccuracy,
            double deadTokenRatio,
            double maxViolation,
            double entropy) {
        public Routers {
            depthShare = List.copyOf(depthShare);
            depthShareCausal = List.copyOf(depthShareCausal);
            samplingAccuracy = List.copyOf(samplingAccuracy);
        }
    }
}
