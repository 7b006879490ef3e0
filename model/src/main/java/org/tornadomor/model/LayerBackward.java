package org.tornadomor.model;

import java.util.HashMap;
import java.util.Map;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.AttentionOp.AttentionBackward;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Add;
import org.tornadomor.engine.DenseOp.AddBiasBackward;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.DenseOp.MatmulNN;
import org.tornadomor.engine.DenseOp.MatmulTN;
import org.tornadomor.engine.DenseOp.RmsNorm;
import org.tornadomor.engine.DenseOp.RmsNormBackward;
import org.tornadomor.engine.DenseOp.SwiGlu;
import org.tornadomor.engine.DenseOp.SwiGluBackward;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Program;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.RowOp.Take;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/**
 * The backward of {@link LayerForward}, bottom to top. The gradient of the layer's output becomes that of its input in
 * place, since both run along the residual path; gradients of weights are added to what is there, so that a weight set used
 * by several layers collects the sum over its uses. The products that give the gradients of frozen matrices are left out,
 * together with what only they need; the gradients of norms and biases are computed all the same, since they cost next to
 * nothing.
 */
final class LayerBackward {
    private final LayerShape shape;
    private final boolean hasReaders;
    private final Trained trained;
    private final Ops ops;
    private final Slot gradient, x, q, k, v, attended, lse, mid, gateUp, normed, activated;
    private final Slot dActivated, dGateUp, dNormed, dAttended, dQkv, dQ, dK, dV;
    private final Slot inputNorm, wQkv, wOutput, postNorm, wGateUp, wDown;
    private final Slot gInputNorm, gQkv, gOutput, gPostNorm, gGateUp, gDown;
    private final Slot start, keyStart, visible;
    private Slot gBGateUp;
    private HalfEndGradient attentionEnd, feedForwardEnd;
    private QueryKeyGradient steps;
    private Slot ownKv, dOwnKv, place, base, mixed, dMixed, dShared;
    /** Null without low-rank factors. */
    private final LowRankBackward lowRank;

    private final Program program;

    /** Whether the matrices of a layer and its low-rank factors are trained; else their gradients stay as they are. */
    record Trained(boolean matrices, boolean factors) {}

    /**
     * @param hasReaders whether later layers read this layer's keys and values and left their gradients
     * @param hasFactors whether low-rank factors are added to its matrices
     */
    LayerBackward(
            Engine engine, String name, LayerShape shape, boolean hasReaders, boolean hasFactors, Trained trained) {
        this.shape = shape;
        this.hasReaders = hasReaders;
        this.trained = trained;
        int d = shape.d();
        int f = shape.f();
        int queries = shape.queryWidth();
        int width = shape.keyWidth();
        Extent rows = shape.rows();
        ops = new Ops(name);
        lowRank = hasFactors ? new LowRankBackward(ops, shape, trained.factors()) : null;
        gradient = ops.f32("gradient", rows, d);
        x = ops.f32("x", rows, d);
        q = ops.f32("q", rows, queries);
        k = ops.f32("k", shape.keyRows(), width);
        v = ops.f32("v", shape.keyRows(), width);
        attended = ops.f32("attended", rows, queries);
        lse = ops.f32("lse", rows, shape.config().numHeads());
        mid = ops.f32("mid", rows, d);
        gateUp = ops.f32("gate_up", rows, 2 * f);
        normed = ops.f32("normed", rows, d);
        activated = ops.f32("activated", rows, f);
        dActivated = ops.f32("d_activated", rows, f);
        dGateUp = ops.f32("d_gate_up", rows, 2 * f);
        dNormed = ops.f32("d_normed", rows, d);
        dAttended = ops.f32("d_attended", rows, queries);
        dQkv = ops.f32("d_qkv", rows, shape.qkvWidth());
        dQ = ops.f32("d_q", rows, queries);
        dK = ops.f32("d_k", shape.keyRows(), width);
        dV = ops.f32("d_v", shape.keyRows(), width);
        inputNorm = ops.f32("input_norm", d, 1);
        wQkv = ops.f32("w_qkv", shape.qkvWidth(), d);
        wOutput = ops.f32("w_output", d, queries);
        postNorm = ops.f32("post_norm", d, 1);
        wGateUp = ops.f32("w_gate_up", 2 * f, d);
        wDown = ops.f32("w_down", d, f);
        gInputNorm = ops.f32("g_input_norm", d, 1);
        gQkv = ops.f32("g_qkv", shape.qkvWidth(), d);
        gOutput = ops.f32("g_output", d, queries);
        gPostNorm = ops.f32("g_post_norm", d, 1);
        gGateUp = ops.f32("g_gate_up", 2 * f, d);
        gDown = ops.f32("g_down", d, f);
        start = ops.i32("start", shape.segments().bounds());
        keyStart = ops.i32("key_start", shape.segments().count());
        visible = ops.i32("visible", rows);
        recordFeedForward();
        recordAttention();
        program = engine.compile(ops);
    }

