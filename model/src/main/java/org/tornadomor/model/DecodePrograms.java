package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Embed;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * The programs of a tick: rows enter through the embedding and the layers before the recursions, run the shared block once
 * whatever their depth, and leave through the layers behind it and the head. Each works on rows of its own, {@link DecodeRows};
 * between them hidden states rest in their slots.
 *
 * <p>In a model without a block that is shared as a whole, rows enter through all layers but the last, and leave through that
 * one: of a prompt only the last token needs that layer's queries, feed-forward half and head.
 */
final class DecodePrograms {
    /** Rows that begin. */
    final DecodeRows entering;
    /** Rows in the block. */
    final RunningRows running;
    /** Rows that leave and whose logits are not wanted. */
    final DecodeRows keyed;
    /** Rows that leave and whose logits are wanted. */
    final DecodeRows leaving;
    /** Null unless the model has a block. */
    final StepRouter router;
    /** [logitRows, V] */
    final Tensor logits;

    private final DecodeState state;
    private final ModelConfig config;
    private final LayerMap map;
    private final KeyPages keys;
    private final boolean looped;
    private final Activations shared;
    /** [R, d] where layers run in place. */
    private final Tensor x;

    private final Tensor rotary;
    private final int firstLeaving;

    private final Binding enter, entered, run, ran, keep, leave, head;
    private final List<Numbered> before = new ArrayList<>();
    private final List<Binding> block = new ArrayList<>();
    private final List<Numbered> after = new ArrayList<>();

    /** A layer outside of the block and the recursion that it belongs to. */
    private record Numbered(int recursion, Binding binding) {}

    DecodePrograms(DecodeState state, DecoderSize size, KeyPages keys) {
        this.state = state;
        this.keys = keys;
        config = state.config();
        map = new LayerMap(config);
        looped = keys.layout().looped();
        firstLeaving = map.numLayers() - (looped ? map.suffix() : 1);
        int rows = size.rows();
        entering = new DecodeRows(state.indices(), "entering", rows, keys.pagesEach());
        running = new RunningRows(state.indices(), config, keys, looped ? rows : 0);
        keyed = new DecodeRows(state.indices(), "keyed", rows, keys.pagesEach());
        leaving = new DecodeRows(state.indices(), "leaving", Math.min(rows, size.logitRows()), keys.pagesEach());
        x = state.floats().allocate("rows", rows, config.hiddenSize());
        rotary = state.floats().allocate("rotary", size.context(), config.headDim());
        logits = state.floats().allocate("logits", leaving.extent.max(), config.vocabSize());
        LayerShape widest = entering.shape(
                config, entering.extent, size.context(), AttentionKind.FULL, DecodeRows.use(entering.extent, keys));
        shared = Activations.shared(state.floats(), widest);
        router = looped ? config.router().step(state) : null;
        enter = enter();
        outerLayers(before, "entering", entering, 0, looped ? map.prefix() : firstLeaving);
        entered = entered();
        run = looped ? run() : null;
        if (looped) {
            blockLayers();
        }
        ran = looped ? ran() : null;
        keep = keep();
        leave = leave();
        outerLayers(after, "leaving", leaving, firstLeaving, map.numLayers());
        head = head();
    }

    /** Uploads what does not change. */
    void fill() {
        engine().upload(rotary, RotaryTable.of(config, rotary.rows(), rotary.rows()), 0);
        if (router != null) {
            router.fill();
        }
    }

    private Engine engine() {
        return state.engine();
    }

    private Binding enter() {
        Wiring w = new Wiring("decode enter");
        entering.findPages(w, keys.table());
        Extent rows = entering.extent;
        w.add(new Embed(w.of(x, rows), w.of(state.weights().embedding()), w.of(entering.ids, rows)));
        return w.on(engine());
    }

    private Binding entered() {
        Wiring w = new Wiring("decode entered");
        Extent rows = entering.extent;
        w.add(new Scatter(w.of(state.hidden()), w.of(x, rows), w.of(entering.slots, rows)));
        if (router != null) {
            router.wireEnter(w, entering, x);
        }
        return w.on(engine());
    }

    private Binding collect(String name, DecodeRows rows) {
        Wiring w = new Wiring(name);
        rows.findPages(w, keys.table());
        w.add(new Gather(w.of(x, rows.extent), w.of(state.hidden()), w.of(rows.slots, rows.extent)));
        return w.on(engine());
    }

    private Binding run() {
        return collect("decode run", running.rows);
    }

    private Binding leave() {
        return collect("decode leave", leaving);
    }

    private Binding ran() {
        Wiring w = new Wiring("decode ran");
        router.wireLeave(w, running, x);
        return w.on(engine());
    }

