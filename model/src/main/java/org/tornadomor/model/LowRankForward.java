package org.tornadomor.model;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.DenseOp.MatmulNN;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** Low-rank factors where all rows are of one layer: {@code y += (x A^T) B^T}, A of all maps that read x in one product. */
final class LowRankForward implements LowRank {
    private final Ops ops;
    private final ModelConfig config;
    private final Extent rows;
    private final List<LoraTarget> targets;
    private final Map<LoraSite, Site> sites = new EnumMap<>(LoraSite.class);

    private record Site(Slot low, Slot down, List<Factor> factors) {}

    private record Factor(LoraTarget target, int from, Slot low, Slot up, Slot out) {}

    LowRankForward(Ops ops, LayerShape shape) {
        this(ops, shape, LoraConfig.targets(shape.config(), shape.projectsKeys()));
    }

    private LowRankForward(Ops ops, LayerShape shape, List<LoraTarget> targets) {
        this.ops = ops;
        this.config = shape.config();
        this.rows = shape.rows();
        this.targets = targets;
    }

    /** The factors of keys and values alone. */
    static LowRankForward ofKeys(Ops ops, LayerShape shape) {
        List<LoraTarget> keys = shape.config().lora().targets().stream()
                .filter(target -> target == LoraTarget.K || target == LoraTarget.V)
                .toList();
        return new LowRankForward(ops, shape, keys);
    }

    @Override
    public void record(LoraSite site, Slot in) {
        List<LoraTarget> here = LoraConfig.at(site, targets);
        if (here.isEmpty()) {
            return;
        }
        int ranks = LoraConfig.total(config, here);
        Slot low = ops.f32("low " + site, rows, ranks);
        Slot down = ops.f32("lora_down " + site, ranks, in.columns());
        ops.add(new MatmulNT(low, in, down));
        List<Factor> factors = new ArrayList<>();
        int from = 0;
        for (LoraTarget target : here) {
            int rank = config.lora().rank(config, target);
            int width = target.outputs(config);
            Factor factor = new Factor(
                    target,
                    from,
                    ops.f32("low " + target, rows, rank),
                    ops.f32("lora_up " + target, rank, width),
                    ops.f32("added " + target, rows, width));
            ops.add(new MatmulNN(factor.out, factor.low, factor.up, true));
            factors.add(factor);
            from += rank;
        }
        sites.put(site, new Site(low, down, factors));
    }

    @Override
    public void bind(Map<Slot, Tensor> map, List<LoraWeights> weights, Activations a, Scratch scratch) {
        LoraWeights factors = weights.getFirst();
        sites.forEach((name, site) -> {
            Tensor low = scratch.low().reshaped(rows.max(), site.low.columns());
            map.put(site.low, low);
            // Keys and values come last, so theirs are the last rows.
            Tensor down = factors.down().get(name);
            map.put(site.down, down.rows(down.rows() - low.columns(), low.columns()));
            for (Factor factor : site.factors) {
                map.put(factor.low, low.columns(factor.from, factor.low.columns()));
                map.put(factor.up, factors.up().get(factor.target));
                map.put(factor.out, LowRank.output(factor.target, config, a));
            }
        });
    }
}
