package org.tornadomor.model;

import org.tornadomor.engine.Tensor;

/**
 * Where the parts of the loss and their gradients are added up.
 *
 * @param scale of every loss: 1 / micro-batches of a step
 * @param losses [{@link Losses#COUNT}]
 * @param gradients laid out as the weights; null where nothing is trained
 * @param scratch memory for gradients inside a layer or a router; null where nothing is trained
 */
record Objective(float scale, Tensor losses, ParameterSet gradients, BackwardScratch scratch) {
    /** The objective of a pass that only measures. */
    static Objective measuring(Tensor losses) {
        return new Objective(1, losses, null, null);
    }
}
