package org.tornadomor.model;

/** Who decides how many recursions a token takes. */
public enum RouterKind implements Spelled {
    /** Nobody: a plain or recursive model, full depth for every token. */
    NONE,
    /** Each recursion picks its tokens: the top k of those that are still active. */
    EXPERT_CHOICE,
    /** Each token picks its depth once, before the first recursion. */
    TOKEN_CHOICE
}
