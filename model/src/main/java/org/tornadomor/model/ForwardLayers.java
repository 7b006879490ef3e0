package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.DenseOp.RmsNorm;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Gives each unrolled layer its weights, its memory and its keys. Training keeps every layer's activations, or with
 * recomputation every layer's input; otherwise layers run in place on the hidden states. What is not kept is shared.
 */
final class ForwardLayers {
    private final ForwardContext pass;
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

    ForwardLayers(ForwardContext pass) {
        this.pass = pass;
        this.config = pass.config();
        this.map = pass.map();
        int rows = pass.batch().all().max();
        sources = new Tensor[map.numLayers()];
        mixed = config.kv() == KvMode.HYBRID ? pass.floats().allocate("mixed_kv", rows, 2 * config.kvWidth()) : null;
        if (pass.spec().keepsActivations()) {
            shared = null;
        } else {
            LayerShape widest = new LayerShape(
                    config,
                    pass.batch().all().extent(),
                    pass.batch().all().extent(),
                    pass.batch().segments(),
                    pass.spec().context(),
                    KeyMode.OWN,
                    AttentionKind.FULL,
                    null);
            shared = Activations.shared(pass.floats(), widest);
        }
        blockRows = pass.spec().training() || !config.router().routes()
                ? null
                : pass.floats().allocate("block", rows, config.hiddenSize());
    }

    /** Whether later layers read this layer's keys and values. */
    boolean hasReaders(int layer) {
        return config.kv() != KvMode.RECURSION_WISE && map.recursion(layer) == 1 && config.recursions() > 1;
    }

    /** Where the block of a recursion finds its rows. */
    Tensor blockInput(Recursion r) {
        return pass.spec().training()
                ? pass.floats().allocate("depth " + r.depth + ".x", r.rows.max(), config.hiddenSize())
                : blockRows;
    }

    /** Layers {@code from} to {@code to - 1} on all rows. @param x [N, d] input of the first */
    List<PlainLayer> plain(int from, int to, Tensor x) {
        List<PlainLayer> layers = new ArrayList<>();
        for (int l = from; l < to; l++) {
            layers.add(layer(l, pass.batch().all(), null, output(layers, x)));
        }
        return layers;
    }

    /** Where the last of some layers leaves its output; {@code x} if there are none. */
    static Tensor output(List<PlainLayer> layers, Tensor x) {
        return layers.isEmpty() ? x : layers.getLast().activations().out();
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

    private PlainLayer layer(int l, ActiveRows rows, Recursion r, Tensor before) {
        boolean norms = entersThroughNorm(l);
        Tensor x = norms && pass.spec().training()
                ? pass.floats().allocate("layer " + l + ".x", rows.max(), config.hiddenSize())
                : before;
        Binding enter = norms ? norm(l, before, x) : null;
        LayerShape shape = shape(l, rows);
        int depth = map.recursion(l);
        LayerForward program = pass.bank().forward(depth, shape);
        Activations activations = activations(l, shape, x);
        if (hasReaders(l)) {
            sources[l] = activations.qkv().columns(config.queryWidth(), 2 * config.kvWidth());
        }
        LayerKeys keys = keys(l, shape.mode(), rows, r);
        LayerWeights weights = pass.weights().layerAt(l);
        List<LoraWeights> factors = Collections.singletonList(pass.weights().lora(l));
        Binding binding = program.bind(weights, factors, activations, pass.scratch(), keys);
        Binding again = pass.spec().recompute()
                ? pass.bank().recompute(depth, shape).bind(weights, factors, activations, pass.scratch(), keys)
                : null;
        return new PlainLayer(l, depth, shape, activations, keys, enter, enter == null ? null : before, binding, again);
    }

    /** Whether a layer begins a recursion with what the final norm makes of the one before. */
    private boolean entersThroughNorm(int l) {
        int r = map.recursion(l);
        return config.architecture().loopNorm() && r > 1 && map.layer(r, 0) == l;
    }

    /** The final norm of all rows. @param to [N, d], which may be {@code from} itself */
    private Binding norm(int l, Tensor from, Tensor to) {
        Wiring w = new Wiring(pass.name("depth " + map.recursion(l) + ": norm"));
        Extent rows = pass.batch().all().extent();
        Slot normed = w.of(to == from ? pass.scratch().normed() : to, rows);
        Slot in = w.of(from, rows);
        w.add(new RmsNorm(normed, in, w.of(pass.weights().finalNorm()), (float) config.rmsNormEps()));
        if (to == from) {
            w.add(new Copy(in, normed));
        }
        return w.on(pass.engine());
    }

    private Activations activations(int l, LayerShape shape, Tensor x) {
        if (pass.spec().keepsActivations()) {
            return Activations.allocate(pass.floats(), "layer " + l, shape, x);
        }
        Tensor out = pass.spec().training()
                ? pass.floats().allocate("layer " + l + ".out", shape.rows().max(), shape.d())
                : x;
        Activations mine = shared.between(x, out);
        if (hasReaders(l)) {
            return mine.withQkv(
                    pass.floats().allocate("layer " + l + ".qkv", shape.rows().max(), shape.qkvWidth()));
        }
        return mine.withQkv(shared.qkv().reshaped(shape.rows().max(), shape.qkvWidth()));
    }

    private LayerShape shape(int l, ActiveRows rows) {
        KeyMode mode = KeyMode.OWN;
        if (map.kvSource(l) != l) {
            mode = config.kv() == KvMode.HYBRID ? KeyMode.HYBRID : KeyMode.SHARED;
        }
        Extent keyRows =
                mode == KeyMode.OWN ? rows.extent() : pass.batch().all().extent();
        return new LayerShape(
                config,
                rows.extent(),
                keyRows,
                pass.batch().segments(),
                pass.spec().context(),
                mode,
                config.architecture().kind(l),
                null);
    }

    private LayerKeys keys(int l, KeyMode mode, ActiveRows rows, Recursion r) {
        Batch batch = pass.batch();
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
