package org.tornadomor.model;

/** How the output of the last recursion that a token takes is added to it. */
public enum Gating implements Spelled {
    /** Multiplied by the gate, through which the router learns from the language modelling loss. */
    WEIGHTED,
    /** As it is. */
    ADDITIVE
}
