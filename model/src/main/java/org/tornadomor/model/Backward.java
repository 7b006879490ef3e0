package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Add;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.DenseOp.EmbedBackward;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.ExpertRouterOp.GatedScatterBackward;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.RowOp.ScatterAdd;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.TokenRouterOp.ChooseDepthBackward;
import org.tornadomor.engine.TokenRouterOp.LeaveAtDepthBackward;
import org.tornadomor.engine.Wiring;

/**
 * The backward of {@link Forward}, from the gradient of the hidden states to that of every parameter.
 *
 * <p>{@code dState} [N, d] is the gradient of the state and runs back through the recursions; a recursion takes its rows out,
 * runs the block backward on them in place, and adds the result. With expert-choice the state is put back on the way to what
 * each recursion saw, since its router's gradient needs that: rows that were not selected never changed after.
 */
final class Backward {
    private final Forward forward;
    private final ParameterSet gradients;
    private final BackwardScratch scratch;
    private final Objective objective;
    private final Engine engine;
    /** [N, d] gradient of all rows, and of the active rows of a recursion. */
    final Tensor dState;

    private final Tensor dBlock;
    /** [N, d] token-choice: gradient of what goes on to the next recursion. */
    private final Tensor dOn;
    /** [N, 2 kvHeads h] by layer: gradients that readers of shared keys and values leave. */
    private final Tensor[] dShared;

    private final List<Step> steps = new ArrayList<>();

    /** What runs one after the other. @param rows nothing runs while there are none of them, unless null */
    private record Step(Binding binding, Extent rows) {}

    Backward(Forward forward, ParameterSet gradients, BackwardScratch scratch, Objective objective, Tensor dState) {
        this.forward = forward;
        this.gradients = gradients;
        this.scratch = scratch;
        this.objective = objective;
        this.engine = forward.engine;
        this.dState = dState;
        int rows = dState.rows();
        int d = dState.columns();
        boolean routed = forward.routing != null;
        boolean token = forward.routing instanceof TokenRouting;
        dBlock = routed ? forward.floats.allocate("d_block", rows, d) : null;
        dOn = token ? forward.floats.allocate("d_on", rows, d) : null;
        dShared = new Tensor[forward.map.numLayers()];
        allocateShared(rows);
        layers(forward.after, dState);
        for (int i = forward.recursions.size() - 1; i >= 0; i--) {
            if (token) {
                tokenRecursion(forward.recursions.get(i));
            } else {
                expertRecursion(forward.recursions.get(i));
            }
        }
        if (token) {
            chooseDepth((TokenRouting) forward.routing);
        }
        layers(forward.before, dState);
        Wiring w = new Wiring(name("embedding"));
        Extent all = forward.batch.all().extent();
        w.add(new EmbedBackward(w.of(gradients.embedding()), w.of(dState, all), w.of(forward.batch.ids(), all)));
        add(w.on(engine));
    }

    private String name(String what) {
        return forward.name("backward " + what);
    }

    private void allocateShared(int rows) {
        Wiring w = new Wiring(name("clear shared keys"));
        boolean any = false;
        for (int l = 0; l < dShared.length; l++) {
            if (forward.layers.hasReaders(l)) {
                dShared[l] = forward.floats.allocate("layer " + l + ".d_kv", rows, 2 * forward.config.kvWidth());
                w.add(new Clear(w.of(dShared[l], forward.batch.all().extent())));
                any = true;
            }
        }
        if (any) {
            add(w.on(engine));
        }
    }

    private void layers(List<PlainLayer> layers, Tensor gradient) {
        for (int i = layers.size() - 1; i >= 0; i--) {
            PlainLayer layer = layers.get(i);
            int l = layer.number();
            int set = forward.map.weightSet(l);
            if (layer.recompute() != null) {
                steps.add(new Step(layer.recompute(), layer.shape().rows()));
            }
            LayerBackward program = forward.bank.backward(layer.depth(), layer.shape(), forward.layers.hasReaders(l));
            add(program.bind(
                    gradient,
                    forward.weights.layer(set),
                    gradients.layer(set),
                    layer.activations(),
                    forward.scratch,
                    scratch,
                    layer.keys(),
                    dShared[forward.map.kvSource(l)]));
        }
    }

