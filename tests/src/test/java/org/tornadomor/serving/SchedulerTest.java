package org.tornadomor.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.KvMode;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.serving.RequestListener.End;

/** Requests that arrive at random, are cancelled and set back, get just what each gets alone. */
class SchedulerTest {
    private static final int CONTEXT = Requests.CONTEXT;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void companyChangesNothing(int kind) {
        ModelConfig config = Requests.config(kind);
        Random random = new Random(40 + kind);
        try (Engine engine = new CpuEngine(2);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            for (int round = 0; round < 4; round++) {
                int each = CONTEXT / 16;
                boolean routed = config.mor() != null;
                int block = !routed ? 0 : each * (config.kv() == KvMode.SHARED ? 1 : 3) * (1 + random.nextInt(2));
                DecoderSize size = new DecoderSize(
                        4,
                        CONTEXT,
                        8 + random.nextInt(60),
                        4 + random.nextInt(6),
                        16,
                        each * (1 + random.nextInt(2)),
                        block,
                        ElementType.F32);
                DepthPolicy policy = round == 3 ? DepthPolicy.LOCK_STEP : DepthPolicy.DEPTH_WISE;
                company(engine, weights, config, size, policy, random);
            }
        }
    }

    /**
     * Many places and pages for a few: who begins has pages to go on with, so that little is computed twice. Where whoever found a free page
     * began, requests of the routed model were set back 36 times each here, and half of the rows were computed in vain.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 5})
    void littleIsComputedTwiceWherePagesAreScarce(int kind) {
        ModelConfig config = Requests.config(kind);
        int requests = 96;
        int pages = 10 * CONTEXT / 16;
        DecoderSize size = new DecoderSize(48, CONTEXT, 96, 48, 16, pages, kind == 5 ? 0 : 2 * pages, ElementType.F32);
        try (Engine engine = new CpuEngine(2);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            try (Scheduler scheduler = new Scheduler(engine, weights, size, 48, false, DepthPolicy.DEPTH_WISE)) {
                Request.Sampling sampling = new Request.Sampling(1, 0, 1, 1);
                long tokens = 0;
                for (int i = 0; i < requests; i++) {
                    int length = CONTEXT - 4 - i % 20;
                    Request request = new Request(new int[] {i % 5}, length, sampling, i, new int[0], 0.5, 0);
                    scheduler.submit(request, new Heard(Integer.MAX_VALUE));
                    tokens += length;
                }
                scheduler.drain();
                Statistics statistics = scheduler.statistics();
                assertEquals(tokens, statistics.newTokens());
                assertTrue(statistics.preemptions() < 2 * requests, statistics.toString());
            }
        }
    }

    private static void company(
            Engine engine,
            ParameterSet weights,
            ModelConfig config,
            DecoderSize size,
            DepthPolicy policy,
            Random random) {
        List<Request> requests = new ArrayList<>();
        List<Heard> heard = new ArrayList<>();
        List<Ticket> tickets = new ArrayList<>();
        boolean reuses = random.nextBoolean();
        try (Scheduler scheduler = new Scheduler(engine, weights, size, 1 + random.nextInt(30), reuses, policy)) {
            while (requests.size() < 12 || scheduler.busy()) {
                if (requests.size() < 12 && random.nextInt(4) == 0) {
                    Request request = Requests.draw(random, config, requests);
                    Heard listener = new Heard(random.nextInt(4) == 0 ? 1 + random.nextInt(10) : 1000);
                    requests.add(request);
                    heard.add(listener);
                    tickets.add(scheduler.submit(request, listener));
                }
                if (!tickets.isEmpty() && random.nextInt(40) == 0) {
                    scheduler.cancel(tickets.get(random.nextInt(tickets.size())));
                }
                scheduler.step();
            }
            scheduler.decoder().forgetPrefixes();
            assertEquals(
                    0,
                    scheduler.decoder().usedOuterPages() + scheduler.decoder().usedBlockPages());
        }
        DecoderSize plenty = DecoderSize.full(config, 1, CONTEXT, 3 * CONTEXT);
        try (Scheduler alone = new Scheduler(engine, weights, plenty, CONTEXT, false, DepthPolicy.DEPTH_WISE)) {
            for (int i = 0; i < requests.size(); i++) {
                Heard expected = new Heard(heard.get(i).stopAfter);
                alone.submit(requests.get(i), expected);
                alone.drain();
                heard.get(i).assertSame(expected, "request " + i);
            }
        }
    }

    @Test
    void aLongPromptDoesNotHoldUpOthers() {
        ModelConfig config = Requests.config(0);
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            DecoderSize size = DecoderSize.full(config, 2, CONTEXT, 40);
            try (Scheduler scheduler = new Scheduler(engine, weights, size, 4, false, DepthPolicy.DEPTH_WISE)) {
                Heard speaking = new Heard(1000);
                scheduler.submit(
                        new Request(new int[] {1}, 30, Request.Sampling.GREEDY, 0, new int[0], 0.5, 1), speaking);
                scheduler.step();
                int before = speaking.ids.size();
                Heard reading = new Heard(1000);
                scheduler.submit(new Request(new int[40], 2, Request.Sampling.GREEDY, 0, new int[0], 0.5, 0), reading);
                for (int tick = 1; tick <= 9; tick++) {
                    scheduler.step();
                    assertEquals(before + tick, speaking.ids.size(), "a token in each tick");
                }
                assertTrue(reading.ids.isEmpty());
                scheduler.drain();
                assertEquals(2, reading.ids.size());
            }
        }
    }

    /** Wherever a listener cancels its own request, nothing more comes and the pages are free, but for what is kept. */
    @Test
    void aListenerMayCancelItsOwnRequest() {
        ModelConfig config = Requests.config(0);
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            DecoderSize size = DecoderSize.full(config, 2, CONTEXT, 40);
            try (Scheduler scheduler = new Scheduler(engine, weights, size, 16, true, DepthPolicy.DEPTH_WISE)) {
                for (int where = 0; where < 4; where++) {
                    Heard heard = new Heard(1000);
                    Cancelling cancelling = new Cancelling(scheduler, heard, where);
                    Extras scores = new Extras(Map.of(), 0, 0, 0, where == 1, false);
                    cancelling.ticket = scheduler.submit(
                            new Request(new int[40], 5, Request.Sampling.GREEDY, 0, new int[0], 0.5, 0, scores),
                            cancelling);
                    scheduler.drain();
                    assertEquals(End.CANCELLED, heard.end);
                    assertEquals(where == 3 ? 1 : 0, heard.ids.size());
                    scheduler.decoder().forgetPrefixes();
                    assertEquals(0, scheduler.decoder().usedBlockPages());
                }
            }
        }
    }

    /** Cancels when it hears of the prompt (0), of its scores (1), of a token's score (2) or of a token (3). */
    private static final class Cancelling implements RequestListener {
        private final Scheduler scheduler;
        private final Heard heard;
        private final int where;
        private Ticket ticket;

        Cancelling(Scheduler scheduler, Heard heard, int where) {
            this.scheduler = scheduler;
            this.heard = heard;
            this.where = where;
        }

        private void at(int now) {
            if (now == where) {
                scheduler.cancel(ticket);
            }
        }

        @Override
        public void prompt(int[] depths, int cached) {
            at(0);
        }

        @Override
        public void promptScores(List<TokenScore> scores) {
            at(1);
        }

        @Override
        public void score(TokenScore score) {
            at(2);
        }

        @Override
        public boolean token(int id, int depth) {
            boolean more = heard.token(id, depth);
            at(3);
            return more;
        }

        @Override
        public void ended(End reason) {
            heard.ended(reason);
        }
    }

    @Test
    void cancellingFreesPagesAndNothingToDoEndsAtOnce() {
        ModelConfig config = Requests.config(0);
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            DecoderSize size = DecoderSize.full(config, 2, CONTEXT, 40);
            try (Scheduler scheduler = new Scheduler(engine, weights, size, 16, false, DepthPolicy.DEPTH_WISE)) {
                Heard heard = new Heard(1000);
                Ticket ticket = scheduler.submit(
                        new Request(new int[40], 20, Request.Sampling.GREEDY, 0, new int[0], 0.5, 0), heard);
                scheduler.step();
                assertTrue(scheduler.decoder().usedBlockPages() > 0);
                scheduler.cancel(ticket);
                assertEquals(End.CANCELLED, heard.end);
                assertEquals(0, scheduler.decoder().usedBlockPages());
                assertFalse(scheduler.step());
                Heard none = new Heard(1000);
                scheduler.submit(new Request(new int[] {1}, 0, Request.Sampling.GREEDY, 0, new int[0], 0.5, 0), none);
                assertEquals(End.LENGTH, none.end);
                Heard full = new Heard(1000);
                scheduler.submit(
                        new Request(new int[CONTEXT], 9, Request.Sampling.GREEDY, 0, new int[0], 0.5, 0), full);
                scheduler.drain();
                assertEquals(End.CONTEXT, full.end);
                assertEquals(1, full.ids.size());
                Request tooLong = new Request(new int[CONTEXT + 1], 1, Request.Sampling.GREEDY, 0, new int[0], 0.5, 0);
                assertThrows(UserError.class, () -> scheduler.submit(tooLong, none));
                Request unknown = new Request(new int[] {50}, 1, Request.Sampling.GREEDY, 0, new int[0], 0.5, 0);
                assertThrows(UserError.class, () -> scheduler.submit(unknown, none));
                Request deep = new Request(new int[] {1}, 1, Request.Sampling.GREEDY, 0, new int[0], 0.5, 4);
                assertThrows(UserError.class, () -> scheduler.submit(deep, none));
            }
        }
    }
}
