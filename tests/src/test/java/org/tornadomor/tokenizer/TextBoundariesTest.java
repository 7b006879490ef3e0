package org.tornadomor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Which tokens go around texts, by what the files of a checkpoint say. The vocabulary has {@code <s>} 1 and {@code </s>} 2. */
class TextBoundariesTest {
    private static final Path LLAMA = Path.of("src/test/resources/tokenizer/byte-fallback/tokenizer.json");
    private static final Path GPT2 = Path.of("src/test/resources/tokenizer/byte-level/tokenizer.json");
    private static final String BOS_TEMPLATE = """
            {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                        {"SpecialToken": {"id": "</s>", "type_id": 0}}],
             "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
             "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]},
                                "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}}""";
    private static final String PLAIN_TEMPLATE = """
            {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}],
             "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
             "special_tokens": {}}""";
    private static final String OFFSETS =
            "{\"type\": \"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": true, \"use_regex\": true}";
    private static final String ROBERTA =
            "{\"type\": \"RobertaProcessing\", \"sep\": [\"</s>\", 2], \"cls\": [\"<s>\", 1], \"trim_offsets\": true,"
                    + " \"add_prefix_space\": false}";

    @TempDir
    Path folder;

    private static String processor(String name) {
        return switch (name) {
            case "template" -> BOS_TEMPLATE;
            case "plain" -> PLAIN_TEMPLATE;
            case "roberta" -> ROBERTA;
            case "offsets" -> OFFSETS;
            case "sequence" -> "{\"type\": \"Sequence\", \"processors\": [" + OFFSETS + "," + BOS_TEMPLATE + "]}";
            default -> "null";
        };
    }

    /** A folder with a tokenizer, of which some files say what is asked. */
    private Path tokenizer(Path json, String processor, String config) throws IOException {
        ObjectNode root = (ObjectNode) JsonMapper.shared().readTree(Files.readString(json));
        root.set("post_processor", JsonMapper.shared().readTree(processor));
        Files.writeString(folder.resolve("tokenizer.json"), root.toString());
        if (config != null) {
            Files.writeString(folder.resolve("tokenizer_config.json"), config);
        }
        return folder;
    }

    private TextBoundaries open() {
        return TextBoundaries.of(folder, Tokenizers.load(folder.toString()));
    }

    /** The post-processor counts where it says something, else add_bos_token; two classes build theirs anew. */
    @ParameterizedTest
    @CsvSource({
        "template, , , 1",
        "template, , false, 1",
        "template, , true, 1",
        "sequence, , false, 1",
        "roberta, , , 1",
        "plain, , true, 0",
        "plain, LlamaTokenizer, true, 0",
        "template, LlamaTokenizerFast, false, 1",
        "none, , , 0",
        "none, , true, 1",
        "none, LlamaTokenizer, true, 1",
        "none, LlamaTokenizer, false, 0",
        "offsets, GPT2Tokenizer, true, 1",
        "offsets, GPT2Tokenizer, , 0",
        "template, GPTNeoXTokenizerFast, , 0",
        "template, GPTNeoXTokenizer, true, 1",
        "plain, CodeLlamaTokenizer, , 1",
        "template, CodeLlamaTokenizer, false, 0",
    })
    void whichFileCounts(String processor, String tokenizerClass, String addBos, int begins) throws IOException {
        ObjectNode config = JsonMapper.shared().createObjectNode();
        config.put("bos_token", "<s>").put("eos_token", "</s>");
        if (tokenizerClass != null) {
            config.put("tokenizer_class", tokenizerClass);
        }
        if (addBos != null) {
            config.put("add_bos_token", Boolean.parseBoolean(addBos));
        }
        tokenizer(LLAMA, processor(processor), config.toString());
        TextBoundaries texts = open();
        try (Tokenizer tokenizer = texts.tokenizer()) {
            int[] begin = begins == 1 ? new int[] {1} : new int[0];
            assertArrayEquals(begin, texts.begin());
            assertArrayEquals(TextBoundaries.behind(begin, tokenizer.encode("the")), texts.encode("the"));
            assertArrayEquals(new int[] {1}, texts.encode(""));
            assertEquals(1, tokenizer.beginOfText());
            assertEquals(begins, texts.context().length);
        }
    }