    private void expertRecursion(Recursion r) {
        Extent rows = r.rows.extent();
        Extent candidates = r.candidates.extent();
        MorConfig mor = forward.config.mor();
        Wiring leave = new Wiring(name("depth " + r.depth + ": leave"));
        leave.add(new GatedScatterBackward(
                leave.of(dBlock, rows),
                leave.of(r.dLogits, candidates),
                leave.of(dState),
                leave.of(r.f, rows),
                leave.of(r.logits, candidates),
                leave.of(r.rows.index(), rows),
                leave.of(r.rows.parent(), rows),
                ExpertRouting.gate(mor),
                (float) mor.routerAlpha()));
        add(leave.on(engine));
        layers(r.block, dBlock);

        Wiring enter = new Wiring(name("depth " + r.depth + ": enter"));
        Slot in;
        Slot dIn;
        if (r.depth == 1) {
            enter.add(new Add(enter.of(dState, rows), enter.of(dBlock, rows)));
            in = enter.of(forward.first, rows);
            dIn = enter.of(dState, rows);
        } else {
            Slot index = enter.of(r.rows.index(), rows);
            enter.add(new ScatterAdd(enter.of(dState), enter.of(dBlock, rows), index));
            enter.add(new Scatter(enter.of(forward.state), enter.of(r.x, rows), index));
            in = enter.of(forward.scratch.gathered(), candidates);
            enter.add(new Gather(in, enter.of(forward.state), enter.of(r.candidates.index(), candidates)));
            dIn = enter.of(dBlock, candidates);
        }
        RouterOps.backward(
                enter,
                candidates,
                in,
                r.dLogits,
                forward.weights.router(r.depth),
                gradients.router(r.depth),
                forward.scratch,
                scratch,
                dIn,
                r.depth == 1);
        if (r.depth > 1) {
            enter.add(new ScatterAdd(enter.of(dState), dIn, enter.of(r.candidates.index(), candidates)));
        }
        add(enter.on(engine));
    }

    private void tokenRecursion(Recursion r) {
        TokenRouting routing = (TokenRouting) forward.routing;
        Extent rows = r.rows.extent();
        MorConfig mor = forward.config.mor();
        Wiring leave = new Wiring(name("depth " + r.depth + ": leave"));
        leave.add(new LeaveAtDepthBackward(
                leave.of(dBlock, rows),
                leave.of(routing.dGate),
                leave.of(dState),
                leave.of(dOn),
                leave.of(r.f, rows),
                leave.of(routing.scores),
                leave.of(forward.batch.depth()),
                leave.of(r.rows.index(), rows),
                r.depth,
                (float) mor.routerAlpha(),
                mor.gating() == Gating.WEIGHTED));
        add(leave.on(engine));
        layers(r.block, dBlock);
        Wiring enter = new Wiring(name("depth " + r.depth + ": enter"));
        enter.add(new Scatter(enter.of(dOn), enter.of(dBlock, rows), enter.of(r.rows.index(), rows)));
        add(enter.on(engine));
    }

    /** The input of recursion 1 gets gradients from the residual path, from the block and from the router. */
    private void chooseDepth(TokenRouting routing) {
        MorConfig mor = forward.config.mor();
        Extent all = forward.batch.all().extent();
        Wiring w = new Wiring(name("choose depths"));
        w.add(new Add(w.of(dState, all), w.of(dOn, all)));
        w.add(new ChooseDepthBackward(
                w.of(routing.dLogits, all),
                w.of(objective.losses()),
                w.of(routing.dGate, all),
                w.of(routing.scores, all),
                w.of(forward.batch.depth(), all),
                w.of(routing.load),
                w.of(routing.logits, all),
                TokenRouting.kind(mor),
                mor.gating() == Gating.WEIGHTED ? (float) mor.routerAlpha() : 0,
                Losses.BALANCE,
                Losses.Z,
                objective.balanceCoef(),
                objective.zCoef(),
                objective.scale()));
        RouterOps.backward(
                w,
                all,
                w.of(forward.first, all),
                routing.dLogits,
                forward.weights.router(1),
                gradients.router(1),
                forward.scratch,
                scratch,
                w.of(dState, all),
                true);
        add(w.on(engine));
    }

    private void add(Binding binding) {
        steps.add(new Step(binding, null));
    }

    void run() {
        for (Step step : steps) {
            if (step.rows == null || step.rows.count() > 0) {
                step.binding.run();
            }
        }
    }
}
