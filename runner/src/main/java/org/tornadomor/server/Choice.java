package org.tornadomor.server;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.tornadomor.language.StopText;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.serving.Ticket;
import org.tornadomor.serving.TokenScore;
import org.tornadomor.tokenizer.Continuation;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * One text that a client asked for, while it is being made. A token goes on to the {@link Mailbox} as soon as its text is
 * certain: whole characters, and nothing that may yet become a stop string. The text of a token is what it adds, so that the
 * texts of all tokens together are the text of the choice. A token that only completes what another one began may add none.
 */
final class Choice implements RequestListener {
    /** Tokens that may wait for a client that reads slowly; if more pile up, the client is taken for one that does not read. */
    static final int MOST_WAITING = 4096;

    final int index;
    final int prompt;
    final int[] promptIds;

    private final Mailbox mailbox;
    /** Null for a model of bare ids. */
    private final Continuation stream;

    private final StopText stop;
    private final Set<Integer> stopTokens;

    private record Held(int id, int depth, String raw, TokenScore score, long nanos) {}

    private final Deque<Held> held = new ArrayDeque<>();
    /** Characters of held tokens that may be shown. */
    private int certain;

    private TokenScore nextScore;

    private volatile long beganNanos;
    private volatile long promptNanos;
    private volatile int[] promptDepths;
    private volatile int cached;
    private volatile List<TokenScore> promptScores = List.of();
    private volatile String promptText = "";
    private volatile boolean tooSlow;

    /** Only for the thread that answers. */
    Ticket ticket;

    boolean ended;

    /**
     * A text to be made.
     *
     * @param index among the choices of the answer
     * @param prompt which prompt it continues, counted from 0
     * @param stops strings that end it
     * @param stopTokens tokens that end it
     */
    Choice(
            int index,
            int prompt,
            int[] promptIds,
            Tokenizer tokenizer,
            List<String> stops,
            Set<Integer> stopTokens,
            Mailbox mailbox) {
        this.index = index;
        this.prompt = prompt;
        this.promptIds = promptIds;
        this.mailbox = mailbox;
        this.stopTokens = stopTokens;
        stream = tokenizer == null ? null : Continuation.of(tokenizer, promptIds);
        stop = new StopText(stops);
    }

    @Override
    public void started() {
        beganNanos = System.nanoTime();
    }

    @Override
    public void prompt(int[] depths, int cachedTokens) {
        promptNanos = System.nanoTime();
        promptDepths = depths;
        cached = cachedTokens;
    }

    @Override
    public void promptScores(List<TokenScore> scores) {
        promptScores = scores;
    }

    @Override
    public void score(TokenScore score) {
        nextScore = score;
    }

    @Override
    public boolean token(int id, int depth) {
        TokenScore score = nextScore;
        nextScore = null;
        if (stopTokens.contains(id)) {
            return false;
        }
        String raw = stream == null ? "" : stream.accept(id);
        held.addLast(new Held(id, depth, raw, score, System.nanoTime()));
        certain += stop.accept(raw).length();
        if (stop.stopped()) {
            return false;
        }
        if (stream == null || certain > 0) {
            release();
        }
        if (mailbox.size() > MOST_WAITING) {
            tooSlow = true;
            return false;
        }
        return true;
    }

    /**
     * Passes on the tokens whose whole text may be shown. A token that ends within a character stays, even if its text begins
     * with something certain: if no other token follows, what becomes of its incomplete end is part of its text too.
     */
    private void release() {
        int stay = stream != null && stream.holds() ? 1 : 0;
        while (held.size() > stay && held.getFirst().raw().length() <= certain) {
            Held first = held.removeFirst();
            certain -= first.raw().length();
            pass(first, first.raw());
        }
    }

    private void pass(Held token, String text) {
        tellPrompt();
        mailbox.put(new Mailbox.Piece(this, token.id(), token.depth(), text, token.score(), token.nanos()));
    }

    private void tellPrompt() {
        if (stream != null && promptText.isEmpty()) {
            promptText = stream.prompt();
        }
    }

    @Override
    public void ended(End reason) {
        long now = System.nanoTime();
        if (stream != null && reason != End.FAILED) {
            // The rest belongs to the last token, which is still held if there is any rest.
            String rest = stream.finish();
            if (!rest.isEmpty() && !held.isEmpty()) {
                Held last = held.removeLast();
                held.addLast(new Held(last.id(), last.depth(), last.raw() + rest, last.score(), last.nanos()));
            }
            certain += stop.accept(rest).length() + stop.flush().length();
        }
        while (!held.isEmpty()) {
            Held token = held.removeFirst();
            int shown = Math.min(certain, token.raw().length());
            certain -= shown;
            pass(token, token.raw().substring(0, shown));
        }
        tellPrompt();
        mailbox.put(new Mailbox.Ended(this, reason, now));
    }

    /** The text of the prompt, as soon as there is a token, or the end. */
    String promptText() {
        return promptText;
    }

    /** When it began to be computed; 0 if it did not. */
    long beganNanos() {
        return beganNanos;
    }

    /** When its prompt was read; 0 if it was not. */
    long promptNanos() {
        return promptNanos;
    }

    /** Recursions of the prompt's tokens; null before it was read. */
    int[] promptDepths() {
        return promptDepths;
    }

    /** Tokens of the prompt whose keys were there already. */
    int cached() {
        return cached;
    }

    List<TokenScore> promptScores() {
        return promptScores;
    }

    /** Whether it ended since the client does not read. */
    boolean tooSlow() {
        return tooSlow;
    }
}
