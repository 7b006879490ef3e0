package org.tornadomor.model;

/** Parameters that are trained alike: a group can have a learning rate of its own, or stay as it is. */
public enum ParameterGroup {
    /** The embedding, and the head where it is a matrix of its own. */
    EMBEDDING,
    /** Matrices and norms of layers that several recursions use. */
    SHARED,
    /** Layers that are used once, and the final norm. */
    UNIQUE,
    /** Low-rank factors. */
    LORA,
    /** Routers, but for the auxiliary ones, which have an optimiser of their own. */
    ROUTERS
}
