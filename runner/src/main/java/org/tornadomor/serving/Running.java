package org.tornadomor.serving;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/** A request and how far it is. */
final class Running implements Ticket {
    final long number;
    final Request request;
    final RequestListener listener;
    /** Prompt, then new tokens; {@code known} of them so far, of which {@code fed} went to the decoder. */
    final int[] ids;

    final boolean limitedByContext;
    private final SplittableRandom random;
    int known;
    int fed;
    /** Tokens of the prompt whose keys were there already when it began. */
    int cached;

    /** Null where logits stay as they are. */
    final LogitEdits edits;
    /** Scores of the prompt's tokens so far, of which the first is null; null if nobody wants scores. */
    final List<TokenScore> promptScores;

    int sequence = -1;
    boolean promptRead;
    boolean ended;
    private boolean begun;

    Running(long number, Request request, RequestListener listener, int context) {
        this.number = number;
        this.request = request;
        this.listener = listener;
        int prompt = request.prompt().length;
        // The last token of all is drawn, but never fed.
        int room = context - prompt + 1;
        limitedByContext = room < request.maxNewTokens();
        ids = Arrays.copyOf(request.prompt(), prompt + Math.min(room, request.maxNewTokens()));
        known = prompt;
        edits = LogitEdits.of(request);
        promptScores = request.extras().promptScores() ? new ArrayList<>(Collections.singleton(null)) : null;
        // Streams of neighbouring seeds would be the same but for a shift, were it not for the first draw in between.
        random = new SplittableRandom(new SplittableRandom(request.seed()).nextLong());
    }

    @Override
    public long number() {
        return number;
    }

    /** The request has a place, perhaps not for the first time. */
    void begin() {
        if (!begun) {
            begun = true;
            listener.started();
        }
    }

    /** Whether the next token to feed is the one that was drawn last. */
    boolean decoding() {
        return known > request.prompt().length && fed == known - 1;
    }

    /** Whether tokens of the prompt have to be scored yet. */
    boolean scoring() {
        return promptScores != null && promptScores.size() < request.prompt().length;
    }

    /** Rows that were fed and are to be scored. */
    int scoresUnderWay() {
        return scoring() ? Math.max(0, Math.min(fed, request.prompt().length - 1) - nextScored()) : 0;
    }

    /** How many of the next rows to feed, but for the last {@code logits} of them, are to be scored. */
    int scored(int rows, int logits) {
        return scoring() ? Math.max(0, fed + rows - logits - Math.max(fed, nextScored())) : 0;
    }

    /** The first row of the prompt whose successor is not scored yet. */
    private int nextScored() {
        return promptScores.size() - 1;
    }

    /** Whether there is anything to compute. */
    boolean hasWork() {
        return wantsMore() || promptScores != null;
    }

    /** Whether another token may be drawn. */
    boolean wantsMore() {
        return known < ids.length;
    }

    /** Whether a token ends the text. */
    boolean isEnd(int id) {
        for (int end : request.ends()) {
            if (id == end) {
                return true;
            }
        }
        return false;
    }

    float draw() {
        return (float) random.nextInt(1 << 24) / (1 << 24);
    }
}
