package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.DenseOp.EmbedBackward;
import org.tornadomor.engine.DenseOp.RmsNormBackward;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * The backward of {@link Forward}, from the gradient of the hidden states to that of every parameter.
 *
 * <p>{@code dState} [N, d] is the gradient of the state and runs back through the recursions; a recursion takes its rows out,
 * runs the block backward on them in place, and adds the result; {@link Routing} says how, and goes back through its decisions.
 */
final class Backward {
    private final Forward forward;
    private final ForwardContext pass;
    private final Objective objective;
    private final Engine engine;
    private final Exits exits;
    private final Set<ParameterGroup> trained;
    /** [N, 2 kvHeads h] by layer: gradients that readers of shared keys and values leave. */
    private final Tensor[] dShared;

    private final List<Step> steps = new ArrayList<>();

    /** One step of the way back. @param rows the step is skipped while there are none of them; null if it always runs */
    private record Step(Binding binding, Extent rows) {}

    /**
     * @param dState [N, d] gradient of all rows, at first of the hidden states that the forward left
     * @param exits the exits, which left gradients behind some layers, or null
     * @param trained groups whose gradients are wanted; those of other matrices of layers and factors are not computed
     */
    Backward(Forward forward, Objective objective, Tensor dState, Exits exits, Set<ParameterGroup> trained) {
        this.exits = exits;
        this.trained = trained;
        this.forward = forward;
        this.pass = forward.context;
        this.objective = objective;
        this.engine = pass.engine();
        List<Recursion> recursions = forward.recursions;
        // [N, d] of the active rows of a recursion.
        Tensor dBlock =
                recursions.isEmpty() ? null : pass.floats().allocate("d_block", dState.rows(), dState.columns());
        dShared = new Tensor[pass.map().numLayers()];
        allocateShared(dState.rows());
        layers(forward.after, dState);
        for (int i = recursions.size() - 1; i >= 0; i--) {
            recursion(recursions.get(i), dState, dBlock);
        }
        layers(forward.before, dState);
        Wiring w = new Wiring(name("embedding"));
        Batch batch = pass.batch();
        Extent all = batch.all().extent();
        w.add(new EmbedBackward(w.of(objective.gradients().embedding()), w.of(dState, all), w.of(batch.ids(), all)));
        add(w.on(engine));
    }

    private void recursion(Recursion r, Tensor dState, Tensor dBlock) {
        Wiring leave = new Wiring(name("depth " + r.depth + ": leave"));
        forward.routing.wireLeaveBackward(leave, r, dState, dBlock);
        add(leave.on(engine));
        layers(r.block, dBlock);
        Wiring enter = new Wiring(name("depth " + r.depth + ": enter"));
        forward.routing.wireEnterBackward(enter, r, dState, dBlock);
        add(enter.on(engine));
    }

    private String name(String what) {
        return pass.name("backward " + what);
    }

    private void allocateShared(int rows) {
        Wiring w = new Wiring(name("clear shared keys"));
        boolean any = false;
        for (int l = 0; l < dShared.length; l++) {
            if (forward.layers.hasReaders(l)) {
                dShared[l] = pass.floats()
                        .allocate(
                                "layer " + l + ".d_kv", rows, 2 * pass.config().kvWidth());
                w.add(new Clear(w.of(dShared[l], pass.batch().all().extent())));
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
            Binding left = exits == null ? null : exits.backward(l, gradient);
            if (left != null) {
                add(left);
            }
            if (layer.recompute() != null) {
                steps.add(new Step(layer.recompute(), layer.shape().rows()));
            }
            ParameterGroup group =
                    pass.map().isShared(pass.map().weightSet(l)) ? ParameterGroup.SHARED : ParameterGroup.UNIQUE;
            LayerBackward.Trained gradients =
                    new LayerBackward.Trained(trained.contains(group), trained.contains(ParameterGroup.LORA));
            LayerBackward program =
                    pass.bank().backward(layer.depth(), layer.shape(), forward.layers.hasReaders(l), gradients);
            add(program.bind(
                    gradient,
                    pass.weights().layerAt(l),
                    objective.gradients().layerAt(l),
                    pass.weights().lora(l),
                    objective.gradients().lora(l),
                    layer.activations(),
                    pass.scratch(),
                    objective.scratch(),
                    layer.keys(),
                    dShared[pass.map().kvSource(l)]));
            if (layer.raw() != null) {
                add(throughNorm(layer, gradient));
            }
        }
    }

    /** The way back of a gradient from the input of a layer to what the final norm made that input from. */
    private Binding throughNorm(PlainLayer layer, Tensor gradient) {
        Wiring w = new Wiring(name("depth " + layer.depth() + ": norm"));
        Extent rows = layer.shape().rows();
        Slot dRaw = w.of(gradient, rows);
        Slot dNormed = w.of(objective.scratch().dNormed(), rows);
        w.add(new Copy(dNormed, dRaw));
        w.add(new Clear(dRaw));
        w.add(new RmsNormBackward(
                dRaw,
                w.of(objective.gradients().finalNorm()),
                dNormed,
                w.of(layer.raw(), rows),
                w.of(pass.weights().finalNorm()),
                layer.shape().eps()));
        return w.on(engine);
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
