package org.tornadomor.server;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.jetty.util.thread.Scheduler;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers {@code /v1/completions} and {@code /v1/chat/completions}. */
final class Completions {
    /** As OpenAI has it. */
    private static final int DEFAULT_MAX_TOKENS = 16;

    private static final int LONGEST_LOGGED = 500;

    private final ServerSettings settings;
    private final Metrics metrics;
    private final AccessLog log;
    private final Line line = new Line();
    private volatile TokenNames names;

    Completions(ServerSettings settings, Metrics metrics, AccessLog log) {
        this.settings = settings;
        this.metrics = metrics;
        this.log = log;
    }

    void complete(Exchange exchange, Fields fields, ServedModel model) throws IOException, InterruptedException {
        Unsupported.refuseInCompletion(fields);
        boolean echo = fields.bool("echo", false);
        int scores = fields.has("logprobs") ? fields.integer("logprobs", 0, 0, Wanted.MOST_SCORES) : -1;
        int maxTokens = fields.integer("max_tokens", DEFAULT_MAX_TOKENS, 0, Integer.MAX_VALUE);
        Wanted wanted = read(fields, model, maxTokens, scores, echo && scores >= 0);
        List<int[]> prompts = Prompts.ofCompletion(fields, model);
        logPrompt(fields.get("prompt"));
        answer(exchange, model, wanted, prompts, echo, false);
    }

    void chat(Exchange exchange, Fields fields, ServedModel model) throws IOException, InterruptedException {
        Unsupported.refuseInChat(fields);
        int scores = -1;
        if (fields.bool("logprobs", false)) {
            scores = fields.integer("top_logprobs", 0, 0, Wanted.MOST_SCORES);
        } else if (fields.integer("top_logprobs", 0, 0, Wanted.MOST_SCORES) > 0) {
            throw ApiError.invalid("top_logprobs", "top_logprobs: it needs logprobs to be true");
        }
        int maxTokens = fields.integer("max_completion_tokens", Integer.MAX_VALUE, 0, Integer.MAX_VALUE);
        maxTokens = Math.min(maxTokens, fields.integer("max_tokens", Integer.MAX_VALUE, 0, Integer.MAX_VALUE));
        Wanted wanted = read(fields, model, maxTokens, scores, false);
        int[] prompt = Prompts.ofChat(fields, model);
        logPrompt(fields.get("messages"));
        answer(exchange, model, wanted.withStops(model.chat().stops()), List.of(prompt), false, true);
    }

    private static Wanted read(Fields fields, ServedModel model, int maxTokens, int scores, boolean promptScores) {
        try {
            return Wanted.read(fields, model, maxTokens, scores, promptScores);
        } catch (UserError e) {
            throw ApiError.invalid(null, e.getMessage());
        }
    }

    private void logPrompt(JsonNode prompt) {
        if (settings.logPrompts()) {
            log.line("prompt " + Exchange.shown(prompt.toString(), LONGEST_LOGGED));
        }
    }

    private void answer(
            Exchange exchange, ServedModel model, Wanted wanted, List<int[]> prompts, boolean echo, boolean chat)
            throws IOException, InterruptedException {
        String number = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        exchange.response().getHeaders().put("X-Request-Id", number);
        long deadline = exchange.arrivedNanos() + settings.timeout().toNanos();
        long created = System.currentTimeMillis() / 1000;
        Answers answers = new Answers(model, names(model), wanted, chat, number, created);
        Work work = new Work(model, wanted, prompts, echo, exchange, metrics, line, deadline);
        // A client that takes its answer byte by byte would have a thread and a connection for ever.
        Scheduler.Task end = exchange.closeAfter(settings.timeout().plus(settings.idle()));
        try {
            if (wanted.stream()) {
                stream(work, new EventStream(exchange, answers, chat), answers, wanted);
            } else {
                List<Draft> drafts = work.run(Work.NOTHING);
                ObjectNode whole = answers.whole(drafts, work.usage());
                exchange.send(200, whole);
            }
        } finally {
            end.cancel();
            exchange.note("id=" + number + " " + work.usage());
        }
    }

    private static void stream(Work work, EventStream events, Answers answers, Wanted wanted)
            throws IOException, InterruptedException {
        try {
            work.run(events);
            events.finish(wanted.usageAtEnd() ? answers.usage(work.usage()) : null);
        } catch (ApiError e) {
            if (!events.begun()) {
                throw e;
            }
            events.fail(e);
        }
    }

    private TokenNames names(ServedModel model) {
        TokenNames there = names;
        if (there == null) {
            there = new TokenNames(model.texts().tokenizer());
            names = there;
        }
        return there;
    }
}
