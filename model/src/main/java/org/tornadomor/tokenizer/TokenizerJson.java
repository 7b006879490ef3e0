package org.tornadomor.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the library does not tell about a {@code tokenizer.json}: how many ids it has and which one ends a text.
 *
 * @param vocabSize the largest id plus one
 * @param endOfText the id that ends a text, or -1
 * @param words whether text is cut into the words of {@link ByteLevel}, each of which is encoded by itself
 * @param added tokens that are found in the text before anything else
 */
record TokenizerJson(int vocabSize, int endOfText, boolean words, List<String> added) {
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

    static TokenizerJson parse(Path file, byte[] json, byte[] config) {
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
        return new TokenizerJson(largest + 1, endOfText(ids, file, config), cutsWords(root), List.copyOf(added));
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

    private static JsonNode tree(Path file, byte[] json) {
        try {
            return JsonMapper.shared().readTree(json);
        } catch (JacksonException e) {
            throw new UserError(
                    file + " is not valid JSON (" + e.getOriginalMessage() + "): it may be cut off; fetch it again", e);
        }
    }
}
