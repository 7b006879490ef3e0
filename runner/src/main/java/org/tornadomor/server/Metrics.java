package org.tornadomor.server;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.tornadomor.serving.LoopState;
import org.tornadomor.serving.ServingLoop;

/** What the server counts and measures, as text for Prometheus. The names end as those of vLLM, behind {@code tornadomor_}. */
final class Metrics implements AutoCloseable {
    /** The type of the text. */
    static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final String PREFIX = "tornadomor.";
    private static final long[] TOKEN_MILLIS = {1, 2, 5, 10, 25, 50, 75, 100, 150, 200, 300, 500, 1000, 2500, 5000};
    private static final long[] FIRST_MILLIS = {
        1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000, 20_000, 40_000, 80_000
    };
    private static final long[] REQUEST_MILLIS = {
        10, 50, 100, 300, 500, 800, 1000, 1500, 2000, 2500, 5000, 10_000, 15_000, 20_000, 30_000, 40_000, 50_000,
        60_000, 120_000, 240_000, 480_000
    };
    private static final double[] COUNTS = {
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000
    };

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private volatile OfModel model;

    /** The metrics that need a model. */
    private final class OfModel {
        final Tags tags;
        final Timer first;
        final Timer between;
        final Timer whole;
        final Timer queue;
        final Timer prefill;
        final Timer decode;
        final DistributionSummary promptTokens;
        final DistributionSummary newTokens;
        final Counter[] depths;

        OfModel(ServedModel served) {
            tags = Tags.of("model_name", served.name());
            first = timer("time.to.first.token", "From the arrival of a request to its first token", FIRST_MILLIS);
            between = timer("inter.token.latency", "Between two tokens of a text", TOKEN_MILLIS);
            whole = timer("e2e.request.latency", "From the arrival of a request to its last token", REQUEST_MILLIS);
            queue = timer("request.queue.time", "From the arrival to the begin of computing", REQUEST_MILLIS);
            prefill = timer("request.prefill.time", "Reading of a prompt", REQUEST_MILLIS);
            decode = timer("request.decode.time", "From the end of the prompt to the last token", REQUEST_MILLIS);
            promptTokens = summary("request.prompt.tokens", "Tokens of the prompt of a text");
            newTokens = summary("request.generation.tokens", "New tokens of a text");
            depths = IntStream.rangeClosed(1, served.config().recursions())
                    .mapToObj(depth -> Counter.builder(PREFIX + "generation.tokens.by.depth")
                            .description("New tokens by the recursions that they took")
                            .tags(tags.and("depth", Integer.toString(depth)))
                            .register(registry))
                    .toArray(Counter[]::new);
            follow(served);
        }

        private Timer timer(String name, String what, long[] millis) {
            return Timer.builder(PREFIX + name)
                    .description(what)
                    .tags(tags)
                    .serviceLevelObjectives(
                            LongStream.of(millis).mapToObj(Duration::ofMillis).toArray(Duration[]::new))
                    .register(registry);
        }

        private DistributionSummary summary(String name, String what) {
            return DistributionSummary.builder(PREFIX + name)
                    .description(what)
                    .tags(tags)
                    .serviceLevelObjectives(COUNTS)
                    .register(registry);
        }

        /** What the loop says of itself, read when somebody asks. */
        private void follow(ServedModel served) {
            ServingLoop loop = served.loop();
            gauge(loop, "num.requests.running", "Texts that are being decoded", LoopState::running);
            gauge(loop, "num.requests.waiting", "Texts that wait for a place", LoopState::waiting);
            gauge(loop, "num.requests.places", "Texts that can be decoded at a time", LoopState::places);
            gauge(loop, "kv.cache.usage.perc", "Share of the pages of keys and values in use, 0 to 1", Metrics::usage);
            pages(loop, "outer", LoopState::outerPages, LoopState::outerPagesMost);
            pages(loop, "block", LoopState::blockPages, LoopState::blockPagesMost);
            count(
                    loop,
                    "prompt.tokens",
                    "Tokens of prompts",
                    s -> s.statistics().promptTokens());
            count(loop, "generation.tokens", "New tokens", s -> s.statistics().newTokens());
            count(
                    loop,
                    "num.preemptions",
                    "Texts that were set back for want of pages",
                    s -> s.statistics().preemptions());
            count(
                    loop,
                    "prefix.cache.queries",
                    "Tokens that the prefix cache was asked for",
                    s -> s.statistics().lookedUpTokens());
            count(
                    loop,
                    "prefix.cache.hits",
                    "Tokens that it had",
                    s -> s.statistics().cachedTokens());
            count(
                    loop,
                    "ticks",
                    "Passes over the shared block",
                    s -> s.statistics().ticks());
            for (int r = 0; r < served.config().recursions(); r++) {
                int depth = r;
                FunctionCounter.builder(PREFIX + "rows", loop, l -> l.state().rowsAtDepth()[depth])
                        .description("Rows that ran each recursion; divided by ticks, rows a tick by depth")
                        .tags(tags.and("depth", Integer.toString(depth + 1)))
                        .register(registry);
                Gauge.builder(PREFIX + "rows.waiting", loop, l -> l.state().rowsWaiting()[depth])
                        .description("Rows under way that run each recursion next")
                        .tags(tags.and("depth", Integer.toString(depth + 1)))
                        .register(registry);
            }
        }

