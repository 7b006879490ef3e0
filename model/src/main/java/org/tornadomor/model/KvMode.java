package org.tornadomor.model;

/** Which keys and values the recursions after the first one attend to (paper section 2.2.2). */
public enum KvMode implements Spelled {
    /** Their own: only the tokens that are active at that depth. */
    RECURSION_WISE,
    /** Those of the first recursion, for all tokens. */
    SHARED,
    /**
     * Their own where a token is active, those of the first recursion elsewhere; expert-choice with middle_cycle only.
     */
    HYBRID
}
