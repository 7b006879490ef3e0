package org.tornadomor.model;

/** What turns a router logit into a gate (before alpha). */
public enum RouterActivation implements Spelled {
    /** Expert-choice (default) and token-choice. */
    SIGMOID,
    /** Expert-choice only. */
    TANH,
    /** Token-choice only (default): over the depths. */
    SOFTMAX
}
