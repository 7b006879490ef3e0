package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Tensor;

/**
 * What a layer computes and its backward needs. Normalised rows and the SwiGLU product are cheap, so the backward computes them
 * again instead.
 *
 * @param x [R, d] input
 * @param qkv [R, (heads + 2 kvHeads) h] after the rotary embedding; queries alone with shared keys
 * @param raw [R, (heads + kvHeads) h] queries and keys before the norms of their heads; null without such norms
 * @param attended [R, heads h] attention's output
 * @param lse [R, heads] logarithms of attention's denominators
 * @param mid [R, d] input of the feed-forward half
 * @param gateUp [R, 2f]
 * @param out [R, d] output
 */
record Activations(
        Tensor x, Tensor qkv, Tensor raw, Tensor attended, Tensor lse, Tensor mid, Tensor gateUp, Tensor out) {
    static Activations allocate(Arena arena, String name, LayerShape shape, Tensor x) {
        int max = shape.rows().max();
        return new Activations(
                x,
                arena.allocate(name + ".qkv", max, shape.qkvWidth()),
                raw(arena, name, shape),
                arena.allocate(name + ".attended", max, shape.queryWidth()),
                arena.allocate(name + ".lse", max, shape.config().numHeads()),
                arena.allocate(name + ".mid", max, shape.d()),
                arena.allocate(name + ".gate_up", max, 2 * shape.f()),
                arena.allocate(name + ".out", max, shape.d()));
    }

    private static Tensor raw(Arena arena, String name, LayerShape shape) {
        return shape.config().architecture().headNorms()
                ? arena.allocate(name + ".raw", shape.rows().max(), shape.queryWidth() + shape.keyWidth())
                : null;
    }

    /** Memory that layers use in turn, each with inputs and outputs of its own ({@link #between}). */
    static Activations shared(Arena arena, LayerShape widest) {
        int max = widest.rows().max();
        return new Activations(
                null,
                arena.allocate("layer.qkv", max, widest.qkvWidth()),
                raw(arena, "layer", widest),
                arena.allocate("layer.attended", max, widest.queryWidth()),
                arena.allocate("layer.lse", max, widest.config().numHeads()),
                arena.allocate("layer.mid", max, widest.d()),
                arena.allocate("layer.gate_up", max, 2 * widest.f()),
                null);
    }

    /** The same intermediate memory for another layer. */
    Activations between(Tensor newX, Tensor newOut) {
        return new Activations(newX, qkv, raw, attended, lse, mid, gateUp, newOut);
    }

    /** The same with queries, keys and values in memory of their own, which later layers may read. */
    Activations withQkv(Tensor newQkv) {
        return new Activations(x, newQkv, raw, attended, lse, mid, gateUp, out);
    }
}