    /** What we read out of a post-processor is what the library makes of it. */
    @ParameterizedTest
    @CsvSource({"template", "sequence", "roberta", "plain", "none", "offsets"})
    void theLibraryPutsTheSameBeforeAText(String processor) throws IOException {
        Path file = tokenizer(LLAMA, processor(processor), null).resolve("tokenizer.json");
        try (HuggingFaceTokenizerAdapter tokenizer = HuggingFaceTokenizerAdapter.read(file)) {
            int[] whole = tokenizer.encode("return the", true);
            int[] ours = TextBoundaries.of(folder, tokenizer).encode("return the");
            assertArrayEquals(Arrays.copyOf(whole, ours.length), ours);
            assertTrue(whole.length - ours.length <= 1, "an end token at most follows");
        }
    }

    @Test
    void tokensThatAreDrawnAreRefused(@TempDir Path empty) {
        ObjectNode root = TinyTokenizers.wordPiece();
        ((ObjectNode) root.get("model")).put("dropout", 0.5);
        UserError error = assertThrows(UserError.class, () -> TinyTokenizers.open(empty, root));
        assertTrue(error.getMessage().contains("model.dropout is 0.5"), error.getMessage());
    }

    @Test
    void tokensAreStringsOrObjectsOrElsewhere() throws IOException {
        tokenizer(LLAMA, "null", """
                {"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": {"content": "</s>"}, "add_bos_token": true}""");
        try (Tokenizer tokenizer = open().tokenizer()) {
            assertArrayEquals(new int[] {1}, tokenizer.beginTokens());
            assertEquals(2, tokenizer.endOfText());
        }
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"add_bos_token\": true}");
        Files.writeString(
                folder.resolve("special_tokens_map.json"),
                "{\"bos_token\": {\"content\": \"<s>\"}, \"eos_token\": \"\u2581the\"}");
        try (Tokenizer tokenizer = open().tokenizer()) {
            assertArrayEquals(new int[] {1}, tokenizer.beginTokens());
            assertArrayEquals(tokenizer.encode("the"), new int[] {tokenizer.endOfText()});
        }
        // Qwen's files name no beginning token, and its config.json has an id for it.
        Files.delete(folder.resolve("special_tokens_map.json"));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"bos_token\": null, \"eos_token\": \"</s>\"}");
        Files.writeString(folder.resolve("config.json"), "{\"bos_token_id\": 2, \"eos_token_id\": 2}");
        TextBoundaries texts = open();
        try (Tokenizer tokenizer = texts.tokenizer()) {
            assertEquals(2, tokenizer.beginOfText());
            assertTrue(texts.startsBehindEnd());
            assertArrayEquals(new int[] {2}, texts.context());
            assertArrayEquals(tokenizer.encode("the"), texts.encode("the"));
            assertArrayEquals(new int[] {2}, texts.encode(""));
        }
    }

    @Test
    void aPromptThatSpellsTheBeginningTokenHasItOnce() throws IOException {
        tokenizer(LLAMA, BOS_TEMPLATE, null);
        TextBoundaries texts = open();
        try (Tokenizer tokenizer = texts.tokenizer()) {
            int[] spelled = texts.encode("<s>the");
            assertEquals(1, spelled[0]);
            assertArrayEquals(tokenizer.encode("<s>the", SpecialTokens.PARSED), spelled);
            assertArrayEquals(new int[] {1}, texts.encode("<s>"));
            // Where it is text, the token goes before it.
            int[] text = tokenizer.encode("<s>the");
            assertTrue(text[0] != 1 && text.length > spelled.length);
            assertArrayEquals(
                    TextBoundaries.behind(new int[] {1}, text), texts.encode("<s>the", SpecialTokens.AS_TEXT));
        }
    }

    @Test
    void theBeginningTokenCanBeAskedForAndLeftAway() throws IOException {
        tokenizer(LLAMA, "null", "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\"}");
        TextBoundaries texts = open();
        try (Tokenizer tokenizer = texts.tokenizer()) {
            assertEquals(0, texts.begin().length);
            assertArrayEquals(new int[] {1}, texts.withBos(true).begin());
            assertArrayEquals(
                    tokenizer.encode("a"), texts.withBos(true).withBos(false).encode("a"));
            // A beginning token that no text gets is not the end of another text.
            assertEquals(0, texts.context().length);
        }
        try (Tokenizer bytes = new ByteTokenizer()) {
            TextBoundaries ofBytes = TextBoundaries.of(bytes);
            assertArrayEquals(new int[] {256}, ofBytes.encode(""));
            assertArrayEquals(new int[] {'a'}, ofBytes.encode("a"));
            assertArrayEquals(new int[] {256}, ofBytes.context());
        }
        tokenizer(LLAMA, "null", "{\"bos_token\": \"<nothing>\"}");
        TextBoundaries none = open();
        try (Tokenizer tokenizer = none.tokenizer()) {
            assertArrayEquals(new int[] {tokenizer.endOfText()}, none.encode(""));
            assertEquals(0, none.context().length);
            UserError error = assertThrows(UserError.class, () -> none.withBos(true));
            assertTrue(error.getMessage().contains("--bos"), error.getMessage());
        }
    }

    @Test
    void everyEndTokenOfTheFilesEnds() throws IOException {
        tokenizer(LLAMA, "null", "{\"eos_token\": \"</s>\"}");
        Files.writeString(folder.resolve("config.json"), "{\"bos_token_id\": 1, \"eos_token_id\": 7}");
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [8, 9], \"temperature\": 0.6}");
        TextBoundaries texts = open();
        try (Tokenizer tokenizer = texts.tokenizer()) {
            assertEquals(List.of(8, 9, 7, tokenizer.endOfText()), texts.ends());
            assertTrue(texts.ends(9) && texts.ends(2) && !texts.ends(1));
            assertEquals(2, texts.specialToken("</s>"));
            assertEquals(-1, texts.specialToken("the"));
            JsonNode saved = JsonMapper.shared().readTree(texts.generation().toJson());
            assertEquals(0.6, saved.get("temperature").asDouble());
            assertEquals("[8,9]", saved.get("eos_token_id").toString());
            assertEquals(1, saved.get("bos_token_id").asInt());
        }
        TextBoundaries bare = TextBoundaries.of(folder, null);
        assertEquals(List.of(8, 9, 7), bare.ends());
    }

    /** A word of the vocabulary that looks like an end is none where the model names another. */
    @Test
    void theModelsEndGoesBeforeAGuess() throws IOException {
        tokenizer(LLAMA, "null", null);
        try (Tokenizer tokenizer = open().tokenizer()) {
            assertEquals(2, tokenizer.endOfText());
        }
        Files.writeString(folder.resolve("config.json"), "{\"eos_token_id\": 40}");
        TextBoundaries texts = open();
        try (Tokenizer tokenizer = texts.tokenizer()) {
            assertEquals(40, tokenizer.endOfText());
            assertFalse(texts.ends(2));
        }
    }

    /**
     * A tokenizer that was told otherwise is saved as one that says so itself, and a corpus of one is refused as a corpus of
     * the other.
     */
    @Test
    void whatIsAskedForIsSaved() throws IOException {
        tokenizer(LLAMA, BOS_TEMPLATE, "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\", \"legacy\": false}");
        Files.writeString(folder.resolve("chat_template.jinja"), "{{ messages }}");
        Files.createDirectory(folder.resolve("additional_chat_templates"));
        Files.writeString(folder.resolve("additional_chat_templates/tool_use.jinja"), "{{ tools }}");
        Path without = Files.createDirectory(folder.resolve("without"));
        Path again = Files.createDirectory(folder.resolve("again"));
        try (Tokenizer plain = Tokenizers.load(folder.toString(), false);
                Tokenizer with = Tokenizers.load(folder.toString(), true)) {
            assertEquals(0, plain.beginTokens().length);
            assertArrayEquals(new int[] {1}, with.beginTokens());
            assertNotEquals(plain.fingerprint(), with.fingerprint());
            assertArrayEquals(with.encode("return the"), plain.encode("return the"));
            plain.save(without);
        }
        assertEquals("{{ messages }}", Files.readString(without.resolve("chat_template.jinja")));
        assertEquals("{{ tools }}", Files.readString(without.resolve("additional_chat_templates/tool_use.jinja")));
        assertFalse(JsonMapper.shared()
                .readTree(Files.readString(without.resolve("tokenizer_config.json")))
                .get("legacy")
                .asBoolean());
        try (HuggingFaceTokenizerAdapter found = HuggingFaceTokenizerAdapter.read(without.resolve("tokenizer.json"));
                Tokenizer with = Tokenizers.load(without.toString(), true)) {
            assertArrayEquals(found.encode("the"), found.encode("the", true));
            assertEquals(0, found.beginTokens().length);
            assertArrayEquals(new int[] {1}, with.beginTokens());
            with.save(again);
        }
        try (HuggingFaceTokenizerAdapter found = HuggingFaceTokenizerAdapter.read(again.resolve("tokenizer.json"))) {
            assertArrayEquals(found.begun(found.encode("the")), found.encode("the", true));
            assertEquals(1, found.encode("the", true)[0]);
        }
    }

    @Test
    void filesThatContradictThemselvesAreRefused() throws IOException {
        tokenizer(LLAMA, "null", "{\"bos_token\": \"<bos>\", \"add_bos_token\": true}");
        refused("add_bos_token", "tokenizer_config.json");
        tokenizer(LLAMA, BOS_TEMPLATE.replace("\"ids\": [1]", "\"ids\": []"), "{}");
        refused("post_processor", "<s>", "tokenizer.json");
        tokenizer(LLAMA, BOS_TEMPLATE, "{}");
        for (String ids : List.of("\"two\"", "[1, \"x\"]", "2.5", "99999999999")) {
            Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": " + ids + "}");
            refused("eos_token_id", "generation_config.json");
        }
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": -1, \"bos_token_id\": null}");
        open().tokenizer().close();
        Files.write(folder.resolve("generation_config.json"), "[".getBytes(StandardCharsets.UTF_8));
        refused("not valid JSON", "generation_config.json");
        UserError error = assertThrows(UserError.class, () -> Tokenizers.load("bytes", true));
        assertTrue(error.getMessage().contains("--bos"), error.getMessage());
    }

    @Test
    void tokensThatAreNotThereAndFilesOfAnotherKindAreRefused() throws IOException {
        tokenizer(LLAMA, BOS_TEMPLATE.replace("\"ids\": [1]", "\"ids\": [9999]"), null);
        refused("tokenizer.json", "post_processor", "no token has the id 9999");
        for (String name : new String[] {"tokenizer_config.json", "special_tokens_map.json"}) {
            tokenizer(LLAMA, BOS_TEMPLATE, null);
            Files.writeString(folder.resolve(name), "[1]");
            refused(name, "is not a JSON object");
            Files.delete(folder.resolve(name));
        }
    }

    private void refused(String... words) {
        UserError error = assertThrows(UserError.class, () -> open().tokenizer().close());
        for (String word : words) {
            assertTrue(error.getMessage().contains(word), error.getMessage());
        }
    }

    /** Models of this program's own tokenizers see texts one behind the other. */
    @Test
    void textsOfTheOwnTokenizerStartBehindTheEndToken() throws IOException {
        tokenizer(GPT2, "null", "{\"bos_token\": \"<|endoftext|>\", \"eos_token\": \"<|endoftext|>\"}");
        TextBoundaries texts = open();
        try (Tokenizer tokenizer = texts.tokenizer()) {
            assertTrue(texts.startsBehindEnd());
            assertArrayEquals(new int[] {274}, texts.context());
            assertArrayEquals(tokenizer.encode("a"), texts.encode("a"));
            assertEquals(274, texts.generation().bos());
            UserError error = assertThrows(UserError.class, () -> Tokenizers.load(folder.toString(), true));
            assertTrue(error.getMessage().contains("behind the end token"), error.getMessage());
        }
    }
}
