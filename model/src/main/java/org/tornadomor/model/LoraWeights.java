package org.tornadomor.model;

import java.util.Map;
import org.tornadomor.engine.Tensor;

/**
 * The low-rank factors of one unrolled layer. Those that read the same input stand below each other in one matrix, so that one
 * product serves them.
 *
 * @param down by place [sum of ranks, inputs]: A of its targets
 * @param downOf by target [rank, inputs]: its rows of those
 * @param up by target [rank, outputs]: B, transposed
 */
record LoraWeights(Map<LoraSite, Tensor> down, Map<LoraTarget, Tensor> downOf, Map<LoraTarget, Tensor> up) {}
