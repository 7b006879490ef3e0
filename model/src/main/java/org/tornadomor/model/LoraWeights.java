package org.tornadomor.model;

import java.util.Map;
import org.tornadomor.engine.Tensor;

/**
 * The low-rank factors of one unrolled layer. Factors that read the same input stand below each other in one matrix, so that
 * one product serves them.
 *
 * @param down by place [sum of ranks, inputs]: A of its targets
 * @param up by target [rank, outputs]: B, transposed
 * @param layer the matrices of its weight set, with biases and norms of heads that are its own
 */
record LoraWeights(Map<LoraSite, Tensor> down, Map<LoraTarget, Tensor> up, LayerWeights layer) {}
