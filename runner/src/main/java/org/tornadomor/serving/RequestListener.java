package org.tornadomor.serving;

import java.util.List;
import org.tornadomor.PublicApi;

/** Hears what becomes of a request, on the thread that drives the scheduler; it must not wait for anything. */
@PublicApi
public interface RequestListener {
    /** Why a request ended. */
    enum End {
        /** As many tokens as asked for. */
        LENGTH,
        /** The context was full. */
        CONTEXT,
        /** The model drew one of the tokens that end a text. */
        END_TOKEN,
        /** The listener wanted no more. */
        STOPPED,
        /** Somebody cancelled it. */
        CANCELLED,
        /** The engine broke, or this listener threw an exception. */
        FAILED
    }

    /** It got a place among those that are decoded. Told once, though it may be set back and begin again. */
    default void started() {}

    /**
     * The prompt was read.
     *
     * @param depths recursions that each of its tokens took
     * @param cached how many of the first tokens were not computed, since their keys were there already
     */
    default void prompt(int[] depths, int cached) {}

    /**
     * How likely the tokens of the prompt were, for requests that ask for it ({@link Extras#promptScores}); behind
     * {@link #prompt}.
     *
     * @param scores one for each; the first is null, since nothing stands before it
     */
    default void promptScores(List<TokenScore> scores) {}

    /** How likely the token was that comes next, for requests that ask for it ({@link Extras#topScores}). */
    default void score(TokenScore score) {}

    /**
     * The next token.
     *
     * @param depth recursions of the step that produced it
     * @return whether more are wanted
     */
    boolean token(int id, int depth);

    /** Nothing more will come. */
    void ended(End reason);
}
