package org.tornadomor;

/**
 * How long a call to generate took.
 *
 * @param promptTokens of all prompts
 * @param prefillSeconds for the prompts, to the first new token
 * @param newTokens of all generations
 * @param decodeSeconds for the tokens after the first of each
 */
public record Timing(int promptTokens, double prefillSeconds, int newTokens, double decodeSeconds) {
    public double prefillTokensPerSecond() {
        return promptTokens / Math.max(prefillSeconds, 1e-9);
    }

    /** New tokens over the whole time. */
    public double tokensPerSecond() {
        return newTokens / Math.max(prefillSeconds + decodeSeconds, 1e-9);
    }
}
