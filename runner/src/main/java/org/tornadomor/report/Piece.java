package org.tornadomor.report;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.tokenizer.Continuation;
import org.tornadomor.tokenizer.StreamDecoder;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * A piece of text and what a model did with it: one token, or several that make up one character.
 *
 * @param depth recursions of its last token, 0 if it is only given
 * @param loss how hard it was to predict, in nats; not a number if nobody asked
 */
record Piece(String text, int depth, double loss) {
    /** Where a document ends. */
    private static final String END = "\u220E";

    /**
     * Tokens as pieces of text, each document by itself.
     *
     * @param depths of each token, or null
     * @param losses of each token, or null
     */
    static List<Piece> of(Tokenizer tokenizer, int[] tokens, int[] depths, double[] losses) {
        StreamDecoder stream = tokenizer.streamDecoder();
        List<Piece> pieces = new ArrayList<>();
        double loss = Double.NaN;
        for (int i = 0; i < tokens.length; i++) {
            int depth = depths == null ? 0 : depths[i];
            if (losses != null) {
                // The tokens of one character are predicted one after the other, so their losses add up.
                loss = Double.isNaN(loss) ? losses[i] : loss + losses[i];
            }
            String text = text(tokenizer, stream, tokens[i]);
            if (!text.isEmpty()) {
                pieces.add(new Piece(text, depth, loss));
                loss = Double.NaN;
            }
        }
        String rest = stream.finish();
        if (!rest.isEmpty()) {
            pieces.add(new Piece(rest, depths == null ? 0 : depths[depths.length - 1], loss));
        }
        return pieces;
    }

    /** A text that was written, and the prompt that it goes on with. */
    record Written(String prompt, List<Piece> pieces) {}

    /** The text of a prompt and the pieces of what was written behind it, which together are the decoding of all ids. */
    static Written written(Tokenizer tokenizer, int[] prompt, int[] tokens, int[] depths) {
        Continuation stream = Continuation.of(tokenizer, prompt);
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < tokens.length; i++) {
            add(pieces, stream.accept(tokens[i]), depths[i]);
        }
        add(pieces, stream.finish(), tokens.length == 0 ? 0 : depths[tokens.length - 1]);
        return new Written(stream.prompt(), pieces);
    }

    private static void add(List<Piece> pieces, String text, int depth) {
        if (!text.isEmpty()) {
            pieces.add(new Piece(text, depth, Double.NaN));
        }
    }

    private static String text(Tokenizer tokenizer, StreamDecoder stream, int token) {
        if (token == tokenizer.endOfText()) {
            return stream.finish() + END;
        }
        return token < tokenizer.vocabSize() ? stream.accept(token) : "";
    }
}
