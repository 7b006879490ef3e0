package org.tornadomor.model;

import org.tornadomor.engine.Tensor;

/**
 * What is minimised besides the cross-entropy, and where the parts are added up.
 *
 * @param auxCoef expert-choice: of the router's cross-entropy against the top-k choice (paper 2.4)
 * @param balanceCoef token-choice: of load balancing (paper A.2), 0 where balancing is loss-free or off
 * @param zCoef of the squared size of router logits
 * @param scale of every loss: 1 / micro-batches of a step
 * @param losses [{@link Losses#COUNT}]
 * @param agreement [N_r] share of rows that the main router's threshold would have treated as the top k did
 * @param auxAgreement [N_r] the same for the auxiliary routers
 */
record Objective(
        float auxCoef,
        float balanceCoef,
        float zCoef,
        float scale,
        Tensor losses,
        Tensor agreement,
        Tensor auxAgreement) {
    static Objective of(ModelConfig config, float scale, Tensor losses, Tensor agreement, Tensor auxAgreement) {
        MorConfig mor = config.mor();
        boolean balancing = mor != null && mor.balancing() == Balancing.LOSS;
        return new Objective(
                mor == null ? 0 : (float) mor.auxLossCoef(),
                balancing ? (float) mor.balanceLossCoef() : 0,
                mor == null ? 0 : (float) mor.zLossCoef(),
                scale,
                losses,
                agreement,
                auxAgreement);
    }
}
