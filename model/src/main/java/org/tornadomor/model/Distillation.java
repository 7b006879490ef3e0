package org.tornadomor.model;

import org.tornadomor.engine.Divergence;

/**
 * A teacher whose distribution of the next token the student is to have as well, besides the token that came:
 * {@code (1 - weight) cross-entropy + weight T^2 D(softmax(teacher / T), softmax(student / T))}, a mean over tokens.
 *
 * @param teacher weights of a model with the same vocabulary, which are not trained; routed as in generation
 * @param divergence D
 * @param weight of the divergence, 0 to 1
 * @param temperature T; the square keeps gradients of the same size whatever it is
 */
public record Distillation(ParameterSet teacher, Divergence divergence, float weight, float temperature) {}
