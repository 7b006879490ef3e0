package org.tornadomor.model;

import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * What a kind of router does to rows of any depth: the counterpart of {@link Routing}, which takes one depth after the other.
 * Everything that it remembers of a row between ticks it keeps in the row's slot.
 */
interface StepRouter {
    /** Uploads what does not change. */
    default void fill() {}

    /**
     * Records what happens to rows that are about to begin with recursion 1.
     *
     * @param x [R, d] their hidden states
     */
    void wireEnter(Wiring w, DecodeRows entering, Tensor x);

    /** Called after those rows entered. */
    void entered(DecodeRows entering);

    /**
     * Records how rows leave a recursion, whatever its number.
     *
     * @param f [R, d] what the block made of them
     */
    void wireLeave(Wiring w, RunningRows running, Tensor f);

    /** Tells what {@link #wireLeave} needs to know of the rows that run now. */
    void running(RunningRows running);

    /**
     * Decides which rows go on.
     *
     * @param running the rows and what they have run; {@link RunningRows#goesOn} is false for those at their deepest, and to
     *     be answered for the others
     */
    void decide(RunningRows running);
}