    private void blockLayers() {
        Extent writers = keys.layout().planes() < config.recursions() ? running.first : running.rows.extent;
        LowRankByDepth.Memory memory =
                config.lora() == null ? null : LowRankByDepth.Memory.allocate(state.floats(), config, running);
        Map<AttentionKind, LayerForward> programs = new HashMap<>();
        for (int position = 0; position < map.blockSize(); position++) {
            int layer = map.layer(1, position);
            LayerForward program =
                    programs.computeIfAbsent(config.architecture().kind(layer), kind -> {
                        LayerShape shape = running.rows.shape(
                                config,
                                keys.blockRows(),
                                rotary.rows(),
                                kind,
                                DecodeRows.use(writers, running.first, running.copyPlace.length, keys));
                        return program(
                                "decode block: layer",
                                shape,
                                memory == null ? null : ops -> new LowRankByDepth(ops, shape, memory));
                    });
            LayerWeights weights = state.weights().layerAt(layer);
            LayerKeys bound = running.rows.keys(rotary, keys.block(position), List.of(running.copyPlace));
            block.add(program.bind(
                    weights, factors(position), shared.between(x, x).withQkv(shared.qkv()), state.scratch(), bound));
        }
    }

    /** The low-rank factors of a layer of the block, by recursion. */
    private List<LoraWeights> factors(int position) {
        return IntStream.rangeClosed(1, config.recursions())
                .mapToObj(r -> state.weights().lora(map.layer(r, position)))
                .toList();
    }

    private void outerLayers(List<Numbered> into, String name, DecodeRows rows, int from, int to) {
        Map<String, LayerForward> programs = new HashMap<>();
        for (int l = from; l < to; l++) {
            int source = map.kvSource(l);
            boolean reads = source != l;
            LayerShape shape = rows.shape(
                    config,
                    keys.outerRows(),
                    rotary.rows(),
                    config.architecture().kind(l),
                    DecodeRows.use(reads ? null : rows.extent, keys));
            Function<Ops, LowRank> factors = LayerBank.factors(map.recursion(l), shape);
            String what = "decode " + name + ": layer" + (reads ? ", shared keys" : "")
                    + (factors == null ? "" : ", low-rank factors");
            LayerForward program =
                    programs.computeIfAbsent(what + shape.kind(), unused -> program(what, shape, factors));
            LayerWeights weights = state.weights().layerAt(l);
            LayerKeys bound = rows.keys(rotary, keys.outer(source), List.of());
            into.add(new Numbered(
                    map.recursion(l),
                    program.bind(
                            weights,
                            Collections.singletonList(state.weights().lora(l)),
                            shared.between(x, x).withQkv(shared.qkv()),
                            state.scratch(),
                            bound)));
        }
    }

    private LayerForward program(String name, LayerShape shape, Function<Ops, LowRank> factors) {
        return new LayerForward(engine(), name, shape, state.weights().type(), factors, true);
    }

    /** Keys and values of the last layer alone, or null where it has none of its own. */
    private Binding keep() {
        if (firstLeaving == map.numLayers() || map.kvSource(firstLeaving) != firstLeaving) {
            return null;
        }
        LayerShape shape = keyed.shape(
                config,
                keys.outerRows(),
                rotary.rows(),
                config.architecture().kind(firstLeaving),
                DecodeRows.use(keyed.extent, keys));
        LayerWeights weights = state.weights().layerAt(firstLeaving);
        LayerKeys bound = keyed.keys(rotary, keys.outer(firstLeaving), List.of());
        boolean hasFactors = LayerBank.factors(map.recursion(firstLeaving), shape) != null;
        return new KeptKeys(
                        engine(), shape, state.weights().type(), state.hidden().rows(), hasFactors)
                .bind(
                        state.hidden(),
                        keyed.slots,
                        x,
                        weights,
                        state.weights().lora(firstLeaving),
                        state.scratch(),
                        shared,
                        bound);
    }

    private Binding head() {
        Wiring w = new Wiring("decode head");
        Extent rows = leaving.extent;
        state.wireHead(w, w.of(x, rows), w.of(logits, rows));
        return w.on(engine());
    }

    /** Runs the rows that begin. @param deepest layers of later recursions are left out, unless there is a block */
    void runEntering(int deepest) {
        if (entering.count == 0) {
            return;
        }
        entering.upload(engine());
        enter.run();
        runLayers(before, deepest);
        entered.run();
        if (router != null) {
            router.entered(entering);
        }
    }

    /** Runs the block once and decides who goes on. */
    void runBlock() {
        if (running.count() == 0) {
            return;
        }
        running.upload(engine());
        router.running(running);
        run.run();
        for (int i = 0; i < block.size(); i++) {
            block.get(i).run();
        }
        ran.run();
        router.decide(running);
    }

    /** Whether rows whose logits are not wanted leave keys in the last layer. */
    boolean keeps(int deepest) {
        return keep != null && (looped || map.recursion(firstLeaving) <= deepest);
    }

    /** Puts keys and values of rows whose logits are not wanted into the last layer's cache. */
    void runKeyed() {
        if (keyed.count > 0) {
            keyed.upload(engine());
            keep.run();
        }
    }

    /** Runs the last layer and the head, which leaves logits. */
    void runLeaving(int deepest) {
        if (leaving.count == 0) {
            return;
        }
        leaving.upload(engine());
        leave.run();
        runLayers(after, deepest);
        head.run();
    }

    private void runLayers(List<Numbered> layers, int deepest) {
        // By index: an iterator would be an object, and the compiler does not always optimise it away.
        for (int i = 0; i < layers.size(); i++) {
            if (layers.get(i).recursion <= deepest) {
                layers.get(i).binding.run();
            }
        }
    }
}
