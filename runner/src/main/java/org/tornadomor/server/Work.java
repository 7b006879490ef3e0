package org.tornadomor.server;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.serving.ClosingException;
import org.tornadomor.serving.QueueFullException;
import org.tornadomor.serving.RequestListener.End;

/**
 * The texts that one request asks for, on their way: submits them, collects their tokens, and cancels what is left when the client
 * goes away, the time is up or anything fails.
 */
final class Work {
    /** If nothing comes for so long, check whether the client is still there. */
    private static final long LOOK_MILLIS = 100;

    /** While tokens come, check at most this often: each check asks the system about the connection. */
    private static final long LOOK_NANOS = 10_000_000;

    private static final int RETRY_SECONDS = 5;

    private final ServedModel model;
    private final Wanted wanted;
    private final Exchange exchange;
    private final Metrics metrics;
    private final Line line;
    private final long deadline;
    private final Mailbox mailbox = new Mailbox();
    private final List<Draft> drafts = new ArrayList<>();
    private final Map<Choice, Draft> byChoice = new HashMap<>();
    private final Deque<Choice> waiting = new ArrayDeque<>();
    private final Set<Integer> stopTokens;
    /** Texts that found a place in the queue. */
    private int submitted;

    private int ended;
    private long lastLook = System.nanoTime();

    /** Hears of the texts as they grow. */
    interface Sink {
        /** There are tokens from {@code from} on that were not there before. */
        void more(Draft draft, int from) throws IOException;

        /** A text is complete. */
        void end(Draft draft) throws IOException;

        /** Everything that came so far was passed on. */
        void flush() throws IOException;
    }

    /** For an answer that is sent as a whole at the end. */
    static final Sink NOTHING = new Sink() {
        @Override
        public void more(Draft draft, int from) {}

        @Override
        public void end(Draft draft) {}

        @Override
        public void flush() {}
    };

    /** @param deadline in nanoseconds */
    Work(
            ServedModel model,
            Wanted wanted,
            List<int[]> prompts,
            boolean echo,
            Exchange exchange,
            Metrics metrics,
            Line line,
            long deadline) {
        this.model = model;
        this.wanted = wanted;
        this.exchange = exchange;
        this.metrics = metrics;
        this.line = line;
        this.deadline = deadline;
        stopTokens = model.texts().specialTokens(wanted.stops());
        for (int p = 0; p < prompts.size(); p++) {
            for (int c = 0; c < wanted.choices(); c++) {
                Choice choice = new Choice(
                        drafts.size(),
                        p,
                        prompts.get(p),
                        model.texts().tokenizer(),
                        wanted.stops(),
                        stopTokens,
                        mailbox);
                Draft draft = new Draft(choice, echo, model.texts().tokenizer());
                drafts.add(draft);
                byChoice.put(choice, draft);
                waiting.add(choice);
            }
        }
    }

    /**
     * Makes the texts.
     *
     * @throws ApiError if they cannot be made
     * @throws ClientGoneException if nobody waits for them any more
     */
    List<Draft> run(Sink sink) throws IOException, InterruptedException {
        try {
            List<Mailbox.Event> events = new ArrayList<>();
            while (ended < drafts.size()) {
                submit();
                events.clear();
                mailbox.take(events, LOOK_MILLIS);
                requireClient();
                tell(events, sink);
                if (System.nanoTime() - deadline > 0 && ended < drafts.size()) {
                    throw ApiError.of(
                            504, ApiError.UNAVAILABLE, "timeout", "the request took longer than this server allows");
                }
            }
            return drafts;
        } finally {
            line.leave(this);
            byChoice.keySet().forEach(this::abandon);
        }
    }

    private void requireClient() throws ClientGoneException {
        long now = System.nanoTime();
        if (now - lastLook < LOOK_NANOS) {
            return;
        }
        lastLook = now;
        if (exchange.clientWentAway()) {
            throw new ClientGoneException("the client went away");
        }
    }

    private void abandon(Choice choice) {
        if (choice.ticket != null && !choice.ended) {
            model.loop().cancel(choice.ticket);
            metrics.ended("abort");
        }
    }

    Answers.Usage usage() {
        return new Answers.Usage(drafts);
    }

    /** The first text finds a place in the queue, or the request is refused; others come when there is room for them. */
    private void submit() {
        if (waiting.isEmpty()) {
            return;
        }
        if (!line.isFirst(this)) {
            if (submitted == 0) {
                throw ApiError.busy("a larger request waits for places in the queue; try again in 1 s", 1);
            }
            return;
        }
        while (!waiting.isEmpty()) {
            Choice choice = waiting.getFirst();
            try {
                int number = choice.index % wanted.choices();
                choice.ticket =
                        model.loop().submit(wanted.request(model, choice.promptIds, number, stopTokens), choice);
            } catch (QueueFullException e) {
                if (submitted == 0) {
                    throw ApiError.busy(e.getMessage(), e.retryAfterSeconds());
                }
                line.join(this);
                return;
            } catch (ClosingException e) {
                throw ApiError.unavailable("unavailable", e.getMessage(), RETRY_SECONDS);
            } catch (UserError e) {
                throw ApiError.invalid(null, e.getMessage());
            }
            waiting.removeFirst();
            submitted++;
        }
        line.leave(this);
    }

    private void tell(List<Mailbox.Event> events, Sink sink) throws IOException {
        Map<Draft, Integer> grown = new HashMap<>();
        for (Mailbox.Event event : events) {
            switch (event) {
                case Mailbox.Piece piece -> {
                    Draft draft = byChoice.get(piece.choice());
                    grown.putIfAbsent(draft, draft.tokens().size());
                    metrics.token(exchange, draft, piece);
                    draft.add(piece);
                }
                case Mailbox.Ended end -> {
                    Draft draft = byChoice.get(end.choice());
                    end.choice().ended = true;
                    ended++;
                    requireWhole(end);
                    draft.end(end.reason());
                    metrics.ended(exchange, end, draft);
                }
            }
        }
        for (Draft draft : drafts) {
            Integer from = grown.get(draft);
            if (from != null) {
                sink.more(draft, from);
            }
        }
        for (Mailbox.Event event : events) {
            if (event instanceof Mailbox.Ended end) {
                sink.end(byChoice.get(end.choice()));
            }
        }
        sink.flush();
    }

    private void requireWhole(Mailbox.Ended end) throws IOException {
        if (end.choice().tooSlow()) {
            metrics.ended("abort");
            throw new ClientGoneException("the client reads too slowly");
        }
        if (end.reason() == End.CANCELLED) {
            metrics.ended("abort");
            throw ApiError.unavailable(
                    "unavailable", "the server shut down before the answer was complete", RETRY_SECONDS);
        }
        if (end.reason() == End.FAILED) {
            metrics.ended("error");
            throw ApiError.internal();
        }
    }
}
