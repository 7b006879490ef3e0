package org.tornadomor.tokenizer;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.files.JsonFault;
import org.tornadomor.files.StrictJson;
import org.tornadomor.model.io.TokenizerFiles;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * What the library does not tell about a {@code tokenizer.json}: its ids, which one ends a text, how text is decoded, and what
 * in it may take long or end the process.
 *
 * @param tokens all of them
 * @param special the tokens that begin and end texts
 * @param endOfText the id that ends a text, or -1
 * @param words whether text is cut into the words of {@link ByteLevel}, each of which is encoded by itself
 * @param decoder makes text of tokens
 * @param expressions regular expressions that text is cut or changed with
 */
record TokenizerJson(
        TokenTable tokens,
        BoundaryTokens special,
        int endOfText,
        boolean words,
        TextDecoder decoder,
        List<String> expressions) {
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

    /** Dropout leaves merges out at random, for training. */
    private static void refuseDropout(Path file, JsonNode dropout) {
        if (dropout.isNumber() && dropout.doubleValue() != 0) {
            throw new UserError(file + ": model.dropout is " + dropout
                    + ", with which the same text gives other tokens each time; set it to null");
        }
    }

    /**
     * Reads it.
     *
     * @param config the content of {@code tokenizer_config.json}, or null
     * @param map the content of {@code special_tokens_map.json}, or null
     * @throws UserError naming what is missing, mistyped or known to make no sense
     */
    static TokenizerJson parse(Path file, byte[] json, byte[] config, byte[] map) {
        JsonNode root = tree(file, json);
        TokenTable tokens = TokenTable.read(file, root);
        refuseDropout(file, root.path("model").path("dropout"));
        List<String> expressions = TextRules.read(file, root);
        TextDecoder decoder = TextDecoder.read(file, root.path("decoder"));
        BoundaryTokens special = BoundaryTokens.of(
                file,
                root,
                beside(file, TokenizerFiles.CONFIG, config),
                beside(file, TokenizerFiles.SPECIAL_TOKENS, map),
                tokens);
        int end = special.eos() >= 0 ? special.eos() : guessedEnd(tokens.ids());
        return new TokenizerJson(tokens, special, end, cutsWords(root), decoder, expressions);
    }

    /** The largest id plus one. */
    int vocabSize() {
        return tokens.size();
    }

    /** Whether the tokenizer has GPT-2's layout, so that a text's ids are those of its words. */
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

    private static JsonNode beside(Path file, String name, byte[] json) {
        if (json == null) {
            return MissingNode.getInstance();
        }
        Path path = file.resolveSibling(name);
        JsonNode content = tree(path, json);
        if (!content.isObject()) {
            throw new UserError(path + " is not a JSON object: fetch it again, or take it away");
        }
        return content;
    }

    /** The token that ends a text, guessed where no file names it. */
    private static int guessedEnd(Map<String, Integer> ids) {
        return END_NAMES.stream()
                .filter(ids::containsKey)
                .map(ids::get)
                .findFirst()
                .orElse(-1);
    }

    static JsonNode tree(Path file, byte[] json) {
        try {
            return StrictJson.parse(json);
        } catch (JacksonException e) {
            throw new UserError(
                    file + " is not valid JSON (" + JsonFault.of(e) + "): it may be cut off; fetch it again", e);
        }
    }
}
