package org.tornadomor.model;

import java.util.Map;
import org.tornadomor.engine.DenseOp.AddBias;
import org.tornadomor.engine.DenseOp.AddBiasBackward;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.DenseOp.RmsNormBackward;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/**
 * The way back through {@link HalfEnd}, as far as the product. What a sandwich norm read is computed again, so that no activation is
 * kept for it.
 */
final class HalfEndGradient {
    private final Half half;
    private final Slot dProduct;
    private Slot gBias, bias, norm, gNorm;

    /**
     * Records it.
     *
     * @param gradient [R, d] of the half's end, which also goes on along the residual path
     * @param in what the half's last matrix read
     * @param w that matrix
     * @param spare [R, d] free for use
     * @param dSpare [R, d] the same; with sandwich norms the gradient of the product
     */
    HalfEndGradient(Ops ops, LayerShape shape, Half half, Slot gradient, Slot in, Slot w, Slot spare, Slot dSpare) {
        this.half = half;
        Architecture has = shape.config().architecture();
        boolean hasBias = half.hasBias.test(has);
        dProduct = has.sandwichNorms() ? dSpare : gradient;
        if (has.sandwichNorms()) {
            norm = ops.f32("out_norm", gradient.columns(), 1);
            gNorm = ops.f32("g_out_norm", gradient.columns(), 1);
            ops.add(new MatmulNT(spare, in, w));
            if (hasBias) {
                bias = ops.f32("bias", gradient.columns(), 1);
                ops.add(new AddBias(spare, bias));
            }
            ops.add(new Clear(dSpare));
            ops.add(new RmsNormBackward(dSpare, gNorm, gradient, spare, norm, shape.eps()));
        }
        if (hasBias) {
            gBias = ops.f32("g_bias", gradient.columns(), 1);
            ops.add(new AddBiasBackward(gBias, dProduct));
        }
    }

    /** [R, d] the gradient of what the half's last matrix gave. */
    Slot dProduct() {
        return dProduct;
    }

    void bind(Map<Slot, Tensor> map, LayerWeights weights, LayerWeights gradients) {
        if (gBias != null) {
            map.put(gBias, half.bias.apply(gradients));
        }
        if (bias != null) {
            map.put(bias, half.bias.apply(weights));
        }
        if (norm != null) {
            map.put(norm, half.norm.apply(weights));
            map.put(gNorm, half.norm.apply(gradients));
        }
    }
}
