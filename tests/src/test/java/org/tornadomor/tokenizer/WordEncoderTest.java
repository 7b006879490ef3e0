package org.tornadomor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What is encoded word by word, with a memory, is what the library encodes as a whole. */
class WordEncoderTest {
    private static final Path BYTE_LEVEL = Path.of("src/test/resources/tokenizer/byte-level/tokenizer.json");

    /** Pieces that meet at the borders of words, digits, signs and white space of all kinds. */
    private static final String[] PIECES = {
        " ",
        "  ",
        "\n",
        "\t",
        "\r\n",
        "\u00A0",
        "\u0085",
        "\u2003",
        "\u3000",
        "\u200B",
        "\u180E",
        "\u001C",
        "'",
        "'s",
        "'re",
        "'ll",
        "'VE",
        "'",
        "don't",
        "return",
        "the",
        "x",
        "\u00E9",
        "e\u0301",
        "\u6F22\u5B57",
        "\u0661",
        "\u00B2",
        "\u2167",
        "12",
        "3.5",
        "_",
        "::",
        "()",
        "\uD83C\uDF2A",
        "\uD835\uDC00",
        "<|endoftext|>",
        "<|end",
        "\u0000",
        "\uFEFF",
        "\u01C5",
        "\u02B0"
    };

    private static List<String> words(byte[] text) {
        List<String> words = new ArrayList<>();
        for (int from = 0; from < text.length; ) {
            int to = WordEncoder.wordEnd(text, from);
            words.add(new String(text, from, to - from, StandardCharsets.UTF_8));
            from = to;
        }
        return words;
    }

    @Test
    void wordsAreThoseOfTheTrainer() {
        Random random = new Random(5);
        for (int round = 0; round < 20_000; round++) {
            String text = mixed(random, 1 + random.nextInt(8));
            List<String> expected = new ArrayList<>();
            ByteLevel.words(text, expected::add);
            assertEquals(expected, words(text.getBytes(StandardCharsets.UTF_8)), text);
        }
    }

    private static String mixed(Random random, int pieces) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < pieces; i++) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    @Test
    void idsAreThoseOfTheLibrary() {
        try (Tokenizer tokenizer = Tokenizers.load(BYTE_LEVEL.toString())) {
            Random random = new Random(6);
            for (int round = 0; round < 3000; round++) {
                String text = mixed(random, random.nextInt(60));
                assertArrayEquals(tokenizer.encode(text), bytes(tokenizer, text), text);
            }
            String longWord = "y".repeat(1000) + " ".repeat(700) + "end";
            assertArrayEquals(tokenizer.encode(longWord), bytes(tokenizer, longWord));
        }
    }

    private static int[] bytes(Tokenizer tokenizer, String text) {
        return tokenizer.encodeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    @Property(tries = 300)
    void idsOfAnyTextAreThoseOfTheLibrary(@ForAll String any) {
        String text = new String(any.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        try (Tokenizer tokenizer = Tokenizers.load(BYTE_LEVEL.toString())) {
            assertArrayEquals(tokenizer.encode(text), bytes(tokenizer, text));
        }
    }

    /** The lengths in bytes of the words that the library cuts a text into. */
    private static List<Integer> libraryWords(HuggingFaceTokenizer library, String text) {
        Encoding encoding = library.encode(text, false, false);
        List<Integer> lengths = new ArrayList<>();
        long before = -1;
        for (int i = 0; i < encoding.getIds().length; i++) {
            // A token is spelled with a character for each of its bytes.
            int bytes = encoding.getTokens()[i].length();
            if (encoding.getWordIds()[i] == before) {
                lengths.set(lengths.size() - 1, lengths.getLast() + bytes);
            } else {
                lengths.add(bytes);
            }
            before = encoding.getWordIds()[i];
        }
        return lengths;
    }

    private static boolean same(HuggingFaceTokenizer library, int... points) {
        StringBuilder text = new StringBuilder();
        for (int point : points) {
            String character = Character.toString(point);
            for (String neighbour : new String[] {"a", "1", "!", " ", "\n", " a", character}) {
                text.append(neighbour).append(character);
            }
        }
        List<Integer> words = words(text.toString().getBytes(StandardCharsets.UTF_8)).stream()
                .map(word -> word.getBytes(StandardCharsets.UTF_8).length)
                .toList();
        return words.equals(libraryWords(library, text.toString()));
    }

    @Test
    void wordsAreThoseOfTheLibrary() throws IOException {
        try (Tokenizer tokenizer = Tokenizers.load(BYTE_LEVEL.toString());
                HuggingFaceTokenizer library = HuggingFaceTokenizer.newInstance(BYTE_LEVEL)) {
            assertEquals(274, tokenizer.endOfText());
            List<String> different = new ArrayList<>();
            for (int block = 0; block < Character.MAX_CODE_POINT; block += 256) {
                int[] points = IntStream.range(block, block + 256)
                        .filter(Character::isDefined)
                        .filter(point -> point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE)
                        .toArray();
                if (IntStream.of(points).map(Character::getType).distinct().count() == 1) {
                    // One script, such as the thousands of ideographs.
                    points = new int[] {points[0], points[points.length - 1]};
                }
                if (!same(library, points)) {
                    for (int point : points) {
                        if (!same(library, point)) {
                            different.add(Integer.toHexString(point));
                        }
                    }
                }
            }
            assertEquals(List.of(), different);
        }
    }

    @Test
    void forgettingChangesNothing() {
        WordEncoder encoder = new WordEncoder(word -> word.codePoints().toArray(), List.of("<|endoftext|>"));
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 300_000; i++) {
            text.append("w").append(i % 200_000).append(' ');
        }
        byte[] utf8 = text.toString().getBytes(StandardCharsets.UTF_8);
        assertArrayEquals(text.codePoints().toArray(), encoder.encode(utf8));
        assertArrayEquals(text.codePoints().toArray(), encoder.encode(utf8));
    }
}
