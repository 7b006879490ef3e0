package org.tornadomor.serving;

import org.tornadomor.PublicApi;

/**
 * How likely the model held a token to be, in natural logarithms: of the softmax of the logits that the token was drawn from, after
 * bias, frequency and presence penalty, before temperature and the limits of sampling. For tokens of a prompt, of the model's own.
 * A repetition penalty alone is part of how a token is drawn and does not show; beside a bias or another penalty it does. A token
 * without any probability has -infinity.
 *
 * @param logProbability the token's
 * @param topIds the likeliest tokens, in order of falling probability, ties by id
 * @param topLogProbabilities theirs
 */
@PublicApi
public record TokenScore(double logProbability, int[] topIds, double[] topLogProbabilities) {}
