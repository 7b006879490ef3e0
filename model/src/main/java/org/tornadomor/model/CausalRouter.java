package org.tornadomor.model;

/** Whose logit decides in causal mode (positive = the token goes on), expert-choice only. */
public enum CausalRouter implements Spelled {
    /** The router that also gates. */
    MAIN,
    /** The auxiliary router, trained beside it on detached inputs. */
    AUX
}
