package org.tornadomor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BpeTrainerTest {
    private static final String[] PIECES = {
        "the",
        " the",
        "return",
        "\n",
        "    ",
        "\t",
        " x1",
        "23",
        "é",
        "€uro",
        "漢字",
        "\uD83C\uDF2A",
        "don't",
        "!=",
        "aaaa",
        "ab",
        "aba",
        "\u00A0",
        "\u2028",
        "\r\n",
        "_",
        "İ",
        "ﬁ",
        "ß",
        "\u0301",
        "١٢",
        "'s",
        "'"
    };

    @TempDir
    Path folder;

    private static String randomText(Random random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    private static BpeVocabulary train(int vocabSize, String... texts) {
        WordCounts counts = new WordCounts();
        counts.add(List.of(texts));
        return BpeTrainer.train(counts, vocabSize, 1, tokens -> {});
    }

    @Test
    void mergesTheMostFrequentPairAndOfEqualOnesTheLowest() {
        BpeVocabulary vocabulary = train(261, "xy xy ab ab");
        List<String> learnt =
                vocabulary.tokens().subList(256, vocabulary.tokens().size());
        // "ab", "xy" and a space before "a" occur twice each; "a" has the lowest id, the space the highest.
        assertEquals(List.of("ab", "xy", "Ġab", "Ġxy"), learnt);
        assertEquals(261, vocabulary.size());
    }

    @Test
    void updatedCountsAreThoseOfCountingAgain() {
        Random random = new Random(3);
        for (int round = 0; round < 20; round++) {
            String text = randomText(random, 60);
            BpeVocabulary quick = train(320, text);
            List<String> slow = countAgainEachTime(text, quick.merges().size());
            List<String> merges = quick.merges().stream()
                    .map(pair ->
                            quick.tokens().get(pair[0]) + " " + quick.tokens().get(pair[1]))
                    .toList();
            assertEquals(slow, merges);
        }
    }

    /** The definition: count all pairs, merge the best everywhere, begin again. */
    private static List<String> countAgainEachTime(String text, int merges) {
        List<List<Integer>> words = new ArrayList<>();
        ByteLevel.words(
                text,
                word -> words.add(Arrays.stream(ByteLevel.ids(word)).boxed().toList()));
        List<String> tokens = new ArrayList<>(
                IntStream.range(0, 256).mapToObj(ByteLevel::symbol).toList());
        List<String> done = new ArrayList<>();
        while (done.size() < merges) {
            Map<List<Integer>, Integer> counts = new HashMap<>();
            for (List<Integer> word : words) {
                for (int i = 0; i + 1 < word.size(); i++) {
                    counts.merge(word.subList(i, i + 2), 1, Integer::sum);
                }
            }
            List<Integer> best = counts.entrySet().stream()
                    .min(Comparator.comparing((Map.Entry<List<Integer>, Integer> e) -> -e.getValue())
                            .thenComparing(e -> e.getKey().get(0))
                            .thenComparing(e -> e.getKey().get(1)))
                    .map(e -> List.copyOf(e.getKey()))
                    .orElseThrow();
            String pair = tokens.get(best.get(0)) + " " + tokens.get(best.get(1));
            // A token that can be spelled in two ways may bring back a pair that was merged before.
            if (!done.contains(pair)) {
                done.add(pair);
            }
            String merged = tokens.get(best.get(0)) + tokens.get(best.get(1));
            if (!tokens.contains(merged)) {
                tokens.add(merged);
            }
            words.replaceAll(word -> merge(word, best, tokens.indexOf(merged)));
        }
        return done;
    }

    private static List<Integer> merge(List<Integer> word, List<Integer> pair, int merged) {
        List<Integer> result = new ArrayList<>();
        for (int i = 0; i < word.size(); i++) {
            boolean found = i + 1 < word.size() && word.subList(i, i + 2).equals(pair);
            result.add(found ? merged : word.get(i));
            i += found ? 1 : 0;
        }
        return result;
    }

    @Test
    void theLibraryEncodesAsTheMergesSay() {
        Random random = new Random(4);
        BpeVocabulary vocabulary = train(500, randomText(random, 2000), "return the int of the lines");
        vocabulary.save(folder);
        try (Tokenizer tokenizer = Tokenizers.load(folder.toString())) {
            assertEquals(500, tokenizer.vocabSize());
            assertEquals(499, tokenizer.endOfText());
            for (int round = 0; round < 200; round++) {
                String text = randomText(random, 1 + random.nextInt(30));
                int[] ids = tokenizer.encode(text);
                assertArrayEquals(encode(vocabulary, text), ids, text);
                assertEquals(text, tokenizer.decode(ids));
            }
        }
    }

    /** A word's symbols, with the earliest merge that fits applied until none does. */
    private static int[] encode(BpeVocabulary vocabulary, String text) {
        List<Integer> ids = new ArrayList<>();
        ByteLevel.words(text, word -> {
            List<Integer> symbols = Arrays.stream(ByteLevel.ids(word)).boxed().toList();
            boolean found = true;
            while (found) {
                found = false;
                for (int[] pair : vocabulary.merges()) {
                    List<Integer> both = List.of(pair[0], pair[1]);
                    String merged = vocabulary.tokens().get(pair[0])
                            + vocabulary.tokens().get(pair[1]);
                    List<Integer> next =
                            merge(symbols, both, vocabulary.tokens().indexOf(merged));
                    if (next.size() < symbols.size()) {
                        symbols = next;
                        found = true;
                        break;
                    }
                }
            }
            ids.addAll(symbols);
        });
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    @Test
    void anyCharacterSurvives() {
        train(300, "nothing of what comes").save(folder);
        Random random = new Random(5);
        try (Tokenizer tokenizer = Tokenizers.load(folder.toString())) {
            for (int round = 0; round < 200; round++) {
                int limit = round % 2 == 0 ? 0x3000 : Character.MAX_CODE_POINT + 1;
                int[] points = random.ints(40, 0, limit)
                        .filter(p -> p < Character.MIN_SURROGATE || p > Character.MAX_SURROGATE)
                        .toArray();
                String text = new String(points, 0, points.length);
                assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
                assertEquals(
                        text.getBytes(StandardCharsets.UTF_8).length, tokenizer.countBytes(tokenizer.encode(text)));
            }
        }
    }

    @Test
    void theFileIsLaidOutAsThatOfGpt2() throws IOException {
        Path file = train(300, "the lines of the file").save(folder.resolve("my.json"));
        assertEquals(folder.resolve("my.json"), file);
        JsonNode root = JsonMapper.shared().readTree(Files.readString(file));
        JsonNode vocabulary = root.path("model").path("vocab");
        // The first and the last of the bytes, and the space, have the ids that GPT-2 gives them.
        assertEquals(0, vocabulary.path("!").asInt(-1));
        assertEquals(64, vocabulary.path("a").asInt(-1));
        assertEquals(220, vocabulary.path("Ġ").asInt(-1));
        assertEquals(198, vocabulary.path("Ċ").asInt(-1));
        assertEquals(255, vocabulary.path("Ń").asInt(-1));
        assertEquals("ByteLevel", root.path("pre_tokenizer").path("type").asString());
        assertEquals("ByteLevel", root.path("decoder").path("type").asString());
        assertEquals(
                "<|endoftext|>",
                root.path("added_tokens").path(0).path("content").asString());
        assertTrue(root.path("added_tokens").path(0).path("special").asBoolean());
        // No more than this text has pairs, so the end of text is not id 299.
        assertEquals(
                vocabulary.size(), root.path("added_tokens").path(0).path("id").asInt());
        assertTrue(Files.readString(folder.resolve("tokenizer_config.json")).contains("<|endoftext|>"));
    }

    @Test
    void theOutcomeDoesNotDependOnHowTheTextComes() {
        Random random = new Random(6);
        String[] texts = new String[50];
        Arrays.setAll(texts, i -> randomText(random, 40));
        BpeVocabulary whole = train(400, texts);
        WordCounts counts = new WordCounts();
        for (String text : texts) {
            counts.add(List.of(text));
        }
        assertEquals(
                whole.tokens(), BpeTrainer.train(counts, 400, 1, tokens -> {}).tokens());
    }

    @Test
    void rareWordsAreForgottenWhenThereAreTooMany() {
        WordCounts counts = new WordCounts(2);
        counts.add(List.of("a a a a"));
        assertEquals(2, counts.size());
        counts.add(List.of("b"));
        assertEquals(Set.of(" a"), counts.counts().keySet());
        assertEquals(2, counts.forgotten());
    }

    @Test
    void longWordsAreCutBetweenCharacters() {
        WordCounts counts = new WordCounts();
        counts.add(List.of("x" + "\uD83C\uDF2A".repeat(400)));
        counts.counts().keySet().forEach(word -> {
            assertTrue(word.length() <= 256, word);
            assertEquals(word, new String(word.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
        });
    }

    @Test
    void refusesSizesThatMakeNoSense() {
        assertThrows(UserError.class, () -> train(256, "text"));
        assertThrows(UserError.class, () -> BpeTrainer.train(new WordCounts(), 300, 0, tokens -> {}));
    }
}
