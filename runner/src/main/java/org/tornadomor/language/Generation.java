package org.tornadomor.language;

import org.tornadomor.PublicApi;

/**
 * What came of a prompt.
 *
 * @param promptTokens the prompt
 * @param promptDepths recursions that each prompt token took
 * @param tokens the new tokens
 * @param depths for each new token, recursions of the step that produced it
 * @param text the new text, without a stop string: what decoding all ids gives beyond the text of the prompt; empty for models
 *     of bare ids
 * @param ended why it ended
 * @param meanDepth mean of {@code depths}
 * @param computeSaved share of the layers' compute that the new tokens did without, against full depth (paper, appendix D)
 */
@PublicApi
public record Generation(
        int[] promptTokens,
        int[] promptDepths,
        int[] tokens,
        int[] depths,
        String text,
        End ended,
        double meanDepth,
        double computeSaved) {
    /** Why a generation ended. */
    public enum End {
        /** As many tokens as asked for. */
        LENGTH,
        /** The model ended the text. */
        END_OF_TEXT,
        /** A stop string. */
        STOP,
        /** The context was full. */
        CONTEXT
    }
}
