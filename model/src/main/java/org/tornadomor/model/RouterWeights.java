package org.tornadomor.model;

import org.tornadomor.engine.Tensor;

/**
 * A router from d inputs to n logits: n is 1 for one recursion of expert-choice, N_r for token-choice.
 *
 * @param up [m, d] with a GELU behind it, or null for a linear router
 * @param out [n, d], or [n, m] behind {@code up}
 */
record RouterWeights(Tensor up, Tensor out) {
    int logits() {
        return out.rows();
    }

    /** Columns between {@code up} and {@code out}; 0 for a linear router. */
    int inner() {
        return up == null ? 0 : up.rows();
    }
}
