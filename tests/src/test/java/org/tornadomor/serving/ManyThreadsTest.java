package org.tornadomor.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.serving.RequestListener.End;

/** 10,000 requests from many threads at once, some cancelled, some with listeners that throw: each gets what it gets alone. */
class ManyThreadsTest {
    private static final int THREADS = 16;
    private static final int EACH = 625;
    private static final int KINDS = 120;
    private static final int QUEUE = 20;

    private final ModelConfig config = Requests.config(0);
    private final ExecutorService later = Executors.newVirtualThreadPerTaskExecutor();
    private final Queue<CompletableFuture<Void>> checks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger cancelled = new AtomicInteger();
    private final AtomicInteger thrown = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    /** A request that is asked for again and again, and what comes of it alone. */
    private record Known(Request request, Heard alone) {}

    private List<Known> known(Engine engine, ParameterSet weights) {
        Random random = new Random(11);
        List<Request> requests = new ArrayList<>();
        List<Known> known = new ArrayList<>();
        DecoderSize size = DecoderSize.full(config, 1, Requests.CONTEXT, 3 * Requests.CONTEXT);
        try (Scheduler alone = new Scheduler(engine, weights, size, 64, false, DepthPolicy.DEPTH_WISE)) {
            for (int i = 0; i < KINDS; i++) {
                Request any = Requests.draw(random, config, requests);
                requests.add(any);
                Request brief = new Request(
                        any.prompt(),
                        Math.min(any.maxNewTokens(), random.nextInt(6)),
                        any.sampling(),
                        any.seed(),
                        any.ends(),
                        // Few ways to route, so that prefixes are met again.
                        i % 3 == 0 ? 0.5 : 0.45,
                        any.maxDepth(),
                        any.extras());
                Heard heard = new Heard(1000);
                alone.submit(brief, heard);
                alone.drain();
                known.add(new Known(brief, heard));
            }
        }
        return known;
    }

    /** Passes on, and throws at a token. */
    private record Throwing(Heard heard, int at) implements RequestListener {
        @Override
        public boolean token(int id, int depth) {
            if (heard.ids.size() == at) {
                throw new IllegalStateException("of a listener");
            }
            return heard.token(id, depth);
        }

        @Override
        public void ended(End reason) {
            heard.ended(reason);
        }
    }

    private void client(ServingLoop loop, List<Known> known, int number) {
        Random random = new Random(number);
        try {
            for (int i = 0; i < EACH; i++) {
                one(loop, known.get(random.nextInt(KINDS)), random);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void one(ServingLoop loop, Known what, Random random) throws InterruptedException {
        Heard heard = new Heard(1000);
        int throwsAt = random.nextInt(50) == 0 ? random.nextInt(3) : -1;
        RequestListener listener = throwsAt < 0 ? heard : new Throwing(heard, throwsAt);
        Ticket ticket = null;
        while (ticket == null) {
            try {
                ticket = loop.submit(what.request, listener);
            } catch (QueueFullException e) {
                refused.incrementAndGet();
                TimeUnit.MILLISECONDS.sleep(1);
            }
        }
        if (random.nextInt(5) == 0) {
            if (random.nextBoolean()) {
                TimeUnit.MICROSECONDS.sleep(random.nextInt(2000));
            }
            loop.cancel(ticket);
        }
        // Half of the time the client goes on before this one is over.
        CompletableFuture<Void> checked = CompletableFuture.runAsync(() -> check(what, heard, throwsAt), later);
        if (random.nextBoolean()) {
            checked.join();
        } else {
            checks.add(checked);
        }
    }

    private void check(Known what, Heard heard, int throwsAt) {
        try {
            assertTrue(heard.over.await(120, TimeUnit.SECONDS), "a request was lost");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        cancelled.addAndGet(heard.end == End.CANCELLED ? 1 : 0);
        if (heard.end == End.FAILED) {
            thrown.incrementAndGet();
            assertEquals(what.alone.ids.subList(0, throwsAt), heard.ids);
        } else if (throwsAt < 0 || heard.end == End.CANCELLED) {
            heard.assertSame(what.alone, "a request of " + what.request.prompt().length + " tokens");
        }
    }

    @Test
    void eachGetsWhatItGetsAlone() throws InterruptedException {
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            List<Known> known = known(engine, weights);
            // Much less memory than eight sequences may take, so that some are set back.
            DecoderSize size = new DecoderSize(8, Requests.CONTEXT, 60, 10, 16, 8, 16, ElementType.F32);
            Scheduler scheduler = new Scheduler(engine, weights, size, 24, true, DepthPolicy.DEPTH_WISE);
            try (ServingLoop loop = new ServingLoop(scheduler, QUEUE, e -> {})) {
                List<Thread> clients = new ArrayList<>();
                List<CompletableFuture<Void>> ends = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    int number = i;
                    CompletableFuture<Void> end = new CompletableFuture<>();
                    ends.add(end);
                    clients.add(Thread.ofPlatform().start(() -> {
                        try {
                            client(loop, known, number);
                            end.complete(null);
                        } catch (RuntimeException | Error e) {
                            end.completeExceptionally(e);
                        }
                    }));
                }
                ends.forEach(CompletableFuture::join);
                checks.forEach(CompletableFuture::join);
                assertTrue(loop.drain(Duration.ofSeconds(60)));
                LoopState state = loop.state();
                assertTrue(state.healthy());
                assertEquals(THREADS * EACH, state.statistics().ended());
                assertEquals(0, state.running() + state.waiting());
                assertTrue(state.statistics().preemptions() > 0, "nobody was set back");
                assertTrue(state.statistics().cachedTokens() > 0, "no prefix was met again");
                assertTrue(cancelled.get() > 0 && thrown.get() > 0 && refused.get() > 0);
                scheduler.decoder().forgetPrefixes();
                assertEquals(
                        0,
                        scheduler.decoder().usedOuterPages()
                                + scheduler.decoder().usedBlockPages());
            }
        }
    }
}