        private void gauge(ServingLoop loop, String name, String what, ToDoubleFunction<LoopState> value) {
            Gauge.builder(PREFIX + name, loop, l -> value.applyAsDouble(l.state()))
                    .description(what)
                    .tags(tags)
                    .register(registry);
        }

        private void pages(
                ServingLoop loop, String kind, ToDoubleFunction<LoopState> used, ToDoubleFunction<LoopState> all) {
            Tags kinds = tags.and("layers", kind);
            Gauge.builder(PREFIX + "kv.pages.used", loop, l -> used.applyAsDouble(l.state()))
                    .description("Pages of keys and values in use")
                    .tags(kinds)
                    .register(registry);
            Gauge.builder(PREFIX + "kv.pages", loop, l -> all.applyAsDouble(l.state()))
                    .description("Pages of keys and values that there are")
                    .tags(kinds)
                    .register(registry);
        }

        private void count(ServingLoop loop, String name, String what, ToDoubleFunction<LoopState> value) {
            FunctionCounter.builder(PREFIX + name, loop, l -> value.applyAsDouble(l.state()))
                    .description(what)
                    .tags(tags)
                    .register(registry);
        }
    }

    private static double usage(LoopState state) {
        int all = state.outerPagesMost() + state.blockPagesMost();
        return all == 0 ? 0 : (state.outerPages() + state.blockPages()) / (double) all;
    }

    /** From now on there is a model to count for. */
    void follow(ServedModel served) {
        model = new OfModel(served);
    }

    /** A request was answered. */
    void answered(String route, int status) {
        Counter.builder(PREFIX + "http.requests")
                .description("Requests by route and status")
                .tags("route", route, "status", Integer.toString(status))
                .register(registry)
                .increment();
    }

    /** Counts a token of a text, before the draft gets it. */
    void token(Exchange exchange, Draft draft, Mailbox.Piece piece) {
        if (draft.tokens().isEmpty()) {
            model.first.record(Duration.ofNanos(piece.nanos() - exchange.arrivedNanos()));
        } else {
            model.between.record(
                    Duration.ofNanos(piece.nanos() - draft.tokens().getLast().nanos()));
        }
        model.depths[piece.depth() - 1].increment();
    }

    /** A text is complete. */
    void ended(Exchange exchange, Mailbox.Ended end, Draft draft) {
        Choice choice = end.choice();
        ended(Answers.finish(end.reason()));
        model.whole.record(Duration.ofNanos(end.nanos() - exchange.arrivedNanos()));
        if (choice.beganNanos() != 0) {
            model.queue.record(Duration.ofNanos(choice.beganNanos() - exchange.arrivedNanos()));
        }
        if (choice.promptNanos() != 0) {
            model.prefill.record(Duration.ofNanos(choice.promptNanos() - choice.beganNanos()));
            model.decode.record(Duration.ofNanos(end.nanos() - choice.promptNanos()));
        }
        model.promptTokens.record(choice.promptIds.length);
        model.newTokens.record(draft.tokens().size());
    }

    /** A text ended: stop, length, abort or error. */
    void ended(String reason) {
        Counter.builder(PREFIX + "request.success")
                .description("Texts by the reason of their end; abort: cancelled, error: a fault")
                .tags(model.tags.and("finished_reason", reason))
                .register(registry)
                .increment();
    }

    String text() {
        return registry.scrape();
    }

    @Override
    public void close() {
        registry.close();
    }
}
