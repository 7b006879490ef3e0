package org.tornadomor.trainer;

import java.util.List;
import java.util.Map;
import org.tornadomor.model.ParameterSet;

/** Takes the steps of a run: in this process, or together with others. */
interface Steps {
    /** What a step came to; valid until the next. */
    interface Taken {
        /**
         * Hears of a step.
         *
         * @param rate its learning rate
         * @param norm of the gradients before clipping; not a number if losses are not finite, and the weights stayed
         */
        void step(long step, double rate, float[] losses, double norm, double[] depthShare);
    }

    /** The learning rate of each step to come. */
    interface Rate {
        /** @param ahead how many steps come before it that have not been taken, from 0 */
        double at(long step, int ahead);
    }

    /** The most steps that {@link #take} takes together. */
    default int together() {
        return 1;
    }

    /**
     * Takes steps.
     *
     * @param first from 1
     * @param count up to {@link #together}
     */
    void take(long first, int count, Rate rate, Taken taken);

    /** What resuming needs besides the weights, by the prefix of its names in the training state. */
    Map<String, ParameterSet> kept();

    /** What workers keep; none without. */
    default List<Collective.State> states() {
        return List.of();
    }

    /** Begins: everything that {@link #kept} names has its values. @param states as {@link #states} had them; empty for a new run */
    default void begin(List<Collective.State> states) {}
}
