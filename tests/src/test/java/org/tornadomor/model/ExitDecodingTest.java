package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.model.ExitRule.By;

/**
 * Tokens that leave before their last recursion: decoding gives the logits and depths of {@link ExitReference}, with other
 * sequences and rules beside it, whatever is fed together.
 */
class ExitDecodingTest {
    private static final double CPU = 1e-4;
    private static final double DEVICE = 2e-4;
    /** Decisions that are closer may go the other way in single precision. */
    private static final double MARGIN = 2e-3;

    private static final int LENGTH = 20;

    /** A sequence: its rule, how much of it is a prompt, and what should come out. */
    private static final class Text {
        int[] ids;
        int prompt;
        int deepest;
        ExitRule rule;
        ExitReference.Run expected;
        int number;
        int fed;
        int compared;
    }

    static Stream<ModelConfig> models() {
        return Stream.of(
                TinyConfigs.looped(3, RouterKind.NONE, KvMode.RECURSION_WISE, 0),
                TinyConfigs.looped(4, RouterKind.NONE, KvMode.RECURSION_WISE, Features.ALL),
                TinyConfigs.looped(3, RouterKind.NONE, KvMode.SHARED, 0),
                TinyConfigs.looped(3, RouterKind.NONE, KvMode.RECURSION_WISE, Features.LOOP_NORM),
                TinyConfigs.looped(4, RouterKind.EXIT_GATE, KvMode.RECURSION_WISE, TinyConfigs.OURO));
    }

    @TestFactory
    Stream<DynamicTest> onTheCpu() {
        return models().flatMap(config -> Stream.of(DepthPolicy.DEPTH_WISE, DepthPolicy.LOCK_STEP)
                .map(policy -> DynamicTest.dynamicTest(policy + ", " + RandomModels.describe(config), () -> {
                    for (int seed = 0; seed < 3; seed++) {
                        try (Engine engine = new CpuEngine(2)) {
                            check(engine, config, policy, seed, CPU);
                        }
                    }
                })));
    }

    @TestFactory
    @Tag("device")
    Stream<DynamicTest> onADevice() {
        return models().map(config -> DynamicTest.dynamicTest(RandomModels.describe(config), () -> {
            try (Engine engine = new TornadoEngine(EngineOptions.standard().withChecks())) {
                check(engine, config, DepthPolicy.DEPTH_WISE, 1, DEVICE);
            }
        }));
    }

    private static void check(Engine engine, ModelConfig config, DepthPolicy policy, int seed, double allowed) {
        Random random = new Random(seed);
        try (TinyModel model = new TinyModel(engine, config, 1, 4, seed)) {
            ExitReference reference = new ExitReference(config, model.values);
            List<Text> texts = texts(reference, config, random);
            assertTrue(
                    texts.stream()
                            .anyMatch(text -> Arrays.stream(text.expected.depth())
                                            .distinct()
                                            .count()
                                    > 1),
                    "some tokens leave, others stay");
            DecoderSize size = DecoderSize.full(config, texts.size(), LENGTH, texts.size() * LENGTH)
                    .withLogitRows(texts.size() * LENGTH);
            try (Decoder decoder = new Decoder(engine, model.weights, size)) {
                decode(decoder, texts, config, policy, random, allowed);
            }
        }
    }

    /** One of each rule, with decisions that are clear. */
    private static List<Text> texts(ExitReference reference, ModelConfig config, Random random) {
        List<Text> texts = new ArrayList<>();
        for (By by : By.values()) {
            if (!ExitRule.fits(by, config)) {
                continue;
            }
            Text text = new Text();
            for (int tries = 0; text.expected == null || text.expected.margin() < MARGIN; tries++) {
                assertTrue(tries < 3000, "no clear decisions by " + by);
                text.ids = random.ints(LENGTH, 0, config.vocabSize()).toArray();
                text.prompt = 1 + random.nextInt(6);
                text.deepest = config.recursions() - random.nextInt(2);
                text.rule = new ExitRule(by, 0.05 + 0.9 * random.nextDouble());
                text.expected = reference.run(text.ids, text.prompt, text.rule, text.deepest);
            }
            texts.add(text);
        }
        return texts;
    }

    /** Feeds prompts whole, what follows in pieces of some tokens, as when a request is computed again. */
    private static void decode(
            Decoder decoder, List<Text> texts, ModelConfig config, DepthPolicy policy, Random random, double allowed) {
        for (Text text : texts) {
            text.number = decoder.open(0.5, text.deepest);
            decoder.setExit(text.number, text.rule, text.prompt);
        }
        float[] logits = new float[config.vocabSize()];
        while (texts.stream().anyMatch(text -> text.compared < LENGTH)) {
            for (Text text : texts) {
                int count = Math.min(LENGTH - text.fed, text.fed == 0 ? text.prompt : 1 + random.nextInt(3));
                if (count > 0 && policy.feeds(decoder.rowsUnderWay()) && random.nextInt(3) > 0) {
                    assertTrue(decoder.feed(text.number, text.ids, text.fed, count, count));
                    text.fed += count;
                }
            }
            assertTrue(decoder.reserve());
            int rows = decoder.tick(policy);
            for (int i = 0; i < rows; i++) {
                int sequence = decoder.outputSequence(i);
                Text text = texts.stream()
                        .filter(t -> t.number == sequence)
                        .findFirst()
                        .orElseThrow();
                int position = decoder.outputPosition(i);
                assertEquals(text.compared++, position);
                assertEquals(
                        text.expected.depth()[position],
                        decoder.depth(sequence, position),
                        text.rule + " at " + position);
                decoder.logits(i, logits);
                for (int c = 0; c < logits.length; c++) {
                    assertEquals(
                            text.expected.logits()[position][c], logits[c], allowed, text.rule + " at " + position);
                }
            }
        }
    }

