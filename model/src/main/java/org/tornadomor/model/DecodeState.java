package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.DenseOp.RmsNorm;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * What outlives a tick: the hidden states of rows under way, each in its slot, and where everything is allocated.
 *
 * @param slots rows that can be under way
 * @param hidden [slots, d]
 */
record DecodeState(
        Engine engine, ParameterSet weights, Arena floats, Arena indices, Scratch scratch, int slots, Tensor hidden) {
    ModelConfig config() {
        return weights.config();
    }

    /**
     * Records the head on rows as {@code hidden} keeps them: normalised already where the final norm ends each recursion.
     *
     * @param x [R, d]
     * @param logits [R, V]
     */
    void wireHead(Wiring w, Slot x, Slot logits) {
        w.add(new MatmulNT(logits, config().architecture().loopNorm() ? x : wireNorm(w, x), w.of(weights.head())));
    }

    /** Records the final norm. @return [R, d] what it leaves, in memory that is used in turn */
    Slot wireNorm(Wiring w, Slot x) {
        Slot normed = w.of(scratch.normed(), x.rows());
        w.add(new RmsNorm(normed, x, w.of(weights.finalNorm()), (float) config().rmsNormEps()));
        return normed;
    }
}
