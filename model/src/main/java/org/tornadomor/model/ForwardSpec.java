package org.tornadomor.model;

import org.tornadomor.UserError;

/**
 * What a forward pass is built for.
 *
 * @param purpose what is kept and where keys come from
 * @param sequences B
 * @param context T, the most tokens of a sequence
 * @param maxRows the most rows of one run
 * @param anyCapacity plan memory for all rows at every depth, since capacities change (warm-up) or are not fixed
 * @param recompute training keeps what each layer starts from, and its backward computes the rest again
 */
record ForwardSpec(Purpose purpose, int sequences, int context, int maxRows, boolean anyCapacity, boolean recompute) {
    enum Purpose {
        /** Everything that the backward needs is kept; expert-choice selects its top k. */
        TRAIN,
        /** Whole sequences, nothing kept, either selection. */
        SCORE
    }

    static ForwardSpec train(int sequences, int context, boolean anyCapacity, boolean recompute) {
        return new ForwardSpec(Purpose.TRAIN, sequences, context, rows(sequences, context), anyCapacity, recompute);
    }

    static ForwardSpec score(int sequences, int context) {
        return new ForwardSpec(Purpose.SCORE, sequences, context, rows(sequences, context), true, false);
    }

    private static int rows(int sequences, int context) {
        long rows = (long) sequences * context;
        if (rows > Integer.MAX_VALUE / 8) {
            throw new UserError(
                    "a batch of " + sequences + " x " + context + " tokens is too large; use a smaller batch");
        }
        return (int) rows;
    }

    /** Whether each layer has memory of its own for all that it computes. */
    boolean keepsActivations() {
        return training() && !recompute;
    }

    boolean training() {
        return purpose == Purpose.TRAIN;
    }
}
