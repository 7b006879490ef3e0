package org.tornadomor.tasks;

import java.util.Locale;

/** How tokens are routed. */
public enum Mode {
    /** Each token decides for itself, as in generation. */
    CAUSAL,
    /** The router chooses among all tokens of a request, context and continuation, as in training. */
    TRAIN;

    /** As the command line writes it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