    /** The first token behind a prompt says what {@link Scorer} says of it at the depth at which it leaves. */
    @Test
    void agreesWithWholeSequencesOfThatDepth() {
        ModelConfig config = TinyConfigs.looped(3, RouterKind.NONE, KvMode.RECURSION_WISE, 0);
        try (Engine engine = new CpuEngine(2);
                TinyModel model = new TinyModel(engine, config, 1, 9, 3);
                Scorer scorer = new Scorer(engine, model.weights, 1, 9)) {
            float[] whole = new float[9 * config.vocabSize()];
            float[] logits = new float[config.vocabSize()];
            int[] seen = new int[config.recursions() + 1];
            for (double threshold = 0.02; threshold < 1; threshold += 0.02) {
                try (Decoder decoder = new Decoder(engine, model.weights, DecoderSize.full(config, 1, 9, 9))) {
                    int s = decoder.open(0.5, config.recursions());
                    decoder.setExit(s, new ExitRule(By.SOFTMAX, threshold), 8);
                    assertTrue(decoder.feed(s, model.inputs, 0, 9, 1));
                    while (decoder.tick(DepthPolicy.DEPTH_WISE) == 0) {
                        continue;
                    }
                    decoder.logits(0, logits);
                    int depth = decoder.depth(s, 8);
                    seen[depth]++;
                    scorer.setMaxDepth(depth);
                    scorer.score(model.inputs, model.targets, 1, 9, true, whole);
                    assertArrayEquals(Arrays.copyOfRange(whole, 8 * logits.length, whole.length), logits, 1e-5f);
                }
            }
            assertTrue(seen[1] + seen[2] > 0 && seen[3] > 0, Arrays.toString(seen));
        }
    }

    /** Keys of a prompt serve others whatever their rule, those of tokens that left nobody. */
    @Test
    void prefixesEndWithThePrompt() {
        ModelConfig config =
                TinyConfigs.looped(3, RouterKind.NONE, KvMode.RECURSION_WISE, 0).withMaxPositions(64);
        int[] ids = new Random(1).ints(50, 0, config.vocabSize()).toArray();
        try (Engine engine = new CpuEngine(1);
                TinyModel model = new TinyModel(engine, config, 1, 4, 1);
                Decoder decoder = new Decoder(engine, model.weights, DecoderSize.full(config, 2, 64, 64))) {
            int first = decoder.open(0.5, 3);
            decoder.setExit(first, new ExitRule(By.STATE, 0.01), 17);
            decoder.feed(first, ids, 0, 50, 1);
            while (decoder.tick(DepthPolicy.DEPTH_WISE) == 0) {
                continue;
            }
            decoder.remember(first, ids, 50);
            int second = decoder.open(0.5, 3);
            assertEquals(16, decoder.adopt(second, ids, 50));
            decoder.close(first);
            decoder.feed(second, ids, 16, 34, 1);
            while (decoder.tick(DepthPolicy.DEPTH_WISE) == 0) {
                continue;
            }
            decoder.remember(second, ids, 50);
            int third = decoder.open(0.5, 3);
            decoder.setExit(third, new ExitRule(By.STATE, 0.01), 33);
            assertEquals(32, decoder.adopt(third, ids, 50), "behind its prompt it computes its own keys");
        }
    }

    @Test
    void modelsThatCannotAreRefused() {
        ExitRule rule = new ExitRule(By.SOFTMAX, 0.5);
        for (ModelConfig config : List.of(
                TinyConfigs.grouped(2, null),
                TinyConfigs.grouped(4, MorConfig.recursive(2)),
                TinyConfigs.grouped(4, MorConfig.recursive(2).withSharing(Sharing.SEQUENCE)),
                TinyConfigs.grouped(4, MorConfig.expertChoice(2)),
                TinyConfigs.grouped(4, MorConfig.tokenChoice(2).withSharing(Sharing.CYCLE)))) {
            UserError error = assertThrows(UserError.class, () -> rule.requireFits("exit", config));
            assertTrue(error.getMessage().startsWith("exit "), error.getMessage());
        }
        ModelConfig plain = TinyConfigs.looped(2, RouterKind.NONE, KvMode.RECURSION_WISE, 0);
        assertThrows(UserError.class, () -> new ExitRule(By.GATE, 0.5).requireFits("exit", plain));
        for (double threshold : new double[] {0, -1, 1.01, Double.NaN}) {
            assertThrows(UserError.class, () -> new ExitRule(By.STATE, threshold));
        }
        assertEquals(
                new ExitRule(By.GATE, 0.5),
                ExitRule.of(TinyConfigs.looped(2, RouterKind.EXIT_GATE, KvMode.RECURSION_WISE, TinyConfigs.OURO)));
        assertEquals(ExitRule.NONE, ExitRule.of(plain));
    }
}
