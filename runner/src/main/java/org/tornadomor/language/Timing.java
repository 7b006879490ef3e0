package org.tornadomor.language;

import org.tornadomor.PublicApi;

/**
 * How long a call to generate took. The first new token of a prompt comes out of reading it, the others one by one. Where there are
 * more prompts than run side by side, the first of them count as read, and the others are read while tokens come.
 *
 * @param promptTokens of all prompts
 * @param prefillSeconds for reading the prompts, which ends with the first new token of each
 * @param firstTokenSeconds from the start of the call to the first new token of any prompt
 * @param newTokens of all generations
 * @param decodedTokens of these, those after the first of each
 * @param decodeSeconds for those
 */
@PublicApi
public record Timing(
        int promptTokens,
        double prefillSeconds,
        double firstTokenSeconds,
        int newTokens,
        int decodedTokens,
        double decodeSeconds) {
    static final Timing NONE = new Timing(0, 0, 0, 0, 0, 0);

    public double prefillTokensPerSecond() {
        return promptTokens / Math.max(prefillSeconds, 1e-9);
    }

    /**
     * New tokens a second. The time for reading prompts does not count, nor do the tokens that came out of reading; 0 if there
     * are no others.
     */
    public double tokensPerSecond() {
        return decodedTokens / Math.max(decodeSeconds, 1e-9);
    }
}
