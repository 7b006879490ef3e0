package org.tornadomor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ContinuationTest {
    @TempDir
    Path folder;

    static Stream<String> kinds() {
        return Stream.concat(Stream.of("bytes", "unigram", "bert"), TinyTokenizers.decoders().keySet().stream());
    }

    private Tokenizer open(String kind) {
        return switch (kind) {
            case "bytes" -> new ByteTokenizer();
            case "unigram" -> TinyTokenizers.open(folder, TinyTokenizers.unigram());
            case "bert" -> TinyTokenizers.open(folder, TinyTokenizers.wordPiece());
            default ->
                TinyTokenizers.open(
                        folder,
                        TinyTokenizers.withDecoder(TinyTokenizers.decoders().get(kind)));
        };
    }

    /** Words, bytes and special tokens, some of which repeat. */
    private static int[] ids(Tokenizer tokenizer, Random random) {
        int most = tokenizer.vocabSize();
        int words = Math.max(0, most - 40);
        int[] ids = new int[random.nextInt(14)];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = switch (random.nextInt(5)) {
                case 0 -> random.nextInt(most);
                case 1 -> i == 0 ? 1 : ids[i - 1];
                // 0xC3 0xA9, 0xE2 0x96 and the like among the byte tokens of these files.
                case 2 ->
                    Math.min(
                            most - 1,
                            3 + new int[] {0xC3, 0xA9, 0xE2, 0x96, 0x81, 0x0A, 0xF0, 0x9F}[random.nextInt(8)]);
                default -> words + random.nextInt(most - words);
            };
        }
        return ids;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void decodesAsTheLibrary(String kind) {
        try (Tokenizer tokenizer = open(kind)) {
            if (tokenizer instanceof HuggingFaceTokenizerAdapter adapter) {
                Random random = new Random(3);
                for (int round = 0; round < 400; round++) {
                    int[] ids = ids(tokenizer, random);
                    assertEquals(adapter.decodeByLibrary(ids), tokenizer.decode(ids), () -> Arrays.toString(ids));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void textIsTheDifferenceOfWholeDecodings(String kind) {
        try (Tokenizer tokenizer = open(kind)) {
            Random random = new Random(4);
            for (int round = 0; round < 150; round++) {
                int[] ids = ids(tokenizer, random);
                String whole = tokenizer.decode(ids);
                for (int split = 0; split <= ids.length; split++) {
                    check(tokenizer, ids, split, whole);
                }
            }
        }
    }

    private static void check(Tokenizer tokenizer, int[] ids, int split, String whole) {
        int[] prompt = Arrays.copyOf(ids, split);
        Continuation continuation = Continuation.of(tokenizer, prompt);
        StringBuilder text = new StringBuilder();
        for (int i = split; i < ids.length; i++) {
            String piece = continuation.accept(ids[i]);
            text.append(piece);
            assertTrue(piece.isEmpty() || continuation.isPromptCertain());
            assertTrue(
                    whole.startsWith(continuation.prompt() + text),
                    () -> "text came out that changed later, of " + Arrays.toString(ids) + " behind " + split);
        }
        boolean holds = continuation.holds();
        String rest = continuation.finish();
        assertTrue(holds || rest.isEmpty(), () -> "a rest that nobody knew of, of " + Arrays.toString(ids));
        text.append(rest);
        assertTrue(continuation.isPromptCertain());
        assertEquals(whole, continuation.prompt() + text);
        String alone = tokenizer.decode(prompt);
        if (whole.startsWith(alone)) {
            assertEquals(whole.substring(alone.length()), text.toString(), () -> Arrays.toString(ids) + " at " + split);
        } else {
            assertTrue(alone.startsWith(continuation.prompt()));
        }
    }

    @Test
    void aFirstSpaceThatIsStrippedIsNotThatOfTheContinuation() {
        try (Tokenizer tokenizer = open("llama-2")) {
            int[] all = tokenizer.encode("\u2581Once\u2581upon\u2581a\u2581time");
            int[] words = IntStream.range(259, 263).toArray();
            assertEquals("Once upon a time", tokenizer.decode(words));
            Continuation continuation = Continuation.of(tokenizer, Arrays.copyOf(words, 3));
            assertEquals("Once upon a", continuation.prompt());
            assertEquals(" time", continuation.accept(words[3]) + continuation.finish());
            assertTrue(all.length > 0);
        }
    }

    @Test
    void aPromptThatEndsInALineEndKeepsIt() {
        try (Tokenizer tokenizer = open("llama-2")) {
            // The line end is a byte token, which more bytes could change.
            Continuation continuation = Continuation.of(tokenizer, new int[] {259, 3 + '\n'});
            assertEquals("Once", continuation.prompt());
            assertEquals(" time", continuation.accept(262) + continuation.finish());
            assertEquals("Once\n", continuation.prompt());
        }
    }

    @Test
    void longTextsTakeTimeInProportion() {
        try (Tokenizer bytes = new ByteTokenizer();
                Tokenizer fallback = open("llama-2");
                Tokenizer level = open("byte-level")) {
            for (Tokenizer tokenizer : new Tokenizer[] {bytes, fallback, level}) {
                int[] ids = new Random(5).ints(200_000, 3, 256).toArray();
                String whole = tokenizer.decode(ids);
                assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
                    Continuation continuation = Continuation.of(tokenizer, Arrays.copyOf(ids, 7));
                    StringBuilder text = new StringBuilder();
                    for (int i = 7; i < ids.length; i++) {
                        text.append(continuation.accept(ids[i]));
                    }
                    text.append(continuation.finish());
                    assertEquals(whole, continuation.prompt() + text);
                });
            }
        }
    }
}
