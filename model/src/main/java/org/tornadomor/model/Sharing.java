package org.tornadomor.model;

/** How the unrolled layers share weight sets (paper table 5); {@link LayerMap} has the exact maps. */
public enum Sharing implements Spelled {
    /** A block of L / N_r layers, applied N_r times: 012 012 012. */
    CYCLE,
    /** Each of L / N_r layers is applied N_r times in a row: 000 111 222. */
    SEQUENCE,
    /** As {@link #CYCLE}, between a first and a last layer with weights of their own. */
    MIDDLE_CYCLE,
    /** As {@link #SEQUENCE}, between a first and a last layer with weights of their own. */
    MIDDLE_SEQUENCE;

    /** Whether the first and the last layer have weights of their own. */
    public boolean middle() {
        return this == MIDDLE_CYCLE || this == MIDDLE_SEQUENCE;
    }

    /**
     * Whether a whole block is repeated, which is what routing needs: a recursion is then a contiguous run of layers.
     */
    public boolean cycle() {
        return this == CYCLE || this == MIDDLE_CYCLE;
    }
}
