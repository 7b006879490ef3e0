package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.template.PyText;
import org.tornadomor.tokenizer.SpecialTokens;
import org.tornadomor.tokenizer.TextBoundaries;

/**
 * Makes tokens of requests by the rules of the harness: blanks at the end of a context go to the continuation, both are encoded
 * together, and all tokens beyond those of the context alone belong to the continuation. What is too long loses its beginning.
 * If the continuation alone is too long, the continuation loses its beginning too; the harness refuses that.
 */
final class RequestEncoder {
    private final TextBoundaries texts;
    private final int context;
    /** The context of the previous request, which is often that of the next one too, and its tokens. */
    private String lastContext;

    private int[] lastIds;

    /** @param context tokens that the model may see at once */
    RequestEncoder(TextBoundaries texts, int context) {
        this.texts = texts;
        this.context = context;
    }

    /**
     * The tokens of a request.
     *
     * @param place of its document, for messages
     * @throws UserError if nothing is left to predict
     */
    TokenRequest encode(TextRequest request, String place) {
        int[] ids;
        int given;
        String before = PyText.stripEnd(request.context());
        if (before.isEmpty()) {
            // A context of blanks alone would leave nothing to predict the first token from.
            int[] own = texts.tokenizer().encode(request.context() + request.continuation(), SpecialTokens.PARSED);
            int start = requireStart();
            ids = own.length > 0 && own[0] == start ? own : TextBoundaries.behind(new int[] {start}, own);
            given = 1;
        } else {
            ids = encoded(request.context() + request.continuation());
            given = contextIds(before).length;
        }
        int scored = ids.length - given;
        if (scored < 1) {
            throw new UserError("the continuation '" + request.continuation() + "' of " + place
                    + " has no token of its own to predict; mend or remove it");
        }
        int cut = Math.max(0, ids.length - context - 1);
        return new TokenRequest(
                Arrays.copyOfRange(ids, cut, ids.length), Math.min(scored, context), cut, scored > context);
    }

    /**
     * A whole text in windows. The first window begins with the token behind which texts begin, every other with the last token
     * of the window before; the last window reaches as far back as the model sees. Each token is predicted once.
     */
    List<TokenRequest> windows(String text) {
        int[] own = encoded(text);
        int[] ids = new int[own.length + 1];
        ids[0] = requireStart();
        System.arraycopy(own, 0, ids, 1, own.length);
        List<TokenRequest> windows = new ArrayList<>();
        for (int from = 0; from < own.length; from += context) {
            int length = Math.min(context, own.length - from);
            int end = from + length + 1;
            int begin = from == 0 ? 0 : end - context - 1;
            windows.add(new TokenRequest(Arrays.copyOfRange(ids, begin, end), length, 0, false));
        }
        return windows;
    }

    /**
     * The tokens of a prompt, of which the last ones stay if there is no room for all.
     *
     * @param room for so many
     */
    TokenRequest prompt(String text, int room) {
        int[] ids = encoded(text);
        ids = ids.length == 0 ? new int[] {requireStart()} : ids;
        int cut = Math.max(0, ids.length - room);
        return new TokenRequest(Arrays.copyOfRange(ids, cut, ids.length), 0, cut, false);
    }

    private int requireStart() {
        if (texts.start() < 0) {
            throw new UserError(
                    "the tokenizer has neither a token that begins texts nor one that ends them, which a text"
                            + " without a context needs; use a checkpoint whose tokenizer has one");
        }
        return texts.start();
    }

    private int[] contextIds(String text) {
        if (!text.equals(lastContext)) {
            lastIds = encoded(text);
            lastContext = text;
        }
        return lastIds;
    }

    private int[] encoded(String text) {
        return TextBoundaries.behind(texts.begin(), texts.tokenizer().encode(text, SpecialTokens.PARSED));
    }
}
