package org.tornadomor.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.model.io.TokenizerFiles;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * What the library does not tell about a {@code tokenizer.json}: how many ids it has and which one ends a text.
 *
 * @param vocabSize the largest id plus one
 * @param endOfText the id that ends a text, or -1
 * @param words whether text is cut into the words of {@link ByteLevel}, each of which is encoded by itself
 * @param added tokens that are found in the text before anything else
 * @param special the tokens that begin and end texts
 */
record TokenizerJson(int vocabSize, int endOfText, boolean words, List<String> added, BoundaryTokens special) {
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

    static TokenizerJson parse(Path file, byte[] json, byte[] config, byte[] map) {
        Map<String, Integer> ids = new HashMap<>();
        JsonNode root = tree(file, json);
        readVocabulary(root, ids);
        if (ids.isEmpty()) {
            throw new UserError(file + " holds no vocabulary: it is not a tokenizer.json of the Hugging Face library");
        }
        int largest = ids.values().stream().mapToInt(Integer::intValue).max().getAsInt();
        List<String> added = new ArrayList<>();
        root.path("added_tokens")
                .forEach(token -> added.add(token.path("content").asString()));
        BoundaryTokens special = BoundaryTokens.of(
                file,
                root,
                beside(file, TokenizerFiles.CONFIG, config),
                beside(file, TokenizerFiles.SPECIAL_TOKENS, map),
                ids);
        int end = special.eos() >= 0 ? special.eos() : guessedEnd(ids);
        return new TokenizerJson(largest + 1, end, cutsWords(root), List.copyOf(added), special);
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

    private static void readVocabulary(JsonNode root, Map<String, Integer> ids) {
        JsonNode vocabulary = root.path("model").path("vocab");
        if (vocabulary.isObject()) {
            vocabulary
                    .properties()
                    .forEach(entry -> ids.put(entry.getKey(), entry.getValue().asInt()));
        } else {
            // A unigram model lists [piece, score] in the order of the ids.
            for (int i = 0; i < vocabulary.size(); i++) {
                ids.put(vocabulary.path(i).path(0).asString(), i);
            }
        }
        for (JsonNode added : root.path("added_tokens")) {
            ids.put(added.path("content").asString(), added.path("id").asInt());
        }
    }

    /** How a token of a {@code tokenizer.json} is spelled, or null. */
    static String spelling(JsonNode root, int id) {
        Map<String, Integer> ids = new HashMap<>();
        readVocabulary(root, ids);
        return ids.entrySet().stream()
                .filter(entry -> entry.getValue() == id)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }

    private static JsonNode beside(Path file, String name, byte[] json) {
        return json == null ? MissingNode.getInstance() : tree(file.resolveSibling(name), json);
    }

    /** Where no file names the token that ends a text. */
    private static int guessedEnd(Map<String, Integer> ids) {
        return END_NAMES.stream()
                .filter(ids::containsKey)
                .map(ids::get)
                .findFirst()
                .orElse(-1);
    }

    private static JsonNode tree(Path file, byte[] json) {
        try {
            return JsonMapper.shared().readTree(json);
        } catch (JacksonException e) {
            throw new UserError(
                    file + " is not valid JSON (" + e.getOriginalMessage() + "): it may be cut off; fetch it again", e);
        }
    }
}
