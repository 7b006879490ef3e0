package org.tornadomor.tokenizer;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * A {@code tokenizer.json} with the same ids that finds no special token in a text. The library has a switch for it, which its
 * Java binding does not reach; so special tokens get spellings that no text has. Removing them instead would change the ids of
 * other tokens.
 */
final class PlainTextJson {
    private final Set<String> special;
    private final String secret;

    private PlainTextJson(Set<String> special, String secret) {
        this.special = special;
        this.secret = secret;
    }

    /**
     * Makes it.
     *
     * @param special how special tokens are spelled
     * @param fingerprint of the file: no text holds it
     */
    static byte[] of(Path file, byte[] json, Set<String> special, String fingerprint) {
        ObjectNode root = (ObjectNode) TokenizerJson.tree(file, json);
        new PlainTextJson(special, "\u0000" + fingerprint).hide(root);
        return JsonMapper.shared().writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    }

    private void hide(ObjectNode root) {
        // Nothing is put around a text, and templates name special tokens.
        root.putNull("post_processor");
        for (JsonNode token : root.path("added_tokens")) {
            String content = token.path("content").stringValue();
            if (isHidden(content)) {
                ObjectNode object = (ObjectNode) token;
                object.put("content", content + secret);
                // A normalizer could make another text of it.
                object.put("normalized", false);
            }
        }
        if (root.path("model") instanceof ObjectNode model) {
            hideModel(model);
        }
    }

    private boolean isHidden(String token) {
        // Byte tokens stay, even if they are special: unknown characters become byte tokens.
        return special.contains(token) && DecoderStages.ByteRuns.value(token) < 0;
    }

    private void hideModel(ObjectNode model) {
        JsonNode vocabulary = model.path("vocab");
        if (vocabulary instanceof ObjectNode object) {
            ObjectNode renamed = JsonMapper.shared().createObjectNode();
            object.forEachEntry((token, id) -> renamed.set(isHidden(token) ? token + secret : token, id));
            model.set("vocab", renamed);
        } else {
            for (JsonNode piece : vocabulary) {
                String token = piece.path(0).stringValue();
                if (isHidden(token)) {
                    ((ArrayNode) piece).set(0, StringNode.valueOf(token + secret));
                }
            }
        }
        JsonNode unknown = model.path("unk_token");
        if (unknown.isString() && isHidden(unknown.stringValue())) {
            model.put("unk_token", unknown.stringValue() + secret);
        }
        if (model.path("merges") instanceof ArrayNode merges) {
            ArrayNode kept = JsonMapper.shared().createArrayNode();
            for (JsonNode merge : merges) {
                if (!makesSpecial(merge, model.path("continuing_subword_prefix").asString(""))) {
                    kept.add(merge);
                }
            }
            model.set("merges", kept);
        }
    }

    /** Whether a merge, {@code "a b"} or {@code ["a", "b"]}, takes or makes a special token. */
    private boolean makesSpecial(JsonNode merge, String prefix) {
        String[] parts = merge.isArray()
                ? new String[] {merge.path(0).asString(""), merge.path(1).asString("")}
                : merge.asString("").split(" ", 2);
        if (parts.length < 2) {
            return false;
        }
        String rest = parts[1].startsWith(prefix) ? parts[1].substring(prefix.length()) : parts[1];
        return isHidden(parts[0]) || isHidden(parts[1]) || isHidden(parts[0] + rest);
    }
}
