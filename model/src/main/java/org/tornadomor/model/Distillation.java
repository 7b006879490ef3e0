package org.tornadomor.model;

import org.tornadomor.engine.Divergence;

/**
 * A teacher whose distribution of the next token the student learns, beside the token that really came next:
 * {@code (1 - weight) cross-entropy + weight T^2 D(softmax(teacher / T), softmax(student / T))}, a mean over tokens.
 *
 * @param teacher weights of a model with the same vocabulary, which are not trained; routed as in generation. Null where the
 *     teacher's answers are given with each micro-batch
 * @param topK k, where there is no teacher model: how many tokens are given for each row, all others being one class; else 0
 * @param divergence D; {@link Divergence#FORWARD} without a model
 * @param weight of the divergence, 0 to 1
 * @param temperature T; the factor T^2 keeps the size of gradients independent of it
 */
public record Distillation(ParameterSet teacher, int topK, Divergence divergence, float weight, float temperature) {
    public Distillation {
        if ((teacher == null) != (topK > 0) || teacher == null && divergence != Divergence.FORWARD) {
            throw new IllegalArgumentException("a teacher, or its k likeliest tokens with " + Divergence.FORWARD);
        }
    }

    /** A model that runs beside the student. */
    public Distillation(ParameterSet teacher, Divergence divergence, float weight, float temperature) {
        this(teacher, 0, divergence, weight, temperature);
    }

    /** The k likeliest tokens of each row are given; their probabilities are those at the temperature. */
    public static Distillation stored(int topK, float weight, float temperature) {
        return new Distillation(null, topK, Divergence.FORWARD, weight, temperature);
    }
}
