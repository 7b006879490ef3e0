package org.tornadomor.model;

import org.tornadomor.engine.DenseOp.Gelu;
import org.tornadomor.engine.DenseOp.GeluBackward;
import org.tornadomor.engine.DenseOp.MatmulNN;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.DenseOp.MatmulTN;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/** A router's network, {@code logits = W x} or {@code W_down gelu(W_up x)}, written into programs (paper 2.2). */
final class RouterOps {
    private RouterOps() {}

    static void forward(Wiring w, Extent rows, Slot in, Tensor logits, RouterWeights router, Scratch scratch) {
        Slot x = in;
        if (router.up() != null) {
            Slot inner = w.of(scratch.inner(), rows);
            w.add(new MatmulNT(inner, x, w.of(router.up())));
            x = w.of(scratch.innerActivated(), rows);
            w.add(new Gelu(x, inner));
        }
        w.add(new MatmulNT(w.of(logits, rows), x, w.of(router.out())));
    }

    /**
     * Adds to the gradients of the router. The gradient of its input is added to as well, or written, unless {@code dIn} is
     * null: auxiliary routers are detached. {@code in} must hold what the forward saw; what is inside an MLP is computed again.
     */
    static void backward(
            Wiring w,
            Extent rows,
            Slot in,
            Tensor dLogits,
            RouterWeights router,
            RouterWeights gradients,
            Scratch scratch,
            BackwardScratch back,
            Slot dIn,
            boolean accumulate) {
        Slot dOut = w.of(dLogits, rows);
        if (router.up() == null) {
            w.add(new MatmulTN(w.of(gradients.out()), dOut, in));
            if (dIn != null) {
                w.add(new MatmulNN(dIn, dOut, w.of(router.out()), accumulate));
            }
            return;
        }
        Slot inner = w.of(scratch.inner(), rows);
        Slot activated = w.of(scratch.innerActivated(), rows);
        Slot dActivated = w.of(back.dInnerActivated(), rows);
        Slot dInner = w.of(back.dInner(), rows);
        w.add(new MatmulNT(inner, in, w.of(router.up())));
        w.add(new Gelu(activated, inner));
        w.add(new MatmulTN(w.of(gradients.out()), dOut, activated));
        w.add(new MatmulNN(dActivated, dOut, w.of(router.out()), false));
        w.add(new GeluBackward(dInner, dActivated, inner));
        w.add(new MatmulTN(w.of(gradients.up()), dInner, in));
        if (dIn != null) {
            w.add(new MatmulNN(dIn, dInner, w.of(router.up()), accumulate));
        }
    }
}
