package org.tornadomor.model;

import java.util.List;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Tensor;

/**
 * Gives each unrolled layer its weights, its memory and its keys. Training keeps every layer's activations, or with
 * recomputation every layer's input; otherwise layers run in place on the hidden states. What is not kept is shared.
 */
final class ForwardLayers {
    private final Forward forward;
    private final ModelConfig config;
    private final LayerMap map;
    /** Memory of all layers in turn, unless each keeps its own. */
    private final Activations shared;
    /** [N, d] where a block runs in place, unless training. */
    private final Tensor blockRows;
    /** [N, 2 kvHeads h] keys and values with the active rows' own among them (hybrid). */
    private final Tensor mixed;
    /** [N, 2 kvHeads h] by layer: what readers of its keys and values read. */
    private final Tensor[] sources;

    ForwardLayers(Forward forward) {
        this.forward = forward;
        this.config = forward.config;
        this.map = forward.map;
        int rows = forward.batch.all().max();
        sources = new Tensor[map.numLayers()];
        mixed = config.kv() == KvMode.HYBRID ? forward.floats.allocate("mixed_kv", rows, 2 * config.kvWidth()) : null;
        if (forward.spec.keepsActivations()) {
            shared = null;
        } else {
            LayerShape widest = new LayerShape(
                    config,
                    forward.batch.all().extent(),
                    forward.batch.all().extent(),
                    forward.batch.segments(),
                    forward.spec.context(),
                    KeyMode.OWN,
                    null);
            shared = Activations.shared(forward.floats, widest);
        }
        blockRows = forward.spec.training() || config.router() == RouterKind.NONE
                ? null
                : forward.floats.allocate("block", rows, config.hiddenSize());
    }

    /** Whether later layers read this layer's keys and values. */
    boolean hasReaders(int layer) {
        return config.kv() != KvMode.RECURSION_WISE && map.recursion(layer) == 1 && config.recursions() > 1;
    }

    /** Where the block of a recursion finds its rows. */
    Tensor blockInput(Recursion r) {
        return forward.spec.training()
                ? forward.floats.allocate("depth " + r.depth + ".x", r.rows.max(), config.hiddenSize())
                : blockRows;
    }

    /** Layers {@code from} to {@code to - 1} on all rows. @return where the last one leaves its output */
    Tensor plain(List<PlainLayer> into, int from, int to, Tensor x) {
        for (int l = from; l < to; l++) {
            PlainLayer layer = layer(l, forward.batch.all(), null, x);
            into.add(layer);
            x = layer.activations().out();
        }
        return x;
    }

    /** The block of a recursion on its active rows. */
    void block(Recursion r) {
        Tensor x = r.x;
        for (int position = 0; position < map.blockSize(); position++) {
            PlainLayer layer = layer(map.layer(r.depth, position), r.rows, r, x);
            r.block.add(layer);
            r.layers.add(layer.forward());
            x = layer.activations().out();
        }
        r.f = x;
    }

    private PlainLayer layer(int l, ActiveRows rows, Recursion r, Tensor x) {
        LayerShape shape = shape(l, rows);
        int depth = map.recursion(l);
        LayerForward program = forward.bank.forward(depth, shape);
        Activations activations = activations(l, shape, x);
        if (hasReaders(l)) {
            sources[l] = activations.qkv().columns(config.queryWidth(), 2 * config.kvWidth());
        }
        LayerKeys keys = keys(l, shape.mode(), rows, r);
        LayerWeights weights = forward.weights.layer(map.weightSet(l));
        Binding binding = program.bind(weights, activations, forward.scratch, keys);
        Binding again = forward.spec.recompute()
                ? forward.bank.recompute(depth, shape).bind(weights, activations, forward.scratch, keys)
                : null;
        return new PlainLayer(l, depth, shape, activations, keys, binding, again);
    }

    private Activations activations(int l, LayerShape shape, Tensor x) {
        if (forward.spec.keepsActivations()) {
            return Activations.allocate(forward.floats, "layer " + l, shape, x);
        }
        Tensor out = forward.spec.training()
                ? forward.floats.allocate("layer " + l + ".out", shape.rows().max(), shape.d())
                : x;
        Activations mine = shared.between(x, out);
        if (hasReaders(l)) {
            return mine.withQkv(
                    forward.floats.allocate("layer " + l + ".qkv", shape.rows().max(), shape.qkvWidth()));
        }
        return mine.withQkv(shared.qkv().reshaped(shape.rows().max(), shape.qkvWidth()));
    }

    private LayerShape shape(int l, ActiveRows rows) {
        KeyMode mode = KeyMode.OWN;
        if (map.kvSource(l) != l) {
            mode = config.kv() == KvMode.HYBRID ? KeyMode.HYBRID : KeyMode.SHARED;
        }
        Extent keyRows =
                mode == KeyMode.OWN ? rows.extent() : forward.batch.all().extent();
        return new LayerShape(
                config, rows.extent(), keyRows, forward.batch.segments(), forward.spec.context(), mode, null);
    }

    private LayerKeys keys(int l, KeyMode mode, ActiveRows rows, Recursion r) {
        Batch batch = forward.batch;
        Tensor visible;
        if (rows == batch.all()) {
            visible = batch.visible();
        } else {
            visible = config.kv() == KvMode.RECURSION_WISE ? rows.ordinal() : r.visibleShared;
        }
        return new LayerKeys(
                rows.position(),
                batch.table(),
                rows.start(),
                mode == KeyMode.OWN ? rows.keyStart() : batch.all().keyStart(),
                visible,
                mode == KeyMode.OWN ? null : sources[map.kvSource(l)],
                mode == KeyMode.HYBRID ? rows.index() : null,
                mode == KeyMode.HYBRID ? mixed : null,
                List.of());
    }
}