    private void recordFeedForward() {
        Architecture has = shape.config().architecture();
        if (readsInputs() || has.sandwichNorms()) {
            ops.add(new SwiGlu(activated, gateUp));
        }
        feedForwardEnd =
                new HalfEndGradient(ops, shape, Half.FEED_FORWARD, gradient, activated, wDown, normed, dNormed);
        Slot dDown = feedForwardEnd.dProduct();
        ops.add(new MatmulNN(dActivated, dDown, wDown, false));
        gradientOf(gDown, dDown, activated);
        add(LoraSite.DOWN, activated, dActivated);
        ops.add(new SwiGluBackward(dGateUp, dActivated, gateUp));
        if (has.mlpBias()) {
            gBGateUp = ops.f32("g_bias", dGateUp.columns(), 1);
            ops.add(new AddBiasBackward(gBGateUp, dGateUp));
        }
        if (readsInputs()) {
            ops.add(new RmsNorm(normed, mid, postNorm, shape.eps()));
        }
        ops.add(new MatmulNN(dNormed, dGateUp, wGateUp, false));
        gradientOf(gGateUp, dGateUp, normed);
        add(LoraSite.FEED_FORWARD, normed, dNormed);
        ops.add(new RmsNormBackward(gradient, gPostNorm, dNormed, mid, postNorm, shape.eps()));
    }

    /** Whether any gradient needs the inputs of the matrices, which are computed again. */
    private boolean readsInputs() {
        return trained.matrices() || lowRank != null && trained.factors();
    }

    private void gradientOf(Slot matrix, Slot dOut, Slot in) {
        if (trained.matrices()) {
            ops.add(new MatmulTN(matrix, dOut, in));
        }
    }

    private void recordAttention() {
        attentionEnd = new HalfEndGradient(ops, shape, Half.ATTENTION, gradient, attended, wOutput, normed, dNormed);
        Slot dOutput = attentionEnd.dProduct();
        ops.add(new MatmulNN(dAttended, dOutput, wOutput, false));
        gradientOf(gOutput, dOutput, attended);
        add(LoraSite.OUTPUT, attended, dAttended);
        recordKeys();
        steps = new QueryKeyGradient(ops, shape, dQkv);
        if (readsInputs()) {
            ops.add(new RmsNorm(normed, x, inputNorm, shape.eps()));
        }
        ops.add(new MatmulNN(dNormed, dQkv, wQkv, false));
        gradientOf(gQkv, dQkv, normed);
        add(LoraSite.ATTENTION, normed, dNormed);
        ops.add(new RmsNormBackward(gradient, gInputNorm, dNormed, x, inputNorm, shape.eps()));
    }

    private void add(LoraSite site, Slot in, Slot dIn) {
        if (lowRank != null) {
            lowRank.record(site, in, dIn);
        }
    }

    /** Attention itself; the gradients of keys and values go to the layer that computed them. */
    private void recordKeys() {
        int width = 2 * shape.keyWidth();
        AttentionOp.Rows which = new AttentionOp.Rows(start, keyStart, visible).through(shape.window());
        boolean shared = shape.mode() != KeyMode.OWN;
        AttentionBackward attention =
                new AttentionBackward(dQ, dK, dV, dAttended, attended, lse, q, k, v, which, shape.heads(), shared);
        switch (shape.mode()) {
            case OWN -> {
                ops.add(attention);
                if (hasReaders) {
                    dOwnKv = ops.f32("d_own_kv", shape.rows(), width);
                    dShared = ops.f32("d_shared", shape.rows(), width);
                    ops.add(new Add(dOwnKv, dShared));
                }
            }
            case SHARED -> ops.add(attention);
            case HYBRID -> {
                ownKv = ops.f32("own_kv", shape.rows(), width);
                dOwnKv = ops.f32("d_own_kv", shape.rows(), width);
                place = ops.i32("place", shape.rows());
                base = ops.f32("base", shape.keyRows(), width);
                mixed = ops.f32("mixed", shape.keyRows(), width);
                dMixed = ops.f32("d_mixed", shape.keyRows(), width);
                dShared = ops.f32("d_shared", shape.keyRows(), width);
                ops.add(new Copy(mixed, base));
                ops.add(new Scatter(mixed, ownKv, place));
                ops.add(new Clear(dMixed));
                ops.add(attention);
                ops.add(new Take(dOwnKv, dMixed, place));
                ops.add(new Add(dShared, dMixed));
            }
            case CACHED -> throw new IllegalArgumentException("a cache has no backward");
        }
    }

