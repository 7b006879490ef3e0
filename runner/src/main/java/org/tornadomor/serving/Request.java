package org.tornadomor.serving;

import org.tornadomor.UserError;

/**
 * Tokens to continue.
 *
 * @param prompt at least one token
 * @param maxNewTokens at most so many more; with 0 there is nothing to do
 * @param sampling how tokens are drawn
 * @param seed of the draws: the same request gives the same tokens, whatever runs beside it
 * @param ends tokens that end the text; they are not part of it
 * @param threshold expert-choice: a token goes on to the next recursion if its router gives it more than this probability
 * @param maxDepth at most so many recursions; 0 for as many as the model has
 */
public record Request(
        int[] prompt, int maxNewTokens, Sampling sampling, long seed, int[] ends, double threshold, int maxDepth) {
    /**
     * How a token is drawn.
     *
     * @param temperature 0 takes the likeliest token
     * @param topK among the k likeliest; 0 for all
     * @param topP among the smallest set with this probability; 1 for all
     * @param repetitionPenalty above 1 makes tokens that are there already less likely; 1 for none
     */
    public record Sampling(double temperature, int topK, double topP, double repetitionPenalty) {
        /** The likeliest token. */
        public static final Sampling GREEDY = new Sampling(0, 0, 1, 1);
    }

    public Request {
        if (prompt.length == 0) {
            throw new UserError("the prompt is empty; give at least one token");
        }
        if (maxNewTokens < 0) {
            throw new UserError(maxNewTokens + " new tokens are less than none; ask for at least 0");
        }
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new UserError("threshold " + threshold + " is not a probability; use a number from 0 to 1");
        }
        if (maxDepth < 0) {
            throw new UserError("a maximum depth of " + maxDepth + " is negative; 0 means all recursions");
        }
    }
}
