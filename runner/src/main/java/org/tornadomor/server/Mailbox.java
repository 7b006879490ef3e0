package org.tornadomor.server;

import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.tornadomor.serving.RequestListener.End;
import org.tornadomor.serving.TokenScore;

/** What the choices of a request tell the thread that answers it. Putting something in never waits. */
final class Mailbox {
    /** Something that happened. */
    sealed interface Event {}

    /**
     * A token with its text.
     *
     * @param score null where none was asked for
     * @param nanos when it was drawn
     */
    record Piece(Choice choice, int id, int depth, String text, TokenScore score, long nanos) implements Event {}

    /** The choice has ended; nothing more comes of it. */
    record Ended(Choice choice, End reason, long nanos) implements Event {}

    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();

    void put(Event event) {
        events.add(event);
    }

    /** How much waits to be taken. */
    int size() {
        return events.size();
    }

    /**
     * Takes all that is there; waits for the first for so long.
     *
     * @return false if nothing came
     */
    boolean take(List<Event> into, long millis) throws InterruptedException {
        Event first = events.poll(millis, TimeUnit.MILLISECONDS);
        if (first == null) {
            return false;
        }
        into.add(first);
        events.drainTo(into);
        return true;
    }
}
