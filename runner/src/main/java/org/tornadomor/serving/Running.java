package org.tornadomor.serving;

import java.util.Arrays;
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
        // Streams of neighbouring seeds would be the same but for a shift, were it not for the first draw in between.
        random = new SplittableRandom(new SplittableRandom(request.seed()).nextLong());
    }

    @Override
    public long number() {
        return number;
    }

    /** It has a place, perhaps not for the first time. */
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

    /** Whether another token may be drawn. */
    boolean wantsMore() {
        return known < ids.length;
    }

    float draw() {
        return (float) random.nextInt(1 << 24) / (1 << 24);
    }
}
