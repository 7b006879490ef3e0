package org.tornadomor.model;

import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** Records what low-rank factors add to the linear maps of a layer: one object for each layer program. */
interface LowRank {
    /** Adds the products of the targets at a place, behind those of the shared matrices. @param in what the maps read */
    void record(LoraSite site, Slot in);

    /**
     * Puts tensors into the slots.
     *
     * @param factors by recursion from 1 where rows of several depths run together, else of the one layer
     * @param a where the results of the maps are
     */
    void bind(Map<Slot, Tensor> map, List<LoraWeights> factors, Activations a, Scratch scratch);

    /** Where each row's bias and norm of heads are those of its depth; null where all rows are of one layer. */
    default VectorsByDepth vectors() {
        return null;
    }

    /** The columns that a target's result has in the activations of a layer. */
    static Tensor output(LoraTarget target, ModelConfig config, Activations a) {
        int queries = config.queryWidth();
        int width = config.kvWidth();
        int f = config.intermediateSize();
        return switch (target) {
            case Q -> a.qkv().columns(0, queries);
            case K -> a.qkv().columns(queries, width);
            case V -> a.qkv().columns(queries + width, width);
            case O -> a.mid();
            case GATE -> a.gateUp().columns(0, f);
            case UP -> a.gateUp().columns(f, f);
            case DOWN -> a.out();
        };
    }
}
