package org.tornadomor.tasks;

/**
 * What came of a request.
 *
 * @param logLikelihood of the tokens that were predicted, in nats; 0 for tasks that write
 * @param greedy whether each of them is the likeliest at its place
 * @param text what the model wrote; null unless it was to write
 * @param predicting the recursions of the tokens from which something was predicted
 * @param all the recursions of all tokens that the model saw
 */
record Answer(double logLikelihood, boolean greedy, String text, Depths predicting, Depths all) {
    /**
     * Recursions of some tokens.
     *
     * @param sum of them
     */
    record Depths(long tokens, long sum) {
        static final Depths NONE = new Depths(0, 0);

        Depths plus(Depths other) {
            return new Depths(tokens + other.tokens, sum + other.sum);
        }

        /** NaN of no tokens. */
        double mean() {
            return (double) sum / tokens;
        }
    }

    /** The same as if both had been one request. */
    Answer plus(Answer other) {
        return new Answer(
                logLikelihood + other.logLikelihood,
                greedy && other.greedy,
                text,
                predicting.plus(other.predicting),
                all.plus(other.all));
    }
}
