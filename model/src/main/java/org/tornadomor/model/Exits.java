package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Add;
import org.tornadomor.engine.Divergence;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/** The heads at the ends of the recursions before the last, and the gradients that they leave for the way back. */
final class Exits {
    private final Forward forward;
    private final List<Head> heads = new ArrayList<>();
    /** By unrolled layer: [N, d] gradient of its output that its exit left, or null. */
    private final Tensor[] dOutput;

    /** @param rows memory for so many rows */
    Exits(
            Forward forward,
            ParameterSet gradients,
            ExitLosses exits,
            int rows,
            float lossScale,
            Tensor losses,
            HeadMemory memory,
            Arena floats) {
        this.forward = forward;
        ForwardContext pass = forward.context;
        ExitLosses.requireFits(pass.config());
        int d = pass.config().hiddenSize();
        int block = Head.blockRows(pass.config(), pass.spec().maxRows());
        Tensor normed = exits.distil() ? floats.allocate("exit.normed", block, d) : null;
        dOutput = new Tensor[pass.map().numLayers()];
        for (int r = 1; r < pass.config().recursions(); r++) {
            float coefficient = exits.coefficients().get(r - 1);
            int last = r * pass.map().blockSize() - 1;
            dOutput[last] = floats.allocate("exit " + r + ".d_output", rows, d);
            HeadGoal.Teacher teacher = exits.distil()
                    ? new HeadGoal.Teacher(
                            new HeadGoal.Model(forward.hidden, normed, pass.weights()),
                            Divergence.FORWARD,
                            1,
                            coefficient,
                            Losses.EXITS)
                    : null;
            float share = exits.distil() ? 0 : coefficient;
            HeadGoal goal = new HeadGoal(lossScale, Losses.EXITS, share, share, teacher);
            Tensor output = forward.before.get(last).activations().out();
            heads.add(new Head(pass, output, gradients, dOutput[last], goal, losses, memory));
        }
    }

    /** Losses, and gradients of the outputs. */
    void run() {
        // By index: an iterator would be an object, and the compiler does not always optimise it away.
        for (int i = 0; i < heads.size(); i++) {
            heads.get(i).run();
        }
    }

    /** What adds the gradient that an exit left behind a layer, or null if there is no exit. */
    Binding backward(int layer, Tensor gradient) {
        if (dOutput[layer] == null) {
            return null;
        }
        ForwardContext pass = forward.context;
        Wiring w = new Wiring(pass.name("backward exit"));
        return w.add(new Add(
                        w.of(gradient, pass.batch().all().extent()),
                        w.of(dOutput[layer], pass.batch().all().extent())))
                .on(pass.engine());
    }
}
