package org.tornadomor.server;

import org.tornadomor.tokenizer.SpecialTokens;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Text to tokens and back, for clients that count. */
final class TokenText {
    private TokenText() {}

    private static void requireTokenizer(ServedModel model) {
        if (!model.hasTokenizer()) {
            throw ApiError.invalid(null, "no_tokenizer", "the model has no tokenizer, so there is no text");
        }
    }

    /** {@code {"content": text, "add_special": true}}: with the tokens that a prompt gets, unless told otherwise. */
    static ObjectNode tokenize(Fields fields, ServedModel model) {
        requireTokenizer(model);
        String name = fields.has("prompt") ? "prompt" : "content";
        String text = fields.text(name);
        if (text == null) {
            throw ApiError.invalid("content", "content: expected a string, got nothing");
        }
        int[] ids = fields.bool("add_special", true)
                ? Prompts.encode(text, name, model)
                : model.texts().tokenizer().encode(text, SpecialTokens.PARSED);
        ObjectNode answer = Json.object().put("count", ids.length).put("context", model.context());
        ArrayNode tokens = answer.putArray("tokens");
        for (int id : ids) {
            tokens.add(id);
        }
        return answer;
    }

    /** {@code {"tokens": [...]}}. */
    static ObjectNode detokenize(Fields fields, ServedModel model) {
        requireTokenizer(model);
        JsonNode tokens = fields.get("tokens");
        if (tokens == null || !tokens.isArray()) {
            throw ApiError.invalid("tokens", "tokens: expected a list of token ids");
        }
        int[] ids = Prompts.ids(tokens, "tokens", model);
        int most = model.texts().tokenizer().vocabSize();
        for (int id : ids) {
            if (id >= most) {
                throw ApiError.invalid("tokens", "tokens: the tokenizer has no id " + id);
            }
        }
        return Json.object().put("content", model.texts().tokenizer().decode(ids));
    }
}
