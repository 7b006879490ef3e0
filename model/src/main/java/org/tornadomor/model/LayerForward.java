package org.tornadomor.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.AttentionOp.Attention;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.AddBias;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.DenseOp.RmsNorm;
import org.tornadomor.engine.DenseOp.SwiGlu;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Program;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/**
 * A Llama layer, {@code mid = x + Attention(norm(x)) Wo}, {@code out = mid + SwiGLU(norm(mid)) Wd}, on the active rows of one
 * recursion depth; {@link HalfEnd} says what may stand before the two sums. One program serves all layers of the depth through its bindings.
 */
final class LayerForward {
    private final LayerShape shape;
    private final Ops ops;
    private final Slot x, normed, qkv, q, k, v, attended, lse, mid, gateUp, activated, out;
    private final Slot inputNorm, wQkv, wOutput, postNorm, wGateUp, wDown;
    private final Slot start, keyStart, visible;
    private Slot bGateUp;
    private HalfEnd attentionEnd, feedForwardEnd;
    private Slot ownKv, copiedKv, base, place, mixed;
    /** Slots of the rows that project keys, where other rows do not. */
    private Slot normedFirst, wKeys;

    private QueryKeySteps steps, firstSteps;

    private final List<Slot> copies = new ArrayList<>();
    /** Null without low-rank factors. */
    private final LowRank lowRank;

    private final Program program;

    /**
     * @param weights the type of the matrices
     * @param factors records low-rank factors, or null
     * @param whole whether to compute up to the layer's output; else only up to the last activations that its backward does not
     *     compute by itself
     */
    LayerForward(
            Engine engine,
            String name,
            LayerShape shape,
            ElementType weights,
            Function<Ops, LowRank> factors,
            boolean whole) {
        this.shape = shape;
        int d = shape.d();
        int f = shape.f();
        Extent rows = shape.rows();
        ops = new Ops(name);
        lowRank = factors == null ? null : factors.apply(ops);
        x = ops.f32("x", rows, d);
        normed = ops.f32("normed", rows, d);
        boolean fused = shape.projectsKeys() && !shape.splitsKeys();
        int projected = fused ? shape.qkvWidth() : shape.queryWidth();
        qkv = ops.f32("qkv", rows, projected);
        q = ops.f32("q", rows, shape.queryWidth());
        ElementType keyType =
                shape.cache() == null ? ElementType.F32 : shape.cache().type();
        k = ops.slot("k", keyType, shape.keyRows(), shape.keyWidth());
        v = ops.slot("v", keyType, shape.keyRows(), shape.keyWidth());
        attended = ops.f32("attended", rows, shape.queryWidth());
        lse = ops.f32("lse", rows, shape.config().numHeads());
        mid = ops.f32("mid", rows, d);
        gateUp = ops.f32("gate_up", rows, 2 * f);
        activated = whole ? ops.f32("activated", rows, f) : null;
        out = whole ? ops.f32("out", rows, d) : null;
        inputNorm = ops.f32("input_norm", d, 1);
        wQkv = ops.slot("w_qkv", weights, Extent.fixed(projected), d);
        wOutput = ops.slot("w_output", weights, Extent.fixed(d), shape.queryWidth());
        postNorm = ops.f32("post_norm", d, 1);
        wGateUp = ops.slot("w_gate_up", weights, Extent.fixed(2 * f), d);
        wDown = whole ? ops.slot("w_down", weights, Extent.fixed(d), f) : null;
        start = ops.i32("start", shape.segments().bounds());
        int pages = shape.cache() == null ? 1 : shape.cache().pages();
        keyStart = ops.slot("key_start", ElementType.I32, shape.segments().count(), pages);
        visible = ops.i32("visible", rows);
        record(weights, fused);
        program = engine.compile(ops);
    }

    private void record(ElementType weights, boolean fused) {
        ops.add(new RmsNorm(normed, x, inputNorm, shape.eps()));
        ops.add(new MatmulNT(qkv, normed, wQkv));
        if (shape.splitsKeys()) {
            projectFirst(weights);
        }
        add(LoraSite.ATTENTION, normed);
        VectorsByDepth byDepth = lowRank == null ? null : lowRank.vectors();
        steps = new QueryKeySteps(ops, shape, qkv, shape.rows(), true, fused, byDepth);
        if (shape.splitsKeys()) {
            firstSteps = new QueryKeySteps(ops, shape, ownKv, shape.cache().writers(), false, true, null);
        }
        recordKeys();
        int pageRows =
                shape.cache() == null ? AttentionOp.Rows.UNPAGED : shape.cache().pageRows();
        AttentionOp.Rows which = new AttentionOp.Rows(start, keyStart, visible, pageRows, shape.window());
        ops.add(new Attention(attended, lse, q, k, v, which, shape.heads()));
        attentionEnd = new HalfEnd(ops, shape, lowRank, Half.ATTENTION, mid, x, attended, wOutput, normed);
        ops.add(new RmsNorm(normed, mid, postNorm, shape.eps()));
        ops.add(new MatmulNT(gateUp, normed, wGateUp));
        add(LoraSite.FEED_FORWARD, normed);
        bGateUp = addBias(shape.config().architecture().mlpBias(), gateUp, LayerWeights::gateUpBias);
        if (out != null) {
            ops.add(new SwiGlu(activated, gateUp));
            feedForwardEnd = new HalfEnd(ops, shape, lowRank, Half.FEED_FORWARD, out, mid, activated, wDown, normed);
        }
    }

