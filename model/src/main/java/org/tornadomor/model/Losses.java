package org.tornadomor.model;

/** Places in the vector of losses that a step adds up, coefficients applied. */
public final class Losses {
    /** Mean cross-entropy in nats a token. */
    public static final int LM = 0;
    /** Expert-choice: cross-entropy of the router against the top-k choice. */
    public static final int AUX = 1;
    /** Token-choice: load balancing. */
    public static final int BALANCE = 2;
    /** Either: the size of router logits. */
    public static final int Z = 3;
    /** The auxiliary routers' own loss, which is not part of the model's. */
    public static final int AUX_ROUTER = 4;
    /** Divergence from the teacher, its weight applied; the cross-entropy then counts with the remaining weight. */
    public static final int DISTILLATION = 5;
    /** At the ends of recursions before the last, coefficients applied. */
    public static final int EXITS = 6;
    /** How many places there are. */
    public static final int COUNT = 7;

    private Losses() {}
}
