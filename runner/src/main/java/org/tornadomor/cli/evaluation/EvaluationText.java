package org.tornadomor.cli.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.data.Corpus;
import org.tornadomor.data.TextSource;
import org.tornadomor.data.TokenSequence;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * Texts as tokens, and which of these tokens a model is asked to predict: all tokens of each text. What stands before a text
 * ({@link TextBoundaries#context}) is given. Where nothing stands there, the first token of the text is given instead. The end
 * token of a text has to be predicted on request only: a model that never saw one would pay for each.
 */
final class EvaluationText {
    /** Tokens that are taken from a prepared corpus at a time. */
    private static final int CHUNK = 1 << 16;

    /** Tokens of a batch unless one is asked for. */
    private static final int BATCH_TOKENS = 4096;

    private static final int GIVEN = -1;

    private final TextBoundaries texts;
    private final Tokenizer tokenizer;
    private final boolean scoreEnd;
    private final boolean across;
    private final long maxTokens;
    private final List<Piece> pieces = new ArrayList<>();
    private final Growing flatIds = new Growing();
    private final Growing flatTargets = new Growing();
    private long scored;
    private long bytes;
    private long givenBytes;
    private int count;

    /**
     * Tokens that belong together.
     *
     * @param ids of one text with what stands before it, or of all texts with end tokens between them
     * @param targets the same, but negative where a token is given
     */
    record Piece(int[] ids, int[] targets) {}

    /**
     * How the texts are computed.
     *
     * @param rows tokens of a window
     * @param samples windows at once
     */
    record Shape(int rows, int samples) {}

    /**
     * Begins without any text.
     *
     * @param scoreEnd whether the end token of each text is to be predicted too
     * @param across whether the texts are one behind the other, so that attention crosses from one to the next
     * @param maxTokens to predict at most, or null
     * @throws UserError if the end token is wanted and there is none
     */
    EvaluationText(TextBoundaries texts, boolean scoreEnd, boolean across, Long maxTokens) {
        this.texts = texts;
        this.tokenizer = texts.tokenizer();
        this.scoreEnd = scoreEnd;
        this.across = across;
        this.maxTokens = maxTokens == null ? Long.MAX_VALUE : maxTokens;
        if (scoreEnd && texts.end() < 0) {
            throw new UserError(
                    "--score-end asks for the end token of each text, and the tokenizer has none; leave it away");
        }
    }

    /**
     * Adds the documents of a source.
     *
     * @throws UserError if it holds none
     */
    void read(TextSource source) {
        boolean[] any = new boolean[1];
        source.forEach(document -> {
            any[0] |= document.utf8().length > 0;
            return add(tokenizer.encodeBytes(document.utf8()), document.utf8().length);
        });
        if (!any[0]) {
            throw new UserError("no text in " + source.describe() + ": check the path and the file filter");
        }
    }

    /** Adds the documents of a part of a prepared corpus. */
    void read(Corpus.Part part) {
        TokenSequence tokens = part.tokens();
        int[] chunk = new int[CHUNK];
        Growing document = new Growing();
        boolean more = true;
        for (long from = 0; from < tokens.size() && more; from += CHUNK) {
            int length = (int) Math.min(CHUNK, tokens.size() - from);
            tokens.copy(from, chunk, 0, length);
            for (int i = 0; i < length && more; i++) {
                if (chunk[i] == texts.end()) {
                    more = addPrepared(document);
                } else {
                    document.add(chunk[i]);
                }
            }
        }
        if (more && addPrepared(document)) {
            bytes = part.bytes() - givenBytes;
        }
    }

    /** Takes the tokens of a document, which begin as the tokenizer's files say, and leaves none. */
    private boolean addPrepared(Growing document) {
        int[] ids = document.take();
        int[] begin = tokenizer.beginTokens();
        int[] own = Arrays.equals(begin, Arrays.copyOf(ids, Math.min(begin.length, ids.length)))
                ? Arrays.copyOfRange(ids, begin.length, ids.length)
                : ids;
        return add(own, tokenizer.countBytes(own));
    }

    /**
     * Adds a text.
     *
     * @param length its bytes
     * @return whether more text is wanted
     */
    private boolean add(int[] own, long length) {
        if (own.length == 0) {
            return true;
        }
        count++;
        boolean follows = across && flatIds.size > 0;
        int[] before = follows && texts.startsBehindEnd() ? new int[0] : texts.context();
        int[] ids = TextBoundaries.behind(before, own);
        int given = before.length == 0 && !follows ? 1 : before.length;
        long unscored = before.length == 0 && given == 1 ? tokenizer.countBytes(Arrays.copyOf(ids, 1)) : 0;
        givenBytes += unscored;
        long room = maxTokens - scored;
        boolean cut = ids.length - given > room;
        if (cut) {
            ids = Arrays.copyOf(ids, (int) (given + room));
            bytes += tokenizer.countBytes(Arrays.copyOfRange(ids, given, ids.length));
        } else {
            bytes += length - unscored;
        }
        scored += ids.length - given;
        int[] targets = ids.clone();
        Arrays.fill(targets, 0, Math.min(given, targets.length), GIVEN);
        keep(ids, targets, !cut && scored < maxTokens);
        return scored < maxTokens;
    }

    /** @param whole whether the text is there to its end */
    private void keep(int[] ids, int[] targets, boolean whole) {
        int[] end = whole && texts.end() >= 0 && (across || scoreEnd) ? new int[] {texts.end()} : new int[0];
        int[] endTarget = end.length == 0 || scoreEnd ? end : new int[] {GIVEN};
        scored += scoreEnd ? end.length : 0;
        if (across) {
            flatIds.add(ids).add(end);
            flatTargets.add(targets).add(endTarget);
        } else {
            pieces.add(new Piece(join(ids, end), join(targets, endTarget)));
        }
    }

    private static int[] join(int[] one, int[] other) {
        return new Growing().add(one).add(other).take();
    }

    /** All texts that were added. */
    List<Piece> pieces() {
        return across ? List.of(new Piece(flatIds.copy(), flatTargets.copy())) : List.copyOf(pieces);
    }

    /**
     * Windows no longer than the texts, and no more at once than there are.
     *
     * @param longest tokens of a window at most
     * @param batch windows at once at most; null for about 4,096 tokens
     * @throws UserError if there is no token to predict
     */
    Shape windows(int longest, Integer batch) {
        int most = pieces().stream()
                .mapToInt(piece -> piece.ids().length - 1)
                .max()
                .orElse(0);
        if (scored == 0 || most < 1) {
            throw new UserError("The text has no token to predict: the first is given, so give more text");
        }
        int rows = Math.min(longest, most);
        int samples = batch != null ? batch : Math.max(1, BATCH_TOKENS / rows);
        return new Shape(rows, Math.clamp(scored / rows, 1, samples));
    }

    /** Tokens to predict. */
    long scored() {
        return scored;
    }

    /** Bytes of the text that these tokens stand for; the end of a text has none. */
    long bytes() {
        return bytes;
    }

    /** Texts. */
    int count() {
        return count;
    }

    /** Ids in an array that grows. */
    private static final class Growing {
        private int[] ids = new int[16];
        private int size;

        Growing add(int... more) {
            if (size + more.length > ids.length) {
                ids = Arrays.copyOf(ids, Math.max(Math.addExact(size, more.length), (int) Math.min(2L * size, MOST)));
            }
            System.arraycopy(more, 0, ids, size, more.length);
            size += more.length;
            return this;
        }

        int[] copy() {
            return Arrays.copyOf(ids, size);
        }

        int[] take() {
            int[] taken = copy();
            size = 0;
            return taken;
        }

        private static final int MOST = Integer.MAX_VALUE - 8;
    }
}
