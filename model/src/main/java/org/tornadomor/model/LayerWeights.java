package org.tornadomor.model;

import org.tornadomor.engine.Tensor;

/**
 * One weight set of a transformer layer. Maps that read the same input stand in one matrix, so that one multiplication
 * serves them: queries, keys and values; gate and up.
 *
 * @param inputNorm [d]
 * @param qkv [(heads + 2 kvHeads) h, d]: queries, keys, values
 * @param output [d, heads h]
 * @param postNorm [d]
 * @param gateUp [2f, d]: gate, up
 * @param down [d, f]
 * @param qkvBias [(heads + 2 kvHeads) h], or null, as each below, where the architecture has none
 * @param outputBias [d]
 * @param gateUpBias [2f]
 * @param downBias [d]
 * @param queryNorm [h] of each head of queries
 * @param keyNorm [h] of each head of keys
 * @param attentionOutNorm [d] of what attention adds to the residual path
 * @param feedForwardOutNorm [d] of what the feed-forward half adds
 */
record LayerWeights(
        Tensor inputNorm,
        Tensor qkv,
        Tensor output,
        Tensor postNorm,
        Tensor gateUp,
        Tensor down,
        Tensor qkvBias,
        Tensor outputBias,
        Tensor gateUpBias,
        Tensor downBias,
        Tensor queryNorm,
        Tensor keyNorm,
        Tensor attentionOutNorm,
        Tensor feedForwardOutNorm) {}
