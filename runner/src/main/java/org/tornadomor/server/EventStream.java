package org.tornadomor.server;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * The events of a streamed answer. Events that are ready go out together; comments show a waiting client that it is not
 * forgotten.
 */
final class EventStream implements Work.Sink {
    private static final String DONE = "data: [DONE]\n\n";
    private static final String PING = ": still there\n\n";
    private static final long PING_NANOS = 5_000_000_000L;

    private final Exchange exchange;
    private final Answers answers;
    private final boolean chat;
    private final StringBuilder pending = new StringBuilder();
    private final Set<Draft> opened = new HashSet<>();
    private long lastNanos;
    private boolean begun;

    EventStream(Exchange exchange, Answers answers, boolean chat) {
        this.exchange = exchange;
        this.answers = answers;
        this.chat = chat;
        lastNanos = exchange.arrivedNanos();
    }

    private void add(ObjectNode event) {
        pending.append("data: ").append(event).append("\n\n");
    }

    private void open(Draft draft) {
        if (opened.add(draft) && chat) {
            add(answers.first(draft.index()));
        }
    }

    @Override
    public void more(Draft draft, int from) {
        open(draft);
        add(answers.more(draft, from));
    }

    @Override
    public void end(Draft draft) {
        open(draft);
        if (draft.tokens().isEmpty() && draft.echoes()) {
            add(answers.more(draft, 0));
        }
        add(answers.last(draft));
    }

    @Override
    public void flush() throws IOException {
        if (pending.isEmpty() && System.nanoTime() - lastNanos > PING_NANOS) {
            pending.append(PING);
        }
        if (!pending.isEmpty()) {
            send(false);
        }
    }

    private void send(boolean last) throws IOException {
        if (!begun) {
            begun = true;
            exchange.beginEvents();
        }
        exchange.write(pending.toString(), last);
        pending.setLength(0);
        lastNanos = System.nanoTime();
    }

    /** Whether anything went out, so that the status cannot be changed any more. */
    boolean begun() {
        return begun;
    }

    /** The end of a complete answer. */
    void finish(ObjectNode usage) throws IOException {
        if (usage != null) {
            add(usage);
        }
        pending.append(DONE);
        send(true);
    }

    /** The end of an answer that broke off. */
    void fail(ApiError error) throws IOException {
        add(error.json());
        pending.append(DONE);
        send(true);
    }
}
