package org.tornadomor.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.serving.Request.Sampling;
import org.tornadomor.serving.RequestListener.End;

/** Requests from other threads, faults and the end. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServingLoopTest {
    private static final ModelConfig CONFIG = Requests.config(0);
    private static Engine engine;
    private static ParameterSet weights;

    private final ConcurrentLinkedQueue<Throwable> faults = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void load() {
        engine = new CpuEngine(1);
        weights = new ParameterSet(engine, "weights", CONFIG);
        Checkpoints.initialise(engine, weights, 5);
    }

    @AfterAll
    static void close() {
        weights.close();
        engine.close();
    }

    private ServingLoop loop(int sequences, int queue) {
        return loop(sequences, queue, DepthPolicy.DEPTH_WISE);
    }

    private ServingLoop loop(int sequences, int queue, DepthPolicy policy) {
        DecoderSize size = DecoderSize.full(CONFIG, sequences, Requests.CONTEXT, 20 * sequences);
        return new ServingLoop(new Scheduler(engine, weights, size, 16, false, policy), queue, faults::add);
    }

    private static Request request(int first, int tokens) {
        return new Request(new int[] {first, 2}, tokens, new Sampling(1, 0, 1, 1), first, new int[0], 0.5, 0);
    }

    private static Heard over(Heard heard) throws InterruptedException {
        assertTrue(heard.over.await(60, TimeUnit.SECONDS));
        return heard;
    }

    /** Keeps the loop inside its first token until it is let go. */
    private static final class Holding implements RequestListener {
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        final CountDownLatch over = new CountDownLatch(1);

        @Override
        public boolean token(int id, int depth) {
            inside.countDown();
            try {
                return go.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void ended(End reason) {
            over.countDown();
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void requestsAreContinuedAndCounted() throws InterruptedException {
        try (ServingLoop loop = loop(2, 4)) {
            LoopState before = loop.state();
            assertTrue(before.accepting() && before.healthy());
            assertEquals(2, before.places());
            List<Heard> heard = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                heard.add(new Heard(1000));
                assertEquals(i, loop.submit(request(i, 7), heard.get(i)).number());
            }
            for (Heard each : heard) {
                assertEquals(End.LENGTH, over(each).end);
                assertEquals(7, each.ids.size());
            }
            assertTrue(loop.drain(Duration.ofSeconds(60)));
            LoopState state = loop.state();
            assertEquals(35, state.statistics().newTokens());
            assertEquals(10, state.statistics().promptTokens());
            assertEquals(5, state.statistics().ended());
            assertEquals(0, state.running() + state.waiting() + state.outerPages() + state.blockPages());
            // Each request draws 7 tokens from 2 + 6 rows.
            assertEquals(40, state.rowsAtDepth()[0]);
            assertFalse(state.accepting());
            assertTrue(state.healthy());
            assertThrows(ClosingException.class, () -> loop.submit(request(1, 1), new Heard(1)));
        }
        assertTrue(faults.isEmpty());
    }

    @Test
    void badInputIsToldWhereItComesFrom() throws InterruptedException {
        try (ServingLoop loop = loop(1, 0)) {
            Request tooLong = new Request(new int[Requests.CONTEXT + 1], 1, Sampling.GREEDY, 0, new int[0], 0.5, 0);
            assertThrows(UserError.class, () -> loop.submit(tooLong, new Heard(1)));
            assertThrows(UserError.class, () -> loop.submit(request(50, 1), new Heard(1)));
            Heard heard = new Heard(1000);
            loop.submit(request(1, 0), heard);
            assertEquals(End.LENGTH, over(heard).end);
        }
    }

    @Test
    void aFullQueueSaysWhenToTryAgain() throws InterruptedException {
        try (ServingLoop loop = loop(1, 1)) {
            Holding holding = new Holding();
            loop.submit(request(1, 1), holding);
            assertTrue(holding.inside.await(60, TimeUnit.SECONDS));
            Heard waiting = new Heard(1000);
            loop.submit(request(2, 1), waiting);
            QueueFullException full =
                    assertThrows(QueueFullException.class, () -> loop.submit(request(3, 1), new Heard(1000)));
            assertTrue(full.retryAfterSeconds() >= 1);
            holding.go.countDown();
            over(waiting);
            await(() -> loop.state().running() == 0);
            Heard later = new Heard(1000);
            loop.submit(request(3, 1), later);
            over(later);
        }
    }

    @Test
    void cancellingTakesEffectBeforeTheNextTick() throws InterruptedException {
        try (ServingLoop loop = loop(2, 4)) {
            Holding holding = new Holding();
            loop.submit(request(1, 2), holding);
            assertTrue(holding.inside.await(60, TimeUnit.SECONDS));
            Heard running = new Heard(1000);
            Heard waiting = new Heard(1000);
            Ticket first = loop.submit(request(2, 60), running);
            Ticket second = loop.submit(request(3, 60), waiting);
            loop.cancel(first);
            loop.cancel(second);
            holding.go.countDown();
            assertEquals(End.CANCELLED, over(running).end);
            assertEquals(End.CANCELLED, over(waiting).end);
            assertTrue(running.ids.isEmpty() && waiting.ids.isEmpty());
            Heard speaking = new Heard(1000);
            Ticket[] own = new Ticket[1];
            Semaphore known = new Semaphore(0);
            RequestListener itself = new RequestListener() {
                @Override
                public boolean token(int id, int depth) {
                    known.acquireUninterruptibly();
                    known.release();
                    loop.cancel(own[0]);
                    return speaking.token(id, depth);
                }

                @Override
                public void ended(End reason) {
                    speaking.ended(reason);
                }
            };
            own[0] = loop.submit(request(4, 60), itself);
            known.release();
            assertEquals(End.CANCELLED, over(speaking).end);
            assertEquals(1, speaking.ids.size());
            await(() -> loop.state().blockPages() == 0 && loop.state().outerPages() == 0);
            loop.cancel(own[0]);
            loop.cancel(first);
        }
    }

    @Test
    void aListenerThatThrowsEndsItsOwnRequestAlone() throws InterruptedException {
        Heard expected = new Heard(1000);
        try (ServingLoop loop = loop(1, 0)) {
            loop.submit(request(2, 30), expected);
            over(expected);
        }
        try (ServingLoop loop = loop(2, 4)) {
            Heard other = new Heard(1000);
            Heard told = new Heard(1000);
            RequestListener throwing = new RequestListener() {
                @Override
                public void prompt(int[] depths, int cached) {
                    throw new IllegalArgumentException("of a listener");
                }

                @Override
                public boolean token(int id, int depth) {
                    return told.token(id, depth);
                }

                @Override
                public void ended(End reason) {
                    told.ended(reason);
                    throw new IllegalArgumentException("once more");
                }
            };
            loop.submit(request(1, 30), throwing);
            loop.submit(request(2, 30), other);
            assertEquals(End.FAILED, over(told).end);
            assertTrue(told.ids.isEmpty());
            over(other).assertSame(expected, "the other");
            Runnable end = loop::close;
            RequestListener closing = new RequestListener() {
                @Override
                public boolean token(int id, int depth) {
                    end.run();
                    return true;
                }

                @Override
                public void ended(End reason) {
                    assertEquals(End.FAILED, reason);
                }
            };
            loop.submit(request(1, 30), closing);
            assertTrue(loop.drain(Duration.ofSeconds(60)));
            assertTrue(loop.state().healthy());
        }
        assertEquals(3, faults.size());
    }

    @Test
    void whereTheEngineBreaksAllRequestsFail() throws InterruptedException {
        boolean[] broken = new boolean[1];
        DepthPolicy policy = new DepthPolicy() {
            @Override
            public boolean feeds(int underWay) {
                return true;
            }

            @Override
            public int depth(int[] waiting) {
                if (broken[0]) {
                    throw new IllegalStateException("the device is gone");
                }
                return 0;
            }

            @Override
            public boolean leaves(int inRecursions) {
                return true;
            }
        };
        try (ServingLoop loop = loop(2, 4, policy)) {
            Holding holding = new Holding();
            loop.submit(request(1, 60), holding);
            assertTrue(holding.inside.await(60, TimeUnit.SECONDS));
            List<Heard> heard = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                heard.add(new Heard(1000));
                loop.submit(request(i, 60), heard.get(i));
            }
            broken[0] = true;
            holding.go.countDown();
            for (Heard each : heard) {
                assertEquals(End.FAILED, over(each).end);
            }
            await(() -> !loop.state().healthy());
            assertTrue(loop.state().fault().orElseThrow().contains("the device is gone"));
            ClosingException refused =
                    assertThrows(ClosingException.class, () -> loop.submit(request(1, 1), new Heard(1)));
            assertTrue(refused.getMessage().contains("the device is gone"));
            assertFalse(loop.drain(Duration.ofSeconds(1)));
            await(() -> faults.size() == 1);
        }
    }

    @Test
    void whatDoesNotEndInTimeIsCancelled() throws InterruptedException {
        try (ServingLoop loop = loop(1, 4)) {
            Holding holding = new Holding();
            loop.submit(request(1, 60), holding);
            assertTrue(holding.inside.await(60, TimeUnit.SECONDS));
            Heard waiting = new Heard(1000);
            loop.submit(request(2, 60), waiting);
            Thread release = Thread.ofVirtual().unstarted(() -> {
                await(() -> !loop.state().accepting());
                holding.go.countDown();
            });
            release.start();
            assertFalse(loop.drain(Duration.ZERO));
            assertEquals(0, holding.over.getCount());
            assertEquals(End.CANCELLED, waiting.end);
        }
    }

    @Test
    void closingCancelsAndAnIdleLoopRests() throws InterruptedException {
        Heard heard = new Heard(1000);
        ServingLoop loop = loop(1, 4);
        loop.submit(request(1, 3), heard);
        over(heard);
        Thread thread = Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().equals("tornado-mor serving loop") && t.isAlive())
                .findAny()
                .orElseThrow();
        await(() -> thread.getState() == Thread.State.WAITING);
        LoopState before = loop.state();
        assertEquals(before, loop.state());
        Holding holding = new Holding();
        loop.submit(request(1, 60), holding);
        assertTrue(holding.inside.await(60, TimeUnit.SECONDS));
        Heard cancelled = new Heard(1000);
        loop.submit(request(1, 60), cancelled);
        holding.go.countDown();
        loop.close();
        assertEquals(End.CANCELLED, cancelled.end);
        assertNull(cancelled.promptScores);
        assertFalse(thread.isAlive());
        assertThrows(ClosingException.class, () -> loop.submit(request(1, 1), new Heard(1)));
    }

    @Test
    void waitingTimesFollowHowFastRequestsEnded() {
        Throughput throughput = new Throughput();
        assertEquals(1, throughput.secondsToNext());
        long second = 1_000_000_000L;
        for (int i = 0; i < 100; i++) {
            throughput.ended(i * second, 1);
        }
        assertEquals(1, throughput.secondsToNext());
        for (int i = 0; i < 100; i++) {
            throughput.ended((100 + 7 * i) * second - i, 1);
        }
        assertEquals(7, throughput.secondsToNext());
        throughput.ended(1_000_000 * second, 1);
        assertEquals(300, throughput.secondsToNext());
        throughput.ended(1_000_000 * second, 40);
        assertEquals(1, throughput.secondsToNext());
    }
}
