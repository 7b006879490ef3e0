package org.tornadomor.model;

/** The shape of a router, without biases; d is the hidden size. */
public enum RouterArch implements Spelled {
    /** One matrix. */
    LINEAR,
    /** Two matrices with an exact (erf) GELU between them, 2d wide. */
    MLP,
    /** As {@link #MLP}, 4d wide. */
    WIDE_MLP;

    /** The width of the hidden layer for a model of hidden size {@code d}; 0 for {@link #LINEAR}. */
    public long width(int d) {
        return switch (this) {
            case LINEAR -> 0;
            case MLP -> 2L * d;
            case WIDE_MLP -> 4L * d;
        };
    }
}
