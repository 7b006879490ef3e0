package org.tornadomor.model;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.DenseOp.MatmulNN;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.DenseOp.MatmulTN;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/**
 * The backward of {@link LowRankForward}. With {@code low = x A^T} and {@code y += low B^T}: {@code dLow = dy B},
 * {@code dB += dy^T low}, {@code dA += dLow^T x}, {@code dx += dLow A}. The product low is cheap and computed again.
 */
final class LowRankBackward {
    private final Ops ops;
    private final ModelConfig config;
    private final Extent rows;
    private final List<LoraTarget> targets;
    private final boolean trained;
    private final Map<LoraSite, Site> sites = new EnumMap<>(LoraSite.class);

    private record Site(Slot low, Slot dLow, Slot down, Slot gDown, List<Factor> factors) {}

    private record Factor(LoraTarget target, int from, Slot low, Slot dLow, Slot up, Slot gUp, Slot dOut) {}

    /** @param trained whether the factors are trained; else gradients only pass through them */
    LowRankBackward(Ops ops, LayerShape shape, boolean trained) {
        this.trained = trained;
        this.ops = ops;
        this.config = shape.config();
        this.rows = shape.rows();
        this.targets = LoraConfig.targets(config, shape.projectsKeys());
    }

    /**
     * Adds the gradients of the factors and of what they read at a place, behind those of the shared matrices.
     *
     * @param in what the maps read
     * @param dIn its gradient, which is added to
     */
    void record(LoraSite site, Slot in, Slot dIn) {
        List<LoraTarget> here = LoraConfig.at(site, targets);
        if (here.isEmpty()) {
            return;
        }
        int ranks = LoraConfig.total(config, here);
        Slot low = ops.f32("low " + site, rows, ranks);
        Slot dLow = ops.f32("d_low " + site, rows, ranks);
        Slot down = ops.f32("lora_down " + site, ranks, in.columns());
        Slot gDown = ops.f32("g_lora_down " + site, ranks, in.columns());
        if (trained) {
            ops.add(new MatmulNT(low, in, down));
        }
        List<Factor> factors = new ArrayList<>();
        int from = 0;
        for (LoraTarget target : here) {
            Factor factor = factor(target, from);
            ops.add(new MatmulNT(factor.dLow, factor.dOut, factor.up));
            if (trained) {
                ops.add(new MatmulTN(factor.gUp, factor.low, factor.dOut));
            }
            factors.add(factor);
            from += factor.low.columns();
        }
        if (trained) {
            ops.add(new MatmulTN(gDown, dLow, in));
        }
        ops.add(new MatmulNN(dIn, dLow, down, true));
        sites.put(site, new Site(low, dLow, down, gDown, factors));
    }

    private Factor factor(LoraTarget target, int from) {
        int rank = config.lora().rank(config, target);
        int width = target.outputs(config);
        return new Factor(
                target,
                from,
                ops.f32("low " + target, rows, rank),
                ops.f32("d_low " + target, rows, rank),
                ops.f32("lora_up " + target, rank, width),
                ops.f32("g_lora_up " + target, rank, width),
                ops.f32("d_out " + target, rows, width));
    }

    /**
     * Puts tensors into the slots.
     *
     * @param gradient [R, d] of the layer's output, later of the middle
     * @param dQkv [R, ...] gradient of queries, keys and values
     */
    void bind(
            Map<Slot, Tensor> map,
            LoraWeights factors,
            LoraWeights gradients,
            Scratch scratch,
            BackwardScratch back,
            Tensor gradient,
            Tensor dQkv) {
        sites.forEach((name, site) -> {
            Tensor low = scratch.low().reshaped(rows.max(), site.low.columns());
            Tensor dLow = back.dLow().reshaped(rows.max(), site.low.columns());
            map.put(site.low, low);
            map.put(site.dLow, dLow);
            map.put(site.down, factors.down().get(name));
            map.put(site.gDown, gradients.down().get(name));
            for (Factor factor : site.factors) {
                int rank = factor.low.columns();
                map.put(factor.low, low.columns(factor.from, rank));
                map.put(factor.dLow, dLow.columns(factor.from, rank));
                map.put(factor.up, factors.up().get(factor.target));
                map.put(factor.gUp, gradients.up().get(factor.target));
                map.put(factor.dOut, gradientOf(factor.target, back, gradient, dQkv));
            }
        });
    }

    private Tensor gradientOf(LoraTarget target, BackwardScratch back, Tensor gradient, Tensor dQkv) {
        int queries = config.queryWidth();
        int width = config.kvWidth();
        int f = config.intermediateSize();
        return switch (target) {
            case Q -> dQkv.columns(0, queries);
            case K -> dQkv.columns(queries, width);
            case V -> dQkv.columns(queries + width, width);
            case GATE -> back.dGateUp().columns(0, f);
            case UP -> back.dGateUp().columns(f, f);
            case O, DOWN -> gradient;
        };
    }
}