    /**
     * Binds the program for one layer.
     *
     * @param gradient [R, d] of the output, and after the run of the input
     * @param factors of low rank, or null
     * @param factorGradients the gradients of the factors
     * @param dShared [K, 2 kvHeads h] where gradients of shared keys and values are summed up, or null
     */
    Binding bind(
            Tensor gradientRows,
            LayerWeights weights,
            LayerWeights gradients,
            LoraWeights factors,
            LoraWeights factorGradients,
            Activations a,
            Scratch scratch,
            BackwardScratch back,
            LayerKeys keys,
            Tensor shared) {
        int queries = shape.queryWidth();
        int width = shape.keyWidth();
        int max = shape.rows().max();
        Tensor dQkvRows = back.dQkv().reshaped(max, shape.qkvWidth());
        Map<Slot, Tensor> map = new HashMap<>();
        map.put(gradient, gradientRows);
        map.put(x, a.x());
        map.put(q, a.qkv().columns(0, queries));
        map.put(attended, a.attended());
        map.put(lse, a.lse());
        map.put(mid, a.mid());
        map.put(gateUp, a.gateUp());
        map.put(normed, scratch.normed());
        map.put(activated, scratch.activated());
        map.put(dActivated, back.dActivated());
        map.put(dGateUp, back.dGateUp());
        map.put(dNormed, back.dNormed());
        map.put(dAttended, back.dAttended());
        map.put(dQkv, dQkvRows);
        steps.bind(map, weights, gradients, dQkvRows, a.raw(), back.dHeads(), keys);
        map.put(dQ, dQkvRows.columns(0, queries));
        Tensor readFrom = switch (shape.mode()) {
            case OWN -> a.qkv().columns(queries, 2 * width);
            case SHARED, CACHED -> keys.base();
            case HYBRID -> keys.mixed();
        };
        Tensor leftAt = switch (shape.mode()) {
            case OWN -> dQkvRows.columns(queries, 2 * width);
            case SHARED, CACHED -> shared;
            case HYBRID -> back.dMixed();
        };
        map.put(k, readFrom.columns(0, width));
        map.put(v, readFrom.columns(width, width));
        map.put(dK, leftAt.columns(0, width));
        map.put(dV, leftAt.columns(width, width));
        putWeights(map, weights, gradients);
        map.put(start, keys.start());
        map.put(keyStart, keys.keyStart());
        map.put(visible, keys.visible());
        if (dOwnKv != null) {
            map.put(dOwnKv, dQkvRows.columns(queries, 2 * width));
            map.put(dShared, shared);
        }
        if (mixed != null) {
            map.put(ownKv, a.qkv().columns(queries, 2 * width));
            map.put(place, keys.place());
            map.put(base, keys.base());
            map.put(mixed, keys.mixed());
            map.put(dMixed, back.dMixed());
        }
        if (lowRank != null) {
            lowRank.bind(map, factors, factorGradients, scratch, back, gradientRows, dQkvRows);
        }
        return program.bind(map);
    }

    private void putWeights(Map<Slot, Tensor> map, LayerWeights weights, LayerWeights gradients) {
        map.put(inputNorm, weights.inputNorm());
        map.put(wQkv, weights.qkv().rows(0, shape.qkvWidth()));
        map.put(wOutput, weights.output());
        map.put(postNorm, weights.postNorm());
        map.put(wGateUp, weights.gateUp());
        map.put(wDown, weights.down());
        map.put(gInputNorm, gradients.inputNorm());
        map.put(gQkv, gradients.qkv().rows(0, shape.qkvWidth()));
        map.put(gOutput, gradients.output());
        map.put(gPostNorm, gradients.postNorm());
        map.put(gGateUp, gradients.gateUp());
        map.put(gDown, gradients.down());
        attentionEnd.bind(map, weights, gradients);
        feedForwardEnd.bind(map, weights, gradients);
        if (gBGateUp != null) {
            map.put(gBGateUp, gradients.gateUpBias());
        }
    }
}
