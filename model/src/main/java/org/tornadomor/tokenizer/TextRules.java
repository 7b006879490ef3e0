package org.tornadomor.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;

/** What the {@code normalizer} and the {@code pre_tokenizer} of a {@code tokenizer.json} do to a text before it is encoded. */
final class TextRules {
    private static final List<String> PARTS = List.of("normalizer", "pre_tokenizer");

    private final Path file;
    private final List<String> expressions = new ArrayList<>();

    private TextRules(Path file) {
        this.file = file;
    }

    /**
     * The regular expressions among them.
     *
     * @throws UserError naming a rule that ends the library's process
     */
    static List<String> read(Path file, JsonNode root) {
        TextRules rules = new TextRules(file);
        PARTS.forEach(part -> rules.visit(part, root.path(part)));
        return List.copyOf(rules.expressions);
    }

    private void visit(String path, JsonNode node) {
        JsonNode pattern = node.path("pattern");
        if (pattern.path("Regex").isString()) {
            expressions.add(pattern.path("Regex").stringValue());
        }
        requireText(path + ".pattern.String", pattern.path("String"));
        if (node.path("type").asString("").equals("Prepend")) {
            requireText(path + ".prepend", node.path("prepend"));
        }
        node.forEachEntry((key, value) -> {
            if (value.isArray()) {
                value.forEach(one -> visit(path + "." + key, one));
            } else if (value.isObject() && !key.equals("pattern")) {
                visit(path + "." + key, value);
            }
        });
    }

    private void requireText(String path, JsonNode value) {
        if (value.isString() && value.stringValue().isEmpty()) {
            throw new UserError(
                    file + ": " + path + " is empty, which ends the Hugging Face library's process: take the"
                            + " rule away, or give a text");
        }
    }
}
