package org.tornadomor.language;

import org.tornadomor.PublicApi;

/** Hears of tokens as they are generated. */
@PublicApi
@FunctionalInterface
public interface TokenListener {
    /** For callers that do not care. */
    TokenListener NONE = (prompt, id, depth, text) -> {};

    /**
     * A new token, or (with id -1) text that was held back until the end.
     *
     * @param prompt which text, from 0; where each prompt has several, those of the first prompt come first
     * @param id the token
     * @param depth recursions of the step that produced it
     * @param text what can be shown now: characters that became complete; never part of a stop string
     */
    void token(int prompt, int id, int depth, String text);

    /**
     * The text of a prompt, which the texts of its tokens continue: all of them together are the decoding of all ids. Comes once,
     * before the first text of a token. Never for a model of bare ids.
     *
     * @param prompt which text, from 0, as in {@link #token}
     */
    default void prompt(int prompt, String text) {}
}
