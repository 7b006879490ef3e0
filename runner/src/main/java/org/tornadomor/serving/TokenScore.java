package org.tornadomor.serving;

import org.tornadomor.PublicApi;

/**
 * How likely the model held a token to be, in natural logarithms: of the softmax of the logits that the token was drawn from, after
 * bias and penalties, before temperature and the limits of sampling. For tokens of a prompt, of the model's own logits. A token
 * without any probability has -infinity.
 *
 * @param logProbability the token's
 * @param topIds the likeliest tokens, in order of falling probability, ties by id
 * @param topLogProbabilities theirs
 */
@PublicApi
public record TokenScore(double logProbability, int[] topIds, double[] topLogProbabilities) {}
