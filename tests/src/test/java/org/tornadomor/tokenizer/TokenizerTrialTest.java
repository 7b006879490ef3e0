package org.tornadomor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class TokenizerTrialTest {
    private static final String LLAMA_3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String GPT_4O =
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
                    + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
                    + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String DEEP_SEEK = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
            + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    @TempDir
    Path folder;

    private String cacheBefore;

    @BeforeEach
    void useACacheOfOnesOwn() {
        cacheBefore = System.getProperty(TriedTokenizers.PROPERTY);
        System.setProperty(TriedTokenizers.PROPERTY, folder.resolve("cache").toString());
    }

    @AfterEach
    void useTheCacheBefore() {
        if (cacheBefore == null) {
            System.clearProperty(TriedTokenizers.PROPERTY);
        } else {
            System.setProperty(TriedTokenizers.PROPERTY, cacheBefore);
        }
    }

    private static ObjectNode with(String expression) {
        ObjectNode root = TinyTokenizers.withDecoder("null");
        ObjectNode split = root.putObject("pre_tokenizer").put("type", "Split");
        split.putObject("pattern").put("Regex", expression);
        split.put("behavior", "Isolated").put("invert", false);
        return root;
    }

    private static ObjectNode with(Map<String, String> parts) {
        ObjectNode root = TinyTokenizers.withDecoder("null");
        parts.forEach((key, value) -> root.set(key, JsonMapper.shared().readTree(value)));
        return root;
    }

    private String fault(ObjectNode root) {
        Path file = TinyTokenizers.write(folder, root);
        return TokenizerTrial.run(List.of(file)).fault(file).orElse("none");
    }

    private List<Path> records() throws IOException {
        Path cache = folder.resolve("cache");
        if (!Files.exists(cache)) {
            return List.of();
        }
        try (var files = Files.walk(cache)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    /** Where the library does not load, nothing is known of a file: neither that it is faulty nor that it is good. */
    @Test
    void aMissingLibraryIsNoFaultOfAFile() {
        TokenizerTrial.Outcome outcome =
                new TokenizerTrial.Outcome(List.of(TokenizerProbe.READY, TokenizerProbe.ABSENT), "", 0);
        assertTrue(outcome.fault(Path.of("tokenizer.json")).isEmpty());
        assertEquals(0, outcome.finished());
    }

    @Test
    void expressionsOfPublishedTokenizersAreGoodAndWrittenDownOnce() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String expression : List.of(LLAMA_3, GPT_4O, DEEP_SEEK)) {
            files.add(TinyTokenizers.write(folder, with(expression)));
        }
        TokenizerTrial.Outcome outcome = TokenizerTrial.run(files);
        assertEquals(
                "none",
                outcome.fault(files.getLast()).orElse("none"),
                () -> outcome.answers().getLast());
        assertEquals(files.size(), outcome.finished());
        assertEquals(List.of(), records());
        Tokenizers.load(files.getFirst().toString()).close();
        assertEquals(1, records().size());
        // A process would take longer than that, and a cache that cannot be written makes no error.
        long begin = System.nanoTime();
        TokenizerTrial.require(
                files.getFirst(), records().getFirst().getFileName().toString().substring(0, 64));
        assertTrue(System.nanoTime() - begin < 200_000_000L);
    }

    @Test
    void aCacheThatCannotBeWrittenDoesNoHarm() throws IOException {
        Files.writeString(folder.resolve("cache"), "a file where the folder should be");
        TriedTokenizers.add("0".repeat(64));
        assertFalse(TriedTokenizers.holds("0".repeat(64)));
    }

    @Test
    void expressionsThatBacktrackForEverAreOneLine() throws IOException {
        for (String expression : List.of("([0-9]+\\.?)+x", "<([\\u3041-\\u3096]+)+\\u20AC")) {
            Path file = TinyTokenizers.write(folder, with(expression));
            UserError error = assertThrows(UserError.class, () -> Tokenizers.load(file.toString()), expression);
            assertTrue(
                    error.getMessage().startsWith(file + ": the Hugging Face library takes for ever"),
                    error.getMessage());
        }
        assertEquals(List.of(), records());
    }

    @Test
    void whatCrashesTheLibraryIsOneLine() {
        assertCrashes(with(Map.of("normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}")));
        ObjectNode prefix = TinyTokenizers.withDecoder("null");
        ((ObjectNode) prefix.path("model")).put("continuing_subword_prefix", "much longer");
        ((ObjectNode) prefix.path("model")).set("merges", JsonMapper.shared().readTree("[[\"y\",\"y\"]]"));
        assertCrashes(prefix);
    }

    private void assertCrashes(ObjectNode root) {
        String fault = fault(root);
        assertTrue(fault.contains("the Hugging Face library crashes where it"), fault);
    }

    @Test
    void rulesKnownToCrashAreRefusedHere() {
        refused("normalizer.prepend is empty", "normalizer", "{\"type\":\"Prepend\",\"prepend\":\"\"}");
        refused(
                "normalizer.normalizers.pattern.String is empty",
                "normalizer",
                "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"x\"}]}");
    }

    private void refused(String part, String key, String value) {
        Path file = TinyTokenizers.write(folder, with(Map.of(key, value)));
        UserError error = assertThrows(UserError.class, () -> Tokenizers.load(file.toString()));
        assertTrue(error.getMessage().contains(part), error.getMessage());
    }

    @Test
    void longRunsAreCutAndNothingElse() {
        String words = "word ".repeat(30);
        assertEquals(List.of(words), LongRuns.cut(words, 10));
        String run = "ab" + " ".repeat(25) + "c";
        List<String> pieces = LongRuns.cut(run, 10);
        assertEquals(run, String.join("", pieces));
        assertEquals(3, pieces.size());
    }
}
