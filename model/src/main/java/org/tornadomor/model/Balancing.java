package org.tornadomor.model;

/** What keeps the depths of a token-choice model in balance. */
public enum Balancing implements Spelled {
    /** A loss term on the load of the depths. */
    LOSS,
    /** A bias that enters only the arg-max and moves against the load after each step. */
    LOSS_FREE,
    /** Nothing. */
    NONE
}
