package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Tensor;

/**
 * Memory that a layer needs only while it runs; all layers and depths use the same.
 *
 * @param normed [N, d] normalised rows
 * @param activated [N, f] SwiGLU's product
 * @param gathered [N, d] rows collected for a router
 * @param inner [N, m] inside an MLP router, or null
 * @param innerActivated [N, m] behind its GELU, or null
 * @param low [N, ranks] between low-rank factors, or null
 */
record Scratch(Tensor normed, Tensor activated, Tensor gathered, Tensor inner, Tensor innerActivated, Tensor low) {
    static Scratch allocate(Arena arena, ModelConfig config, int rows) {
        int inner = routerInner(config);
        return new Scratch(
                arena.allocate("scratch.normed", rows, config.hiddenSize()),
                arena.allocate("scratch.activated", rows, config.intermediateSize()),
                arena.allocate("scratch.gathered", rows, config.hiddenSize()),
                inner == 0 ? null : arena.allocate("scratch.inner", rows, inner),
                inner == 0 ? null : arena.allocate("scratch.inner_activated", rows, inner),
                config.lora() == null ? null : arena.allocate("scratch.low", rows, LoraConfig.widest(config)));
    }

    static int routerInner(ModelConfig config) {
        return config.router().routes()
                ? Math.toIntExact(config.mor().routerArch().width(config.hiddenSize()))
                : 0;
    }
}
