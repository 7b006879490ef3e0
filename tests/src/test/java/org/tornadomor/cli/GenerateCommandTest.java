package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GenerateCommandTest {
    @TempDir
    static Path shared;

    private static Path model;

    @BeforeAll
    static void prepare() throws IOException {
        model = Folders.bytes(shared.resolve("model"));
    }

    private static Outcome generate(Object... options) {
        Object[] args = new Object[options.length + 5];
        System.arraycopy(new Object[] {"generate", "--model", model, "--max-new-tokens", 8}, 0, args, 0, 5);
        System.arraycopy(options, 0, args, 5, options.length);
        return Outcome.of(args);
    }

    /** On a terminal text and messages come on one screen: the timing begins a line of its own. */
    @Test
    void timingDoesNotStandBehindTheText() {
        StringWriter screen = new StringWriter();
        String[] command = {
            "generate", "--model", model.toString(), "--prompt", "a", "--max-new-tokens", "3", "--threads", "1"
        };
        assertEquals(0, Main.run(new PrintWriter(new BufferedWriter(screen)), new PrintWriter(screen), command));
        assertTrue(
                screen.toString().lines().anyMatch(line -> line.startsWith("1 prompt token read in")),
                screen.toString());
    }

    @Test
    void jsonHasTokensTextDepthsAndTimings() {
        JsonNode result = JsonMapper.shared()
                .readTree(generate("--prompt", "ab", "--prompt-tokens", "1,2,3", "--json")
                        .succeeds()
                        .out());
        assertEquals(2, result.get("generations").size());
        for (JsonNode generation : result.get("generations")) {
            int tokens = generation.get("tokens").size();
            assertTrue(tokens <= 8);
            assertEquals(tokens, generation.get("depths").size());
            assertEquals(
                    generation.get("prompt_tokens").size(),
                    generation.get("prompt_depths").size());
            for (JsonNode depth : generation.get("depths")) {
                assertTrue(depth.asInt() >= 1);
            }
            assertTrue(generation.has("text") && generation.has("mean_depth") && generation.has("compute_saved"));
        }
        JsonNode timing = result.get("timing");
        assertEquals(5, timing.get("prompt_tokens").asInt());
        assertTrue(timing.get("tokens_per_second").asDouble() > 0);
        assertTrue(timing.has("prefill_seconds") && timing.has("decode_seconds"));
    }

    @Test
    void aSeedGivesTheSameTextAndDepthsAreShown() {
        String text = generate("--prompt", "class ", "--seed", 3).succeeds().out();
        assertEquals(
                text,
                generate("--prompt", "class ", "--seed", 3, "--threads", 1)
                        .succeeds()
                        .out());
        assertTrue(text.startsWith("class "));
        String shown = generate("--prompt", "class ", "--seed", 3, "--show-depth")
                .succeeds()
                .out();
        assertTrue(shown.contains("mean depth") && shown.contains("compute saved"), shown);
    }

    /** Each text of a prompt is the one that its own seed gives, and the prompts stay in order. */
    @Test
    void samplesAreTextsOfSeedsInARow() {
        JsonNode both = JsonMapper.shared()
                .readTree(generate("--prompt", "ab", "--prompt", "cd", "--samples", 2, "--seed", 5, "--json")
                        .succeeds()
                        .out())
                .get("generations");
        assertEquals(4, both.size());
        for (int i = 0; i < 4; i++) {
            JsonNode one = JsonMapper.shared()
                    .readTree(generate("--prompt", i < 2 ? "ab" : "cd", "--seed", 5 + i % 2, "--json")
                            .succeeds()
                            .out())
                    .get("generations")
                    .get(0);
            assertEquals(one, both.get(i));
            assertEquals(5 + i % 2, one.get("seed").asInt());
        }
        String text = generate("--prompt", "ab", "--samples", 2).succeeds().out();
        assertTrue(text.contains("=== 2 of 2, seed 2, ended by "), text);
    }

    private static String likeliest(Object... options) {
        Object[] args = new Object[options.length + 7];
        System.arraycopy(new Object[] {"generate", "--model", model, "--prompt", "ab", "-n", 30}, 0, args, 0, 7);
        System.arraycopy(options, 0, args, 7, options.length);
        return Outcome.of(args).succeeds().out();
    }

    @Test
    void penaltiesAndMinPChangeTheText() {
        String plain = likeliest("--greedy");
        assertNotEquals(plain, likeliest("--greedy", "--frequency-penalty", 5));
        assertNotEquals(plain, likeliest("--greedy", "--presence-penalty", 5));
        assertEquals(plain, likeliest("--min-p", 1));
    }

    @Test
    void modelAndPromptsNeedNoOptions() throws IOException {
        String text = generate("--prompt", "ab", "--seed", 3).succeeds().out();
        assertEquals(
                text,
                Outcome.of("generate", model, "ab", "-n", 8, "--seed", 3)
                        .succeeds()
                        .out());
        assertEquals(
                text,
                Outcome.of("generate", "-n", 8, model, "--seed", 3, "--prompt", "ab")
                        .succeeds()
                        .out());
        String two =
                Outcome.of("generate", model, "ab", "cd", "-n", 8).succeeds().out();
        assertTrue(two.contains("=== 2 of 2"), two);
        Outcome.of("generate", "--model", model, "ab").failsWith(2, "'ab'", "--model", "keep one");
        Outcome.of("generate", model, "ab", "--prompt", "cd").failsWith(2, "--prompt", "keep one");
        Outcome.of("generate", "--prompt", "ab").failsWith(2, "--model");
        Outcome.of("generate", model).failsWith(1, "nothing to continue");
    }

    @Test
    void aFullContextIsSaid() {
        Outcome outcome =
                Outcome.of("generate", model, "ab", "-n", 600, "--seed", 3).succeeds();
        assertTrue(
                outcome.err()
                        .lines()
                        .anyMatch(line -> line.startsWith("tornado-mor: the text ends after ")
                                && line.endsWith(
                                        " of 600 tokens: the model's context of " + Folders.POSITIONS + " is full")),
                outcome.err());
        Outcome both = Outcome.of("generate", model, "ab", "ab", "-n", 600, "--seed", 3, "--json")
                .succeeds();
        assertTrue(both.err().contains("tornado-mor: text 2 ends after "), both.err());
        assertFalse(generate("--prompt", "ab").err().contains("context"));
    }

    @Test
    void readsPromptsFromFiles() throws IOException {
        Path file = Files.writeString(shared.resolve("prompt.txt"), "from a file");
        assertTrue(generate("--prompt-file", file).succeeds().out().startsWith("from a file"));
    }

    @Test
    void refusesWithOneLine() throws IOException {
        generate().failsWith(1, "--prompt");
        generate("--prompt-tokens", "1,x").failsWith(1, "1,x");
        generate("--prompt-tokens", "99999").failsWith(1, "99999", "vocabulary");
        generate("--prompt", "a", "--temperature", -1).failsWith(1, "--temperature");
        generate("--prompt", "a", "--top-p", 2).failsWith(1, "--top-p");
        generate("--prompt", "a", "--min-p", 1.5).failsWith(1, "--min-p");
        generate("--prompt", "a", "--frequency-penalty", "NaN").failsWith(1, "--frequency-penalty");
        generate("--prompt", "a", "--presence-penalty", 1e9).failsWith(1, "--presence-penalty");
        generate("--prompt", "a", "--samples", 0).failsWith(1, "--samples 0");
        generate("--prompt", "a", "--threshold", 1.5).failsWith(1, "--threshold");
        generate("--prompt", "a", "--max-depth", 9).failsWith(1, "--max-depth 9");
        generate("--prompt", "a".repeat(Folders.POSITIONS + 1)).failsWith(1, "context");
        generate("--prompt-file", shared.resolve("nowhere.txt")).failsWith(1, "nowhere.txt");
        Outcome.of("generate", "--model", shared.resolve("nothing"), "--prompt", "a")
                .failsWith(1, "nothing");
        Path bad = Files.write(shared.resolve("bad.txt"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        generate("--prompt-file", bad).failsWith(1, "bad.txt");
    }
}
