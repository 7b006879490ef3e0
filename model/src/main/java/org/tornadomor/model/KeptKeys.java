package org.tornadomor.model;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.DenseOp.RmsNorm;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Program;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** Keys and values of a layer for rows of which nothing else of that layer is wanted: they go to the layer's cache. */
final class KeptKeys {
    private final LayerShape shape;
    private final Slot hidden, slots, x, normed, own, inputNorm, wKeys, cache, place;
    private final QueryKeySteps steps;
    /** Null without low-rank factors. */
    private final LowRankForward lowRank;

    private final Program program;

    /**
     * @param hiddenRows rows of the memory from which the rows' hidden states are gathered
     * @param hasFactors whether the layer has low-rank factors
     */
    KeptKeys(Engine engine, LayerShape shape, ElementType weights, int hiddenRows, boolean hasFactors) {
        this.shape = shape;
        int d = shape.d();
        int width = 2 * shape.keyWidth();
        Extent rows = shape.rows();
        Ops ops = new Ops("decode keep");
        hidden = ops.f32("hidden", hiddenRows, d);
        slots = ops.i32("slots", rows);
        x = ops.f32("x", rows, d);
        normed = ops.f32("normed", rows, d);
        own = ops.f32("own_kv", rows, width);
        inputNorm = ops.f32("input_norm", d, 1);
        wKeys = ops.slot("w_keys", weights, Extent.fixed(width), d);
        cache = ops.slot("cache", shape.cache().type(), shape.keyRows(), width);
        place = ops.i32("place", rows);
        ops.add(new Gather(x, hidden, slots));
        ops.add(new RmsNorm(normed, x, inputNorm, shape.eps()));
        ops.add(new MatmulNT(own, normed, wKeys));
        lowRank = hasFactors ? LowRankForward.ofKeys(ops, shape) : null;
        if (lowRank != null) {
            lowRank.record(LoraSite.ATTENTION, normed);
        }
        steps = new QueryKeySteps(ops, shape, own, rows, false, true, null);
        ops.add(new Scatter(cache, own, place));
        program = engine.compile(ops);
    }

    /**
     * Binds the program.
     *
     * @param states [slots, d] hidden states
     * @param stateSlots [R] the slot of each row's hidden state
     * @param rows [R, d] where they are put together
     * @param factors of low rank, or null
     * @param memory of layers, whose keys and values are used here
     */
    Binding bind(
            Tensor states,
            Tensor stateSlots,
            Tensor rows,
            LayerWeights weights,
            LoraWeights factors,
            Scratch scratch,
            Activations memory,
            LayerKeys keys) {
        int queries = shape.queryWidth();
        int width = 2 * shape.keyWidth();
        Map<Slot, Tensor> map = new HashMap<>();
        map.put(hidden, states);
        map.put(slots, stateSlots);
        map.put(x, rows);
        map.put(normed, scratch.normed());
        map.put(own, memory.qkv().columns(queries, width));
        map.put(inputNorm, weights.inputNorm());
        map.put(wKeys, weights.qkv().rows(queries, width));
        map.put(cache, keys.base());
        map.put(place, keys.place());
        steps.bind(map, weights, memory.qkv(), memory.raw(), keys);
        if (lowRank != null) {
            lowRank.bind(map, List.of(factors), memory, scratch);
        }
        return program.bind(map);
    }
}
