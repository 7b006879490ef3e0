package org.tornadomor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;

class HuggingFaceTokenizerTest {
    private static final String BYTE_LEVEL = "byte-level";
    private static final String BYTE_FALLBACK = "byte-fallback";

    @TempDir
    Path folder;

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(HuggingFaceTokenizerTest.class.getResource("/tokenizer/" + name))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static Tokenizer open(String name) {
        return Tokenizers.load(resource(name).toString());
    }

    @Test
    void appliesTheMergesOfTheFile() {
        try (Tokenizer tokenizer = open(BYTE_LEVEL)) {
            assertEquals(256 + 18 + 1, tokenizer.vocabSize());
            assertEquals(274, tokenizer.endOfText());
            // "return" and " the" are one token each.
            assertArrayEquals(new int[] {264, 258}, tokenizer.encode("return the"));
            assertArrayEquals(new int[] {'a', 274}, tokenizer.encode("a<|endoftext|>", SpecialTokens.PARSED));
            assertEquals("return the", tokenizer.decode(new int[] {264, 258, 274}));
            assertEquals(10, tokenizer.countBytes(new int[] {264, 258, 274}));
        }
    }

    @Test
    void addsSpecialTokensOnlyWhenAsked() {
        try (HuggingFaceTokenizerAdapter tokenizer =
                HuggingFaceTokenizerAdapter.read(resource(BYTE_FALLBACK).resolve("tokenizer.json"))) {
            int[] plain = tokenizer.encode("the");
            int[] marked = tokenizer.encode("the", true);
            assertEquals(1, marked[0]);
            assertArrayEquals(plain, IntStream.of(marked).skip(1).toArray());
            assertEquals(2, tokenizer.endOfText());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {BYTE_LEVEL, BYTE_FALLBACK})
    void textSurvives(String name) {
        try (Tokenizer tokenizer = open(name)) {
            for (String text : new String[] {
                "",
                "return the public inner",
                "  two  spaces\n\ttab",
                "é€漢字 \uD83C\uDF2A!",
                "\r\n\u0000",
                "x".repeat(3000)
            }) {
                assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
                assertArrayEquals(tokenizer.encode(text), tokenizer.encodeBytes(text.getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {BYTE_LEVEL, BYTE_FALLBACK})
    void streamedTextIsTheWholeText(String name) {
        try (Tokenizer tokenizer = open(name)) {
            StreamDecoder stream = tokenizer.streamDecoder();
            Random random = new Random(7);
            for (int round = 0; round < 100; round++) {
                String text = randomText(random);
                int[] ids = tokenizer.encode(text);
                StringBuilder streamed = new StringBuilder();
                for (int id : ids) {
                    streamed.append(stream.accept(id));
                    assertFalse(streamed.toString().contains("\uFFFD"), "half a character came out");
                }
                assertEquals(text, streamed.append(stream.finish()).toString());
            }
        }
    }

    @Test
    void streamedGarbageIsTheWholeGarbage() {
        try (Tokenizer tokenizer = open(BYTE_LEVEL)) {
            StreamDecoder stream = tokenizer.streamDecoder();
            Random random = new Random(8);
            for (int round = 0; round < 100; round++) {
                int[] ids = random.ints(40, 0, tokenizer.vocabSize()).toArray();
                StringBuilder streamed = new StringBuilder();
                for (int id : ids) {
                    streamed.append(stream.accept(id));
                }
                assertEquals(
                        tokenizer.decode(ids), streamed.append(stream.finish()).toString());
            }
        }
    }

    private static String randomText(Random random) {
        String[] pieces = {"the", " ", "return", "é", "€", "漢", "\uD83C\uDF2A", "\n", " a", "x"};
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            text.append(pieces[random.nextInt(pieces.length)]);
        }
        return text.toString();
    }

    @Test
    void aSavedTokenizerIsFoundAgain() throws IOException {
        Path source = Files.createDirectory(folder.resolve("source"));
        Path saved = Files.createDirectory(folder.resolve("saved"));
        Files.copy(resource(BYTE_LEVEL).resolve("tokenizer.json"), source.resolve("tokenizer.json"));
        Files.writeString(source.resolve("tokenizer_config.json"), "{\"eos_token\": {\"content\": \"!\"}}");
        try (Tokenizer first = Tokenizers.load(source.toString())) {
            first.save(saved);
            try (Tokenizer second = Tokenizers.forCheckpoint(saved, 300).orElseThrow()) {
                assertEquals('!', second.endOfText());
                assertEquals(first.fingerprint(), second.fingerprint());
                assertNotEquals(new ByteTokenizer().fingerprint(), second.fingerprint());
            }
        }
    }

    @Test
    void aCheckpointWithoutAFileIsOneOfBytesOrOfIds() {
        assertInstanceOf(
                ByteTokenizer.class, Tokenizers.forCheckpoint(folder, 257).orElseThrow());
        assertTrue(Tokenizers.forCheckpoint(folder, 300).isEmpty());
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Path file = folder.resolve("tokenizer.json");
        expectError("no tokenizer at", file.toString());
        Files.writeString(file, "{\"model\": {\"vocab\": {\"a\"");
        expectError("not valid JSON", file.toString());
        Files.writeString(file, "{\"a\": 1}");
        expectError("holds no vocabulary", file.toString());
        Files.writeString(file, "{\"model\": {\"type\": \"Riddle\", \"vocab\": {\"a\": 0}}}");
        expectError("not a tokenizer that the Hugging Face library reads", file.toString());
        UserError error = assertThrows(UserError.class, () -> Tokenizers.forCheckpoint(resource(BYTE_LEVEL), 200));
        assertTrue(error.getMessage().contains("has 275 ids, but the model's vocabulary has 200"), error.getMessage());
    }

    private static void expectError(String part, String path) {
        UserError error = assertThrows(UserError.class, () -> Tokenizers.load(path));
        assertTrue(error.getMessage().contains(part), error.getMessage());
        assertFalse(error.getMessage().contains("\n"), error.getMessage());
    }
}
