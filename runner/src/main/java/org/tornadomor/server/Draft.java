package org.tornadomor.server;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.serving.RequestListener.End;
import org.tornadomor.serving.TokenScore;
import org.tornadomor.tokenizer.StreamDecoder;
import org.tornadomor.tokenizer.Tokenizer;

/** A text as far as it has come. Only for the thread that answers. */
final class Draft {
    private final Choice choice;
    private final boolean echoes;
    /** Where the prompt's tokens begin in its text, in characters of Unicode. */
    private final int[] promptOffsets;

    private final List<Mailbox.Piece> tokens = new ArrayList<>();
    private final List<Integer> offsets = new ArrayList<>();
    private int length;
    private End end;

    /** @param tokenizer null for a model of bare ids */
    Draft(Choice choice, boolean echoes, Tokenizer tokenizer) {
        this.choice = choice;
        this.echoes = echoes;
        promptOffsets = new int[echoes ? choice.promptIds.length : 0];
        if (echoes && tokenizer != null) {
            findOffsets(choice.promptIds, tokenizer);
        }
    }

    private void findOffsets(int[] ids, Tokenizer tokenizer) {
        StreamDecoder stream = tokenizer.streamDecoder();
        int at = 0;
        for (int i = 0; i < ids.length; i++) {
            promptOffsets[i] = at;
            String text = ids[i] < tokenizer.vocabSize() ? stream.accept(ids[i]) : "";
            at += text.codePointCount(0, text.length());
        }
    }

    void add(Mailbox.Piece piece) {
        if (tokens.isEmpty()) {
            length = echoed().codePointCount(0, echoed().length());
        }
        tokens.add(piece);
        offsets.add(length);
        length += piece.text().codePointCount(0, piece.text().length());
    }

    void end(End reason) {
        end = reason;
    }

    /** Null before it ended. */
    End end() {
        return end;
    }

    int index() {
        return choice.index;
    }

    /** Which prompt it continues. */
    int prompt() {
        return choice.prompt;
    }

    int[] promptIds() {
        return choice.promptIds;
    }

    int cached() {
        return choice.cached();
    }

    /** Recursions of the prompt's tokens; none before it was read. */
    int[] promptDepths() {
        return choice.promptDepths() == null ? new int[0] : choice.promptDepths();
    }

    List<TokenScore> promptScores() {
        return choice.promptScores();
    }

    int[] promptOffsets() {
        return promptOffsets;
    }

    boolean echoes() {
        return echoes;
    }

    /**
     * The text of the prompt if the answer begins with it. It is known from the first token on, or from the end if there is no
     * token.
     */
    String echoed() {
        return echoes ? choice.promptText() : "";
    }

    List<Mailbox.Piece> tokens() {
        return tokens;
    }

    /** Where the text of a token begins, in characters of Unicode. */
    int offset(int token) {
        return offsets.get(token);
    }

    String text() {
        StringBuilder text = new StringBuilder(echoed());
        tokens.forEach(token -> text.append(token.text()));
        return text.toString();
    }
}
