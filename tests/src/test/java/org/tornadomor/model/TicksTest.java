package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.UserError;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;

/**
 * Sequences that come, grow and go at random, in few pages, with thresholds and depths of their own, get the logits that each has
 * alone as a whole sequence; and memory is what tokens at each depth take.
 */
class TicksTest {
    private static final double TOLERANCE = 1e-4;
    /** Tokens that were not computed, since their keys were known. */
    private static int adopted;

    /** A sequence that is fed bit by bit, and what it must get. */
    private static final class Stream {
        int[] ids;
        double threshold;
        int maxDepth;
        float[] expected;
        int[] expectedDepths;
        int number = -1;
        int fed;
        /** Tokens whose logits were compared; those behind a decision that fell the other way are not. */
        int compared;

        boolean differs;
    }

    @TestFactory
    List<DynamicTest> ticksEqualScoring() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int seed = 100; seed < 148; seed++) {
            Random random = new Random(seed);
            ModelConfig config = RandomModels.config(random, seed);
            long testSeed = seed;
            tests.add(DynamicTest.dynamicTest(seed + " " + RandomModels.describe(config), () -> {
                try (Engine engine = new CpuEngine(2)) {
                    run(engine, engine, config, new Random(testSeed), TOLERANCE);
                }
            }));
        }
        return tests;
    }

    /** Scores on one engine, decodes on another, which may be the same. */
    static void run(Engine scoring, Engine engine, ModelConfig config, Random random, double tolerance) {
        int context = 20 + random.nextInt(40);
        int count = 5;
        boolean looped = new KeyLayout(config).looped();
        try (ParameterSet scored = new ParameterSet(scoring, "weights", config);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            RandomModels.initialise(scoring, scored, random);
            DecoderTest.copy(scored, scoring, weights, engine);
            int together = looped ? config.recursions() : 1 + random.nextInt(config.recursions());
            List<Stream> streams = new ArrayList<>();
            try (Scorer scorer = new Scorer(scoring, scored, 1, context)) {
                for (int i = 0; i < count; i++) {
                    Stream like = i > 0 && random.nextBoolean() ? streams.get(random.nextInt(i)) : null;
                    streams.add(stream(scorer, config, random, context, looped, together, like));
                }
            }
            KeyLayout layout = new KeyLayout(config);
            int each = (context + 15) / 16;
            // From just enough for one sequence up to plenty.
            int outer = layout.outerLayers().isEmpty() ? 0 : each * (1 + random.nextInt(3));
            int block = layout.planes() * each * (1 + random.nextInt(2));
            DecoderSize size = new DecoderSize(
                    3, context, 4 + random.nextInt(40), 2 + random.nextInt(4), 16, outer, block, ElementType.F32);
            DepthPolicy policy = random.nextInt(4) == 0 ? DepthPolicy.LOCK_STEP : DepthPolicy.DEPTH_WISE;
            try (Decoder decoder = new Decoder(engine, weights, size)) {
                decode(decoder, streams, policy, random, tolerance, config.vocabSize());
                decoder.forgetPrefixes();
                assertEquals(0, decoder.usedOuterPages());
                assertEquals(0, decoder.usedBlockPages());
            }
            int compared = streams.stream().mapToInt(s -> s.compared).sum();
            int all = streams.stream().mapToInt(s -> s.ids.length).sum();
            assertTrue(compared >= all / 2, "only " + compared + " of " + all + " tokens agree in depth");
        }
    }

    private static Stream stream(
            Scorer scorer, ModelConfig config, Random random, int context, boolean looped, int together, Stream like) {
        Stream s = new Stream();
        s.ids = random.ints(1 + random.nextInt(context), 0, config.vocabSize()).toArray();
        s.threshold = random.nextBoolean() ? 0.5 : 0.45 + 0.1 * random.nextDouble();
        if (like != null) {
            int most = random.nextInt(3) == 0 ? random.nextInt(like.ids.length + 1) : like.ids.length;
            int same = Math.min(s.ids.length, most);
            System.arraycopy(like.ids, 0, s.ids, 0, same);
            s.threshold = random.nextInt(4) > 0 ? like.threshold : s.threshold;
        }
        s.maxDepth = like != null && random.nextInt(4) > 0
                ? like.maxDepth
                : looped && random.nextInt(3) == 0 ? 1 + random.nextInt(config.recursions()) : together;
        s.expected = new float[s.ids.length * config.vocabSize()];
        s.expectedDepths = new int[s.ids.length];
        scorer.setThreshold(s.threshold);
        scorer.setMaxDepth(s.maxDepth);
        scorer.score(s.ids, s.ids, 1, s.ids.length, true, s.expected);
        scorer.depths(s.expectedDepths);
        return s;
    }

    private static void decode(
            Decoder decoder,
            List<Stream> streams,
            DepthPolicy policy,
            Random random,
            double tolerance,
            int vocabulary) {
        List<Stream> open = new ArrayList<>();
        List<Stream> left = new ArrayList<>(streams);
        float[] logits = new float[decoder.size().logitRows() * vocabulary];
        while (!open.isEmpty() || !left.isEmpty()) {
            while (!left.isEmpty() && random.nextInt(5) == 0) {
                Stream s = left.getFirst();
                s.number = decoder.open(s.threshold, s.maxDepth);
                if (s.number < 0) {
                    break;
                }
                s.fed = decoder.adopt(s.number, s.ids, s.ids.length);
                s.compared = s.fed;
                for (int i = 0; i < s.fed; i++) {
                    s.differs |= decoder.depth(s.number, i) != s.expectedDepths[i];
                }
                adopted += s.fed;
                open.add(left.removeFirst());
            }
            if (policy.feeds(decoder.rowsUnderWay())) {
                for (int i = 0; i < open.size(); i++) {
                    Stream s = open.get(i);
                    int rows = Math.min(random.nextInt(7), Math.min(s.ids.length - s.fed, decoder.freeRows()));
                    if (rows == 0) {
                        continue;
                    }
                    // Some rows are to draw from, those before them to score: all have the logits that they should.
                    int drawn = (s.fed + rows) % 3 == 0 ? rows : Math.min(rows, 1);
                    // The oldest takes the pages of the youngest.
                    while (!decoder.feed(s.number, s.ids, s.fed, rows, drawn, rows - drawn)) {
                        setBack(decoder, open, left);
                        if (!open.contains(s)) {
                            break;
                        }
                    }
                    s.fed += open.contains(s) ? rows : 0;
                }
            }
            while (!decoder.reserve()) {
                setBack(decoder, open, left);
            }
            int outputs = decoder.tick(policy);
            decoder.logits(logits);
            for (int row = 0; row < outputs; row++) {
                int number = decoder.outputSequence(row);
                Stream s = open.stream()
                        .filter(o -> o.number == number)
                        .findFirst()
                        .orElseThrow();
                compare(decoder, s, logits, row, tolerance, vocabulary);
                if (random.nextInt(4) == 0) {
                    decoder.remember(number, s.ids, s.compared);
                }
            }
            // Somebody goes away in the middle, and comes again.
            if (!open.isEmpty() && random.nextInt(25) == 0) {
                setBack(decoder, open, left);
            }
            for (Stream s : List.copyOf(open)) {
                if (s.fed == s.ids.length && s.compared >= s.fed) {
                    decoder.remember(s.number, s.ids, s.fed);
                    decoder.close(s.number);
                    open.remove(s);
                }
            }
        }
    }

    private static void setBack(Decoder decoder, List<Stream> open, List<Stream> left) {
        Stream youngest = open.removeLast();
        decoder.close(youngest.number);
        youngest.fed = 0;
        youngest.compared = 0;
        youngest.differs = false;
        left.addFirst(youngest);
    }

    private static void compare(Decoder decoder, Stream s, float[] logits, int row, double tolerance, int vocabulary) {
        int position = decoder.outputPosition(row);
        assertEquals(s.compared, position, "logits come in order");
        s.compared++;
        s.differs |= decoder.depth(s.number, position) != s.expectedDepths[position];
        if (!s.differs) {
            double difference = 0;
            double norm = 0;
            for (int i = 0; i < vocabulary; i++) {
                float expected = s.expected[position * vocabulary + i];
                difference += Math.pow((double) expected - logits[row * vocabulary + i], 2);
                norm += Math.pow(expected, 2);
            }
            double error = Math.sqrt(difference / Math.max(norm, 1e-30));
            assertTrue(error <= tolerance, "token " + position + " of " + s.ids.length + ": relative error " + error);
        }
    }

    @AfterAll
    static void somePrefixesWereUsedAgain() {
        assertTrue(adopted > 100, adopted + " tokens");
    }

    private static ModelConfig expert(KvMode kv) {
        MorConfig mor = MorConfig.expertChoice(3).withKv(kv);
        return new ModelConfig(40, 16, 24, 5, 2, 1, 8, 1e-5, 10000, 256, true, 0.5, mor);
    }

    /** Pages in use are those that the tokens at each depth fill, at most one of them in part. */
    @Test
    void memoryIsWhatTokensAtEachDepthTake() {
        try (Engine engine = new CpuEngine(2);
                ParameterSet weights = new ParameterSet(engine, "weights", expert(KvMode.RECURSION_WISE))) {
            RandomModels.initialise(engine, weights, new Random(3));
            DecoderSize size = DecoderSize.full(weights.config(), 4, 200, 64);
            try (Decoder decoder = new Decoder(engine, weights, size)) {
                Random random = new Random(8);
                int[] ids = random.ints(200, 0, 40).toArray();
                int[] lengths = {200, 3, 64, 65};
                for (int length : lengths) {
                    decoder.open(0.5, 3);
                }
                for (int at = 0; at < 200; at += 16) {
                    for (int s = 0; s < lengths.length; s++) {
                        int rows = Math.clamp(lengths[s] - at, 0, 16);
                        assertTrue(rows == 0 || decoder.feed(s, ids, at, rows, 0));
                    }
                    while (decoder.rowsUnderWay() > 0) {
                        assertTrue(decoder.reserve());
                        decoder.tick(DepthPolicy.DEPTH_WISE);
                    }
                }
                int outer = 0;
                int block = 0;
                for (int s = 0; s < lengths.length; s++) {
                    outer += (lengths[s] + 15) / 16;
                    for (int depth = 1; depth <= 3; depth++) {
                        int tokens = 0;
                        for (int p = 0; p < lengths[s]; p++) {
                            tokens += decoder.depth(s, p) >= depth ? 1 : 0;
                        }
                        block += (tokens + 15) / 16;
                    }
                }
                assertEquals(outer, decoder.usedOuterPages());
                assertEquals(block, decoder.usedBlockPages());
                assertTrue(block < 3 * outer, "some tokens stop early");
            }
        }
    }

    /** Where kept prefixes fill all pages, those that nobody uses make room for the copies that an adopted one takes. */
    @Test
    void aPrefixIsAdoptedThoughAllPagesAreKept() {
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", expert(KvMode.RECURSION_WISE))) {
            RandomModels.initialise(engine, weights, new Random(3));
            int[] ids = new Random(8).ints(96, 0, 40).toArray();
            int blockPages;
            try (Decoder plenty = new Decoder(engine, weights, DecoderSize.full(weights.config(), 1, 96, 96))) {
                read(plenty, ids);
                blockPages = plenty.usedBlockPages();
            }
            DecoderSize full = new DecoderSize(1, 96, 96, 1, 16, 6, blockPages, ElementType.F32);
            try (Decoder decoder = new Decoder(engine, weights, full)) {
                read(decoder, ids);
                assertEquals(blockPages, decoder.usedBlockPages(), "no page is free");
                assertEquals(0, decoder.open(0.5, 3));
                assertEquals(48, decoder.adopt(0, ids, 49));
            }
        }
    }

    /** Reads the tokens as one sequence, keeps them as a prefix, and ends it. */
    private static void read(Decoder decoder, int[] ids) {
        int s = decoder.open(0.5, 3);
        assertTrue(decoder.feed(s, ids, 0, ids.length, 0));
        while (decoder.rowsUnderWay() > 0) {
            assertTrue(decoder.reserve());
            decoder.tick(DepthPolicy.DEPTH_WISE);
        }
        decoder.remember(s, ids, ids.length);
        decoder.close(s);
    }

    @Test
    void whatDoesNotFitIsRefusedOrWaits() {
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", expert(KvMode.RECURSION_WISE))) {
            DecoderSize size = new DecoderSize(2, 32, 8, 2, 16, 2, 6, ElementType.F32);
            try (Decoder decoder = new Decoder(engine, weights, size)) {
                assertEquals(0, decoder.open(0.5, 3));
                assertEquals(1, decoder.open(0.5, 3));
                assertEquals(-1, decoder.open(0.5, 3));
                int[] ids = new int[40];
                assertThrows(UserError.class, () -> decoder.feed(0, ids, 0, 33, 0));
                assertFalse(decoder.feed(0, ids, 0, 9, 0), "more rows than there is memory for");
                assertTrue(decoder.feed(0, ids, 0, 8, 0));
                assertThrows(UserError.class, () -> decoder.feed(1, new int[] {40}, 0, 1, 0));
            }
            assertThrows(
                    UserError.class, () -> DecoderSize.within(weights.config(), 1000, 2, 32, 8, 16, ElementType.F32));
        }
    }
}
