package org.tornadomor.engine;

import static org.tornadomor.engine.Op.check;
import static org.tornadomor.engine.Op.sameRows;

import java.util.List;

/** AdamW with global-norm clipping, over flat vectors that cover many parameters at once. */
public sealed interface OptimizerOp extends Op {
    /** Places in the {@code settings} vector [3], which changes every step: learning rate, 1 - beta1^t, 1 - beta2^t. */
    int LEARNING_RATE = 0;

    int CORRECTION1 = 1;
    int CORRECTION2 = 2;

    /** {@code sum[0] += sum(x^2)}: x [R], sum [1]. */
    record SquaredNorm(Slot sum, Slot x) implements OptimizerOp {
        public SquaredNorm {
            check(x.columns() == 1, "SquaredNorm", x);
        }

        @Override
        public Extent rows() {
            return x.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(x);
        }

        @Override
        public List<Slot> writes() {
            return List.of(sum);
        }
    }

    /**
     * What does not change during a run.
     *
     * @param decay decoupled weight decay of these parameters, 0 for vectors
     * @param maxNorm largest global gradient norm; 0 for no clipping
     */
    record Adam(float beta1, float beta2, float eps, float decay, float maxNorm) {}

    /**
     * With {@code c = min(1, maxNorm / (sqrt(squaredNorm[0]) + 1e-6))} and g = c gradient:
     * {@code m = beta1 m + (1 - beta1) g}, {@code v = beta2 v + (1 - beta2) g^2},
     * {@code w = w - lr decay w - lr (m / correction1) / (sqrt(v / correction2) + eps)}. w, m, v, gradient [R].
     */
    record AdamW(Slot w, Slot m, Slot v, Slot gradient, Slot settings, Slot squaredNorm, Adam adam)
            implements OptimizerOp {
        public AdamW {
            sameRows("AdamW", w, m, v, gradient);
            check(settings.rows().max() == 3, "AdamW", settings);
        }

        @Override
        public Extent rows() {
            return w.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(gradient, settings, squaredNorm);
        }

        @Override
        public List<Slot> writes() {
            return List.of(w, m, v);
        }
    }
}
