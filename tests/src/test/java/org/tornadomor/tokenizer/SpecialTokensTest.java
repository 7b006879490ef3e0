package org.tornadomor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class SpecialTokensTest {
    private static final String HTML = "old <s>price</s> new";

    @TempDir
    Path folder;

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void holds(Tokenizer tokenizer, String text, int parsed) {
        int[] plain = tokenizer.encode(text);
        assertTrue(IntStream.of(plain).noneMatch(tokenizer::isSpecial), Arrays.toString(plain));
        assertEquals(text, tokenizer.decode(plain));
        assertArrayEquals(plain, tokenizer.encodeBytes(utf8(text)));
        int[] special = tokenizer.encode(text, SpecialTokens.PARSED);
        assertEquals(parsed, IntStream.of(special).filter(tokenizer::isSpecial).count(), Arrays.toString(special));
        assertArrayEquals(special, tokenizer.encodeBytes(utf8(text), SpecialTokens.PARSED));
        assertEquals(parsed, tokenizer.countSpelled(utf8(text)));
    }

    @Test
    void htmlIsTextToATokenizerOfLlama() {
        try (Tokenizer tokenizer = HuggingFaceTokenizerAdapter.readUntried(resource("byte-fallback"))) {
            holds(tokenizer, HTML, 2);
            holds(tokenizer, "no tags <sp >", 0);
        }
    }

    private static Path resource(String name) {
        try {
            return Path.of(SpecialTokensTest.class
                    .getResource("/tokenizer/" + name + "/tokenizer.json")
                    .toURI());
        } catch (java.net.URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anEndOfTextIsTextToATokenizerOfGpt2() {
        try (Tokenizer tokenizer = HuggingFaceTokenizerAdapter.readUntried(resource("byte-level"))) {
            holds(tokenizer, "return <|endoftext|> the<|endoftext|>", 2);
        }
    }

    /** Its vocabulary holds {@code <s>} with the best score of all. */
    @Test
    void piecesThatAreSpecialAreNotFoundInText() {
        try (Tokenizer tokenizer = TinyTokenizers.open(folder, TinyTokenizers.unigram())) {
            holds(tokenizer, HTML, 2);
        }
    }

    @Test
    void unknownWordsStayUnknown() {
        try (Tokenizer tokenizer = TinyTokenizers.open(folder, TinyTokenizers.wordPiece())) {
            assertArrayEquals(new int[] {0}, tokenizer.encode("zebra"));
            assertFalse(IntStream.of(tokenizer.encode("[SEP]")).anyMatch(id -> id == 1));
            assertArrayEquals(new int[] {1}, tokenizer.encode("[SEP]", SpecialTokens.PARSED));
        }
    }

    /** Taking special tokens away would move the ids of others that come behind them. */
    @Test
    void otherAddedTokensKeepTheirIds() {
        ObjectNode root = TinyTokenizers.withDecoder("null");
        ArrayNode added = (ArrayNode) root.path("added_tokens");
        int next = root.path("model").path("vocab").size();
        TinyTokenizers.addToken(added, next, "<|im_start|>", true);
        TinyTokenizers.addToken(added, next + 1, "<tool>", false);
        try (Tokenizer tokenizer = TinyTokenizers.open(folder, root)) {
            assertArrayEquals(new int[] {next + 1}, tokenizer.encode("<tool>"));
            assertArrayEquals(new int[] {next}, tokenizer.encode("<|im_start|>", SpecialTokens.PARSED));
            assertEquals(12, tokenizer.encode("<|im_start|>").length);
        }
    }

    @Test
    void mergesThatMakeASpecialTokenAreNone() {
        ObjectNode root = TinyTokenizers.base();
        ObjectNode model = root.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        for (String token : "<,s,>,s>,<s>".split(",")) {
            vocabulary.put(token, vocabulary.size());
        }
        model.set("merges", JsonMapper.shared().readTree("[[\"s\",\">\"],[\"<\",\"s>\"]]"));
        TinyTokenizers.addToken(root.putArray("added_tokens"), 4, "<s>", true);
        try (Tokenizer tokenizer = TinyTokenizers.open(folder, root)) {
            assertArrayEquals(new int[] {0, 3}, tokenizer.encode("<s>"));
            assertArrayEquals(new int[] {4}, tokenizer.encode("<s>", SpecialTokens.PARSED));
        }
    }
}
