package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Tensor;

/**
 * Memory for gradients of what a layer computes; all layers and depths use the same.
 *
 * @param dActivated [N, f]
 * @param dGateUp [N, 2f]
 * @param dNormed [N, d]
 * @param dAttended [N, heads h]
 * @param dQkv [N, (heads + 2 kvHeads) h]
 * @param dHeads [N, (heads + kvHeads) h] where heads of queries and keys are normalised, else null
 * @param dMixed [N, 2 kvHeads h] for hybrid keys, else null
 * @param dInner [N, m] inside an MLP router, or null
 * @param dInnerActivated [N, m]
 */
record BackwardScratch(
        Tensor dActivated,
        Tensor dGateUp,
        Tensor dNormed,
        Tensor dAttended,
        Tensor dQkv,
        Tensor dHeads,
        Tensor dMixed,
        Tensor dInner,
        Tensor dInnerActivated) {
    static BackwardScratch allocate(Arena arena, ModelConfig config, int rows) {
        int queries = config.queryWidth();
        int keys = config.kvWidth();
        int inner = Scratch.routerInner(config);
        boolean hybrid = config.mor() != null && config.mor().kv() == KvMode.HYBRID;
        return new BackwardScratch(
                arena.allocate("scratch.d_activated", rows, config.intermediateSize()),
                arena.allocate("scratch.d_gate_up", rows, 2 * config.intermediateSize()),
                arena.allocate("scratch.d_normed", rows, config.hiddenSize()),
                arena.allocate("scratch.d_attended", rows, queries),
                arena.allocate("scratch.d_qkv", rows, queries + 2 * keys),
                config.architecture().headNorms() ? arena.allocate("scratch.d_heads", rows, queries + keys) : null,
                hybrid ? arena.allocate("scratch.d_mixed", rows, 2 * keys) : null,
                inner == 0 ? null : arena.allocate("scratch.d_inner", rows, inner),
                inner == 0 ? null : arena.allocate("scratch.d_inner_activated", rows, inner));
    }
}
