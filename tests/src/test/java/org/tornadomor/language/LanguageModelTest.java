package org.tornadomor.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.model.Decoder;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;

/** The Java API as a user meets it, on an untrained model with a byte vocabulary. */
class LanguageModelTest {
    @TempDir
    static Path folder;

    private static final GenerationOptions SHORT = GenerationOptions.DEFAULT.withMaxNewTokens(12);

    @BeforeAll
    static void saveModel() {
        ModelConfig config =
                new ModelConfig(257, 32, 64, 8, 4, 2, 8, 1e-5, 10000, 64, true, 0.3, MorConfig.expertChoice(3));
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            Checkpoints.save(engine, weights, folder, DType.F32);
        }
    }

    /** The example of the class comment. */
    @Test
    void exampleRuns() {
        try (LanguageModel model = LanguageModel.load(folder)) {
            Generation answer = model.generate("public class ", GenerationOptions.DEFAULT.withMaxNewTokens(20));
            assertTrue(answer.tokens().length <= 20);
            assertTrue(answer.meanDepth() >= 1 && answer.meanDepth() <= 3);
            assertTrue(answer.computeSaved() >= 0 && answer.computeSaved() < 1);
        }
    }

    /** As the command line takes it. */
    @Test
    void theFolderOfARunIsItsNewestCheckpoint(@TempDir Path temp) throws IOException {
        Path run = temp.resolve("run");
        assertTrue(assertThrows(UserError.class, () -> LanguageModel.load(run))
                .getMessage()
                .contains("no folder " + run));
        Files.createDirectories(run.resolve("checkpoints"));
        Files.writeString(run.resolve("config.yaml"), "");
        assertTrue(assertThrows(UserError.class, () -> LanguageModel.load(run))
                .getMessage()
                .contains("no checkpoint yet"));
        for (String step : List.of("step-000001", "step-000002")) {
            Path checkpoint = Files.createDirectories(run.resolve("checkpoints").resolve(step));
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.copy(file, checkpoint.resolve(file.getFileName()));
                }
            }
        }
        Files.writeString(run.resolve("checkpoints/latest"), "step-000002\n");
        Files.writeString(run.resolve("checkpoints/best"), "step-000001\n1.5\n");
        // Only the one that is meant can be loaded.
        Path weights = run.resolve("checkpoints/step-000001/model.safetensors");
        Files.move(weights, weights.resolveSibling("aside"));
        LanguageModel.load(run).close();
        assertThrows(UserError.class, () -> LanguageModel.load(run.resolve("checkpoints/best")));
        Files.move(weights.resolveSibling("aside"), weights);
        LanguageModel.load(run.resolve("checkpoints/best")).close();
    }

    @Test
    void aSeedGivesTheSameTextOnAnyNumberOfThreadsAndInAnyBatch() {
        List<int[]> prompts = List.of(bytes("int x = "), bytes("a"), bytes("while (true) { "));
        try (LanguageModel model = LanguageModel.load(folder, 1);
                LanguageModel other = LanguageModel.load(folder, 3)) {
            List<Generation> together = model.generate(prompts, SHORT, TokenListener.NONE);
            List<Generation> again = other.generate(prompts, SHORT, TokenListener.NONE);
            for (int i = 0; i < prompts.size(); i++) {
                assertArrayEquals(together.get(i).tokens(), again.get(i).tokens());
                assertArrayEquals(together.get(i).depths(), again.get(i).depths());
            }
            Generation alone = model.generate(prompts.subList(0, 1), SHORT, TokenListener.NONE)
                    .getFirst();
            assertArrayEquals(together.getFirst().tokens(), alone.tokens());
            Generation otherSeed = model.generate(prompts.subList(0, 1), SHORT.withSeed(9), TokenListener.NONE)
                    .getFirst();
            assertNotEquals(Arrays.toString(alone.tokens()), Arrays.toString(otherSeed.tokens()));
        }
    }

    @Test
    void streamsWhatItReturns() {
        try (LanguageModel model = LanguageModel.load(folder)) {
            StringBuilder streamed = new StringBuilder();
            List<Integer> ids = new ArrayList<>();
            Generation generation = model.generate("x", SHORT, (prompt, id, depth, text) -> {
                streamed.append(text);
                if (id >= 0) {
                    ids.add(id);
                }
            });
            assertEquals(generation.text(), streamed.toString());
            assertArrayEquals(generation.tokens(), ids.stream().mapToInt(i -> i).toArray());
        }
    }

    @Test
    void stopsAtAStopString() {
        try (LanguageModel model = LanguageModel.load(folder)) {
            Generation free = model.generate("ab", SHORT.withTemperature(0));
            String stop = free.text().substring(2, 4);
            Generation stopped = model.generate("ab", SHORT.withTemperature(0).withStop(List.of(stop)));
            assertEquals(Generation.End.STOP, stopped.ended());
            assertEquals(free.text().substring(0, free.text().indexOf(stop)), stopped.text());
        }
    }

    /** A token that stops at depth 1 costs one recursion: deeper layers are not run at all. */
    @Test
    void shallowTokensDoNoDeepWork() {
        try (Engine engine = new CpuEngine(2);
                LanguageModel model = LanguageModel.load(folder, engine)) {
            Generation shallow = model.generate("some prompt", SHORT.withThreshold(1));
            assertTrue(Arrays.stream(shallow.depths()).allMatch(depth -> depth == 1));
            assertTrue(rows(engine, 1) > 0);
            assertEquals(0, rows(engine, 2));
            int layers = new LayerMap(model.config()).blockSize();
            assertEquals(
                    layers * rows(engine, 1),
                    engine.counters().rowsByProgram("Attention").get("decode block: layer"));
            engine.counters().reset();
            Generation deep = model.generate("some prompt", SHORT.withThreshold(0));
            assertTrue(Arrays.stream(deep.depths()).allMatch(depth -> depth == 3));
            assertEquals(rows(engine, 1), rows(engine, 3));
            assertEquals(
                    3 * layers * rows(engine, 1),
                    engine.counters().rowsByProgram("Attention").get("decode block: layer"));
            engine.counters().reset();
            Generation capped =
                    model.generate("some prompt", SHORT.withThreshold(0).withMaxDepth(2));
            assertTrue(Arrays.stream(capped.depths()).allMatch(depth -> depth == 2));
            assertEquals(0, rows(engine, 3));
        }
    }

    private static long rows(Engine engine, int depth) {
        return engine.counters().rowsByProgram("rows").getOrDefault(Decoder.ROWS_AT_DEPTH + depth, 0L);
    }

    @Test
    void scoresText() {
        try (LanguageModel model = LanguageModel.load(folder)) {
            // 90 tokens behind an end token: more than the context of 64, so two windows.
            Score score = model.score("0123456789".repeat(9), true);
            assertEquals(90, score.losses().length);
            assertTrue(score.meanLoss() > 0 && score.perplexity() > 1);
            assertTrue(Arrays.stream(score.depths()).allMatch(depth -> depth >= 1 && depth <= 3));
        }
    }

    @Test
    void endsWhereTheContextIsFull() {
        try (LanguageModel model = LanguageModel.load(folder)) {
            Generation generation = model.generate("y".repeat(60), SHORT.withTemperature(0));
            if (generation.ended() != Generation.End.END_OF_TEXT) {
                assertEquals(Generation.End.CONTEXT, generation.ended());
                assertEquals(5, generation.tokens().length);
            }
        }
    }

    @Test
    void refusesWhatMakesNoSense() {
        try (LanguageModel model = LanguageModel.load(folder)) {
            assertThrows(UserError.class, () -> model.generate("z".repeat(65), SHORT));
            assertThrows(UserError.class, () -> model.generate(List.of(new int[] {300}), SHORT, TokenListener.NONE));
            assertThrows(UserError.class, () -> model.score("", true));
            assertThrows(UserError.class, () -> model.score(new int[] {'a'}, true));
            assertThrows(UserError.class, () -> SHORT.withTemperature(-1));
        }
    }

    private static int[] bytes(String text) {
        return text.chars().toArray();
    }
}
