package org.tornadomor.lessons;

/** A model on an engine that can be sent over its tokens again and again. */
public interface ModelPass {
    /** Goes over all tokens once and returns what is compared. */
    float[] run();

    /** The last recursion of each token in the run before, from 1. */
    int[] depths();
}
