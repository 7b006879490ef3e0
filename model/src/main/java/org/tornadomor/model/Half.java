package org.tornadomor.model;

import java.util.function.Function;
import java.util.function.Predicate;
import org.tornadomor.engine.Tensor;

/** A half of a layer, each of which adds what it computes to the residual path: what stands behind its last matrix. */
enum Half {
    ATTENTION(LoraSite.OUTPUT, Architecture::outputBias, LayerWeights::outputBias, LayerWeights::attentionOutNorm),
    FEED_FORWARD(LoraSite.DOWN, Architecture::mlpBias, LayerWeights::downBias, LayerWeights::feedForwardOutNorm);

    /** Where low-rank factors of that matrix stand. */
    final LoraSite site;

    final Predicate<Architecture> hasBias;
    final Function<LayerWeights, Tensor> bias, norm;

    Half(
            LoraSite site,
            Predicate<Architecture> hasBias,
            Function<LayerWeights, Tensor> bias,
            Function<LayerWeights, Tensor> norm) {
        this.site = site;
        this.hasBias = hasBias;
        this.bias = bias;
        this.norm = norm;
    }
}
