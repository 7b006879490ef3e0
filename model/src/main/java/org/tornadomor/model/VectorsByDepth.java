package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.tornadomor.engine.DenseOp.AddBias;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.DenseOp.RmsNorm;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.RowOp.ScatterAdd;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/**
 * Biases and norms of heads where rows of several depths run together and each depth has its own: the rows of each depth are
 * collected, or begin with zeros, and go back to where they belong.
 */
final class VectorsByDepth {
    private final Ops ops;
    private final float eps;
    private final int most;
    private final LowRankByDepth.Memory memory;
    private final List<Use> uses = new ArrayList<>();

    /** A vector at one depth, and the rows that go through it. */
    private record Use(
            int recursion, Slot vector, Function<LayerWeights, Tensor> which, Slot index, Slot in, Slot out) {}

    VectorsByDepth(Ops ops, LayerShape shape, LowRankByDepth.Memory memory) {
        this.ops = ops;
        this.eps = shape.eps();
        this.most = shape.rows().max();
        this.memory = memory;
    }

    /** Adds the bias of each row's depth. @param which finds it, its first elements being those that are added */
    void addBias(Slot to, Function<LayerWeights, Tensor> which) {
        for (int r = 1; r <= memory.rows().size(); r++) {
            String at = ", depth " + r;
            Extent rows = memory.rows().get(r - 1).extent();
            Slot bias = ops.f32("bias" + at, to.columns(), 1);
            Slot added = ops.f32("added bias" + at, rows, to.columns());
            Slot index = ops.i32("index of bias" + at, rows);
            ops.add(new Clear(added));
            ops.add(new AddBias(added, bias));
            ops.add(new ScatterAdd(to, added, index));
            uses.add(new Use(r, bias, which, index, null, added));
        }
    }

    /** The norm of each row's depth: out from in, both [R, heads h]. */
    void norm(Slot out, Slot in, int headDim, Function<LayerWeights, Tensor> which) {
        for (int r = 1; r <= memory.rows().size(); r++) {
            String at = ", depth " + r;
            Extent rows = memory.rows().get(r - 1).extent();
            Slot weight = ops.f32("norm" + at, headDim, 1);
            Slot collected = ops.f32("collected heads" + at, rows, in.columns());
            Slot normed = ops.f32("normed heads" + at, rows, in.columns());
            Slot index = ops.i32("index of heads" + at, rows);
            ops.add(new Gather(collected, in, index));
            ops.add(new RmsNorm(normed, collected, weight, eps));
            ops.add(new Scatter(out, normed, index));
            uses.add(new Use(r, weight, which, index, collected, normed));
        }
    }

    /** Puts tensors into the slots. @param layers by recursion from 1 */
    void bind(Map<Slot, Tensor> map, List<LayerWeights> layers) {
        for (Use use : uses) {
            Tensor vector = use.which.apply(layers.get(use.recursion - 1));
            map.put(use.vector, vector.rows(0, use.vector.rows().max()));
            map.put(use.index, memory.rows().get(use.recursion - 1).index());
            map.put(use.out, memory.added().reshaped(most, use.out.columns()));
            if (use.in != null) {
                map.put(use.in, memory.collected().reshaped(most, use.in.columns()));
            }
        }
    }
}
