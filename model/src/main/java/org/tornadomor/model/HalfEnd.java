package org.tornadomor.model;

import java.util.Map;
import org.tornadomor.engine.DenseOp.Add;
import org.tornadomor.engine.DenseOp.AddBias;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.DenseOp.RmsNorm;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** The end of a half of a layer: {@code to = path + W in + bias}, or with sandwich norms {@code to = path + norm(W in + bias)}. */
final class HalfEnd {
    private final Half half;
    private Slot bias, norm;

    /**
     * Records it.
     *
     * @param lowRank of the layer, or null
     * @param to [R, d] the result
     * @param path [R, d]
     * @param in what the half's last matrix reads
     * @param w that matrix
     * @param spare [R, d] free for use
     */
    HalfEnd(Ops ops, LayerShape shape, LowRank lowRank, Half half, Slot to, Slot path, Slot in, Slot w, Slot spare) {
        this.half = half;
        Architecture has = shape.config().architecture();
        Slot product = has.sandwichNorms() ? spare : to;
        ops.add(has.sandwichNorms() ? new MatmulNT(product, in, w) : new MatmulNT(product, in, w, path));
        if (lowRank != null) {
            lowRank.record(half.site, in);
        }
        if (half.hasBias.test(has) && lowRank != null && lowRank.vectors() != null) {
            lowRank.vectors().addBias(product, half.bias);
        } else if (half.hasBias.test(has)) {
            bias = ops.f32("bias", product.columns(), 1);
            ops.add(new AddBias(product, bias));
        }
        if (has.sandwichNorms()) {
            norm = ops.f32("out_norm", product.columns(), 1);
            ops.add(new RmsNorm(to, product, norm, shape.eps()));
            ops.add(new Add(to, path));
        }
    }

    void bind(Map<Slot, Tensor> map, LayerWeights weights) {
        if (bias != null) {
            map.put(bias, half.bias.apply(weights));
        }
        if (norm != null) {
            map.put(norm, half.norm.apply(weights));
        }
    }
}
