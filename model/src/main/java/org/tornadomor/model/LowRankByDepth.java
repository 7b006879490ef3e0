package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.DenseOp.MatmulNN;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.ScatterAdd;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/**
 * Low-rank factors where rows of several depths run together: the rows are sorted by depth, those of each depth are collected,
 * go through the factors of that depth, and what comes out is added to their results.
 */
final class LowRankByDepth implements LowRank {
    private final Ops ops;
    private final LayerShape shape;
    private final ModelConfig config;
    private final Memory memory;
    private final VectorsByDepth vectors;
    private final List<Depth> depths = new ArrayList<>();

    /**
     * What layers use in turn.
     *
     * @param rows those of each recursion, from 1
     * @param collected [R, widest input]
     * @param added [R, widest output]
     */
    record Memory(List<RunningRows.AtDepth> rows, Tensor collected, Tensor added) {
        static Memory allocate(Arena floats, ModelConfig config, RunningRows running) {
            int most = running.rows.extent.max();
            List<LoraTarget> targets = config.lora().targets();
            int in = targets.stream().mapToInt(t -> t.inputs(config)).max().orElseThrow();
            int out = targets.stream().mapToInt(t -> t.outputs(config)).max().orElseThrow();
            if (config.architecture().hasBiases() || config.architecture().headNorms()) {
                in = Math.max(in, Math.max(config.queryWidth(), config.kvWidth()));
                out = Math.max(out, config.queryWidth() + 2 * config.kvWidth());
                out = Math.max(out, Math.max(config.hiddenSize(), 2 * config.intermediateSize()));
            }
            return new Memory(
                    running.atDepth,
                    floats.allocate("lora.collected", most, in),
                    floats.allocate("lora.added", most, out));
        }
    }

    /** The products of one place at one depth. */
    private record Depth(
            int recursion, LoraSite site, Slot in, Slot index, Slot low, Slot down, List<Factor> factors) {}

    private record Factor(LoraTarget target, int from, Slot low, Slot up, Slot added, Slot out) {}

    LowRankByDepth(Ops ops, LayerShape shape, Memory memory) {
        this.ops = ops;
        this.vectors = new VectorsByDepth(ops, shape, memory);
        this.shape = shape;
        this.config = shape.config();
        this.memory = memory;
    }

    @Override
    public void record(LoraSite site, Slot in) {
        for (int r = 1; r <= memory.rows.size(); r++) {
            boolean keys = r == 1 || config.kv() != KvMode.SHARED;
            List<LoraTarget> here = LoraConfig.at(site, LoraConfig.targets(config, keys));
            if (!here.isEmpty()) {
                record(r, site, in, here);
            }
        }
    }

    @Override
    public VectorsByDepth vectors() {
        return vectors;
    }

    private void record(int r, LoraSite site, Slot in, List<LoraTarget> here) {
        String at = ", depth " + r;
        Extent rows = memory.rows.get(r - 1).extent();
        int ranks = LoraConfig.total(config, here);
        Slot collected = ops.f32("collected " + site + at, rows, in.columns());
        Slot index = ops.i32("index " + site + at, rows);
        Slot low = ops.f32("low " + site + at, rows, ranks);
        Slot down = ops.f32("lora_down " + site + at, ranks, in.columns());
        ops.add(new Gather(collected, in, index));
        ops.add(new MatmulNT(low, collected, down));
        List<Factor> factors = new ArrayList<>();
        int from = 0;
        for (LoraTarget target : here) {
            int rank = config.lora().rank(config, target);
            int width = target.outputs(config);
            Factor factor = new Factor(
                    target,
                    from,
                    ops.f32("low " + target + at, rows, rank),
                    ops.f32("lora_up " + target + at, rank, width),
                    ops.f32("added " + target + at, rows, width),
                    ops.f32("result " + target + at, shape.rows(), width));
            ops.add(new MatmulNN(factor.added, factor.low, factor.up, false));
            ops.add(new ScatterAdd(factor.out, factor.added, index));
            factors.add(factor);
            from += rank;
        }
        depths.add(new Depth(r, site, collected, index, low, down, factors));
    }

    @Override
    public void bind(Map<Slot, Tensor> map, List<LoraWeights> weights, Activations a, Scratch scratch) {
        vectors.bind(map, weights.stream().map(LoraWeights::layer).toList());
        for (Depth depth : depths) {
            LoraWeights factors = weights.get(depth.recursion - 1);
            int most = shape.rows().max();
            Tensor low = scratch.low().reshaped(most, depth.low.columns());
            map.put(depth.in, memory.collected.reshaped(most, depth.in.columns()));
            map.put(depth.index, memory.rows.get(depth.recursion - 1).index());
            map.put(depth.low, low);
            map.put(depth.down, factors.down().get(depth.site));
            for (Factor factor : depth.factors) {
                map.put(factor.low, low.columns(factor.from, factor.low.columns()));
                map.put(factor.up, factors.up().get(factor.target));
                map.put(factor.added, memory.added.reshaped(most, factor.added.columns()));
                map.put(factor.out, LowRank.output(factor.target, config, a));
            }
        }
    }
}
