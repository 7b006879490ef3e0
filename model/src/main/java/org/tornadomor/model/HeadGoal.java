package org.tornadomor.model;

import org.tornadomor.engine.Divergence;
import org.tornadomor.engine.Tensor;

/**
 * What a head is to achieve, everything as a mean over the tokens of a step.
 *
 * @param scale 1 / tokens of a step
 * @param place of the cross-entropy among {@link Losses}
 * @param told the factor of the cross-entropy in that place
 * @param share the factor of the cross-entropy in what is minimised
 * @param teacher whose distribution is to be met, or null
 */
record HeadGoal(float scale, int place, float told, float share, Teacher teacher) {
    /** Where a teacher's logits come from. */
    sealed interface Source {}

    /**
     * A model.
     *
     * @param hidden [N, d'] its last hidden states, before its final norm
     * @param normed [block, d'] where they are normalised
     * @param weights its own
     */
    record Model(Tensor hidden, Tensor normed, ParameterSet weights) implements Source {}

    /**
     * What is known of a teacher that does not run here.
     *
     * @param ids [N, k] its likeliest tokens, ascending
     * @param logProbs [N, k + 1] the logarithms of their probabilities, and of that of all others
     */
    record Likeliest(Tensor ids, Tensor logProbs) implements Source {}

    /**
     * A teacher to learn from.
     *
     * @param weight of the divergence
     * @param place of the divergence among {@link Losses}
     */
    record Teacher(Source source, Divergence divergence, float temperature, float weight, int place) {}

    /** The cross-entropy and nothing else. */
    static HeadGoal plain(float scale) {
        return new HeadGoal(scale, Losses.LM, 1, 1, null);
    }
}