    private void add(LoraSite site, Slot in) {
        if (lowRank != null) {
            lowRank.record(site, in);
        }
    }

    /** The slot of the bias that is added, or null if there is no bias, or one for each depth. */
    private Slot addBias(boolean has, Slot to, Function<LayerWeights, Tensor> which) {
        if (!has) {
            return null;
        }
        if (lowRank != null && lowRank.vectors() != null) {
            lowRank.vectors().addBias(to, which);
            return null;
        }
        Slot bias = ops.f32("bias", to.columns(), 1);
        ops.add(new AddBias(to, bias));
        return bias;
    }

    /** Projects keys and values of the first rows alone. */
    private void projectFirst(ElementType weights) {
        Extent first = shape.cache().writers();
        normedFirst = ops.f32("normed_first", first, shape.d());
        ownKv = ops.f32("own_kv", first, 2 * shape.keyWidth());
        wKeys = ops.slot("w_keys", weights, Extent.fixed(2 * shape.keyWidth()), shape.d());
        ops.add(new MatmulNT(ownKv, normedFirst, wKeys));
    }

    /** Puts keys and values where attention will read them. */
    private void recordKeys() {
        int width = 2 * shape.keyWidth();
        switch (shape.mode()) {
            case OWN, SHARED -> {}
            case CACHED -> {
                if (shape.projectsKeys()) {
                    fillCache(width);
                }
            }
            case HYBRID -> {
                ownKv = ops.f32("own_kv", shape.rows(), width);
                place = ops.i32("place", shape.rows());
                base = ops.f32("base", shape.keyRows(), width);
                mixed = ops.f32("mixed", shape.keyRows(), width);
                ops.add(new Copy(mixed, base));
                ops.add(new Scatter(mixed, ownKv, place));
            }
        }
    }

    private void fillCache(int width) {
        LayerShape.CacheUse cache = shape.cache();
        if (ownKv == null) {
            ownKv = ops.f32("own_kv", cache.writers(), width);
        }
        base = ops.slot("cache", cache.type(), shape.keyRows(), width);
        place = ops.i32("place", cache.writers());
        ops.add(new Scatter(base, ownKv, place));
        if (cache.copies() > 0) {
            copiedKv = ops.f32("copied_kv", cache.copied(), width);
        }
        for (int i = 0; i < cache.copies(); i++) {
            Slot copy = ops.i32("copy_place" + i, cache.copied());
            copies.add(copy);
            ops.add(new Scatter(base, copiedKv, copy));
        }
    }

    /**
     * Binds the program for one layer.
     *
     * @param factors as {@link LowRank#bind} takes them; ignored where the layer has none
     */
    Binding bind(LayerWeights weights, List<LoraWeights> factors, Activations a, Scratch scratch, LayerKeys keys) {
        int queries = shape.queryWidth();
        int width = shape.keyWidth();
        Map<Slot, Tensor> map = new HashMap<>();
        map.put(x, a.x());
        map.put(normed, scratch.normed());
        map.put(qkv, a.qkv().columns(0, qkv.columns()));
        steps.bind(map, weights, a.qkv(), a.raw(), keys);
        map.put(q, a.qkv().columns(0, queries));
        Tensor readFrom = keysRead(a, keys);
        map.put(k, readFrom.columns(0, width));
        map.put(v, readFrom.columns(width, width));
        map.put(attended, a.attended());
        map.put(lse, a.lse());
        map.put(mid, a.mid());
        map.put(gateUp, a.gateUp());
        map.put(inputNorm, weights.inputNorm());
        map.put(wQkv, weights.qkv().rows(0, qkv.columns()));
        map.put(wOutput, weights.output());
        map.put(postNorm, weights.postNorm());
        map.put(wGateUp, weights.gateUp());
        if (out != null) {
            map.put(activated, scratch.activated());
            map.put(wDown, weights.down());
            map.put(out, a.out());
        }
        attentionEnd.bind(map, weights);
        if (feedForwardEnd != null) {
            feedForwardEnd.bind(map, weights);
        }
        if (bGateUp != null) {
            map.put(bGateUp, weights.gateUpBias());
        }
        map.put(start, keys.start());
        map.put(keyStart, keys.keyStart());
        map.put(visible, keys.visible());
        if (ownKv != null) {
            map.put(ownKv, a.qkv().columns(queries, 2 * width));
            map.put(place, keys.place());
            map.put(base, keys.base());
        }
        if (copiedKv != null) {
            map.put(copiedKv, a.qkv().columns(queries, 2 * width));
        }
        if (normedFirst != null) {
            map.put(normedFirst, scratch.normed());
            firstSteps.bind(map, weights, a.qkv(), a.raw(), keys);
            map.put(wKeys, weights.qkv().rows(queries, 2 * width));
        }
        if (mixed != null) {
            map.put(mixed, keys.mixed());
        }
        for (int i = 0; i < copies.size(); i++) {
            map.put(copies.get(i), keys.copies().get(i));
        }
        if (lowRank != null) {
            lowRank.bind(map, factors, a, scratch);
        }
        return program.bind(map);
    }

    private Tensor keysRead(Activations a, LayerKeys keys) {
        return switch (shape.mode()) {
            case OWN -> a.qkv().columns(shape.queryWidth(), 2 * shape.keyWidth());
            case CACHED, SHARED -> keys.base();
            case HYBRID -> keys.mixed();
        };
    }
}
