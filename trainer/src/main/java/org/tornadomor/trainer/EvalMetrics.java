package org.tornadomor.trainer;

/**
 * One evaluation on held-out text, in nats a token. A value that is not finite is written as null.
 *
 * @param step the optimiser steps taken before it
 * @param tokens trained on so far
 * @param valLoss routing as in training
 * @param valLossCausal routing as in generation
 */
public record EvalMetrics(long step, long tokens, double valLoss, double valLossCausal) {}
