package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Binding;
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
    /** [N, 2 kvHeads h] by layer: what readers of its keys and values read, unless decoding. */
    private final Tensor[] sources;

    ForwardLayers(Forward forward) {
        this.forward = forward;
        this.config = forward.config;
        this.map = forward.map;
        int rows = forward.batch.all().max();
        boolean hybrid = config.kv() == KvMode.HYBRID && !forward.spec.decoding();
        sources = new Tensor[map.numLayers()];
        mixed = hybrid ? forward.floats.allocate("mixed_kv", rows, 2 * config.kvWidth()) : null;
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
                    0);
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
        if (hasReaders(l) && !forward.spec.decoding()) {
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
        if (hasReaders(l) && !forward.spec.decoding()) {
            return mine.withQkv(
                    forward.floats.allocate("layer " + l + ".qkv", shape.rows().max(), shape.qkvWidth()));
        }
        return mine.withQkv(shared.qkv().reshaped(shape.rows().max(), shape.qkvWidth()));
    }

    private LayerShape shape(int l, ActiveRows rows) {
        boolean reads = map.kvSource(l) != l;
        boolean hybrid = config.kv() == KvMode.HYBRID;
        KeyMode mode;
        if (forward.spec.decoding()) {
            mode = reads && !hybrid ? KeyMode.SHARED : KeyMode.CACHED;
        } else if (reads) {
            mode = hybrid ? KeyMode.HYBRID : KeyMode.SHARED;
        } else {
            mode = KeyMode.OWN;
        }
        var keyRows = switch (mode) {
            case OWN -> rows.extent();
            case CACHED -> forward.caches.rows();
            case SHARED, HYBRID ->
                forward.spec.decoding()
                        ? forward.caches.rows()
                        : forward.batch.all().extent();
        };
        int copies = forward.spec.decoding() && hybrid && hasReaders(l) ? config.recursions() - 1 : 0;
        return new LayerShape(
                config, rows.extent(), keyRows, forward.batch.segments(), forward.spec.context(), mode, copies);
    }

    private LayerKeys keys(int l, KeyMode mode, ActiveRows rows, Recursion r) {
        Batch batch = forward.batch;
        boolean everyRow = rows == batch.all();
        int source = map.kvSource(l);
        boolean decoding = forward.spec.decoding();
        boolean sharesKv = config.kv() != KvMode.RECURSION_WISE;
        Tensor keyStart = decoding
                ? forward.caches.keyStart()
                : mode == KeyMode.OWN ? rows.keyStart() : batch.all().keyStart();
        Tensor visible;
        if (everyRow) {
            visible = batch.visible();
        } else if (sharesKv) {
            visible = r.visibleShared;
        } else {
            visible = decoding ? r.visible : rows.ordinal();
        }
        Tensor base = switch (mode) {
            case OWN -> null;
            case CACHED -> forward.caches.layer(l);
            case SHARED, HYBRID -> decoding ? forward.caches.layer(source) : sources[source];
        };
        Tensor place = switch (mode) {
            case OWN, SHARED -> null;
            case CACHED -> everyRow ? batch.place() : r.place;
            case HYBRID -> rows.index();
        };
        return new LayerKeys(
                rows.position(),
                batch.table(),
                rows.start(),
                keyStart,
                visible,
                base,
                place,
                mode == KeyMode.HYBRID ? mixed : null,
                copies(l),
                batch.place());
    }

    /** With hybrid keys, the caches of deeper recursions start from what recursion 1 computed. */
    private List<Tensor> copies(int l) {
        List<Tensor> copies = new ArrayList<>();
        if (forward.spec.decoding() && config.kv() == KvMode.HYBRID && hasReaders(l)) {
            for (int r = 2; r <= config.recursions(); r++) {
                copies.add(forward.caches.layer(map.layer(r, map.weightSet(l) - map.prefix())));
            }
        }
        return copies;
    }
}
