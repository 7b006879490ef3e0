package org.tornadomor.tokenizer;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the library does not tell about a {@code tokenizer.json}: its ids, which one ends a text, how text is decoded, and what
 * in it may take long or end the process.
 *
 * @param tokens all of them
 * @param endOfText the id that ends a text, or -1
 * @param words whether text is cut into the words of {@link ByteLevel}, each of which is encoded by itself
 * @param decoder makes text of tokens
 * @param expressions regular expressions that text is cut or changed with
 */
record TokenizerJson(TokenTable tokens, int endOfText, boolean words, TextDecoder decoder, List<String> expressions) {
    /** A name given twice is refused: two readers could take it for two things. */
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** How published models spell the end of a text, those that mean nothing else first. */
    private static final List<String> END_NAMES = List.of(
            "<|endoftext|>",
            "<|end_of_text|>",
            "</s>",
            "<eos>",
            "<|eos|>",
            "[EOS]",
            "<end_of_text>",
            "<|im_end|>",
            "<|eot_id|>",
            "[SEP]");

    /**
     * Reads it.
     *
     * @param config the content of {@code tokenizer_config.json}, or null
     * @throws UserError naming what is missing, mistyped or known to make no sense
     */
    static TokenizerJson parse(Path file, byte[] json, byte[] config) {
        JsonNode root = tree(file, json);
        TokenTable tokens = TokenTable.read(file, root);
        List<String> expressions = TextRules.read(file, root);
        TextDecoder decoder = TextDecoder.read(file, root.path("decoder"));
        return new TokenizerJson(tokens, endOfText(tokens.ids(), file, config), cutsWords(root), decoder, expressions);
    }

    /** The largest id plus one. */
    int vocabSize() {
        return tokens.size();
    }

    /** Whether it is of GPT-2's layout, so that a text's ids are those of its words. */
    private static boolean cutsWords(JsonNode root) {
        JsonNode before = root.path("pre_tokenizer");
        JsonNode model = root.path("model");
        return absent(root.path("normalizer"))
                && before.path("type").asString("").equals("ByteLevel")
                && !before.path("add_prefix_space").asBoolean(true)
                && before.path("use_regex").asBoolean(true)
                && model.path("type").asString("BPE").equals("BPE")
                && model.path("merges").isArray()
                && absent(model.path("dropout"));
    }

    private static boolean absent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    private static int endOfText(Map<String, Integer> ids, Path file, byte[] config) {
        if (config != null) {
            JsonNode token =
                    tree(file.resolveSibling("tokenizer_config.json"), config).path("eos_token");
            String name = token.isObject() ? token.path("content").asString("") : token.asString("");
            if (ids.containsKey(name)) {
                return ids.get(name);
            }
        }
        return END_NAMES.stream()
                .filter(ids::containsKey)
                .map(ids::get)
                .findFirst()
                .orElse(-1);
    }

    static JsonNode tree(Path file, byte[] json) {
        try {
            return MAPPER.readTree(json);
        } catch (JacksonException e) {
            throw new UserError(
                    file + " is not valid JSON (" + TokenTable.excerpt(e.getOriginalMessage())
                            + "): it may be cut off; fetch it again",
                    e);
        }
    }
}
