package org.tornadomor.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.template.ChatTemplate;
import org.tornadomor.template.TemplateException;
import org.tornadomor.tokenizer.SpecialTokens;
import org.tornadomor.tokenizer.TextBoundaries;
import tools.jackson.databind.JsonNode;

/** The tokens that requests begin with: of text, of ids, of conversations. */
final class Prompts {
    /** Prompts of a request. */
    static final int MOST = 64;

    private static final int MOST_MESSAGES = 1000;

    private Prompts() {}

    /**
     * The prompts of a completion.
     *
     * @throws ApiError if there is none, or one that the model cannot continue
     */
    static List<int[]> ofCompletion(Fields fields, ServedModel model) {
        JsonNode prompt = fields.get("prompt");
        if (prompt == null) {
            throw ApiError.invalid(
                    "prompt", "prompt: expected a string, a list of strings, token ids or lists of them");
        }
        List<int[]> prompts = new ArrayList<>();
        if (prompt.isArray() && !prompt.isEmpty() && !prompt.get(0).isNumber()) {
            fields.requireAtMost("prompt", prompt, MOST);
            for (int i = 0; i < prompt.size(); i++) {
                prompts.add(one(prompt.get(i), "prompt[" + i + "]", model));
            }
        } else {
            prompts.add(one(prompt, "prompt", model));
        }
        return prompts;
    }

    private static int[] one(JsonNode prompt, String path, ServedModel model) {
        if (prompt.isString()) {
            return checked(encode(Fields.text(prompt, path), path, model), path, model);
        }
        if (!prompt.isArray()) {
            throw Fields.wrong(path, "a string or token ids", prompt);
        }
        int[] ids = ids(prompt, path, model);
        if (ids.length == 0) {
            throw ApiError.invalid(path, path + ": expected a string or at least one token id");
        }
        return checked(ids, path, model);
    }

    /** Token ids of the model. */
    static int[] ids(JsonNode list, String path, ServedModel model) {
        int[] ids = new int[list.size()];
        int most = model.config().vocabSize() - 1;
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) Fields.integer(list.get(i), path + "[" + i + "]", 0, most);
        }
        return ids;
    }

    /** The tokens of a text, behind those that go before a text. */
    static int[] encode(String text, String path, ServedModel model) {
        return encode(model.texts().withBos(model.bos()), text, path, model);
    }

    private static int[] encode(TextBoundaries texts, String text, String path, ServedModel model) {
        if (!model.hasTokenizer()) {
            throw ApiError.invalid(
                    path, "no_tokenizer", path + ": the model has no tokenizer, so it takes token ids and no text");
        }
        try {
            return texts.encode(text);
        } catch (UserError e) {
            throw ApiError.invalid(path, path + ": " + e.getMessage());
        }
    }

    private static int[] checked(int[] ids, String path, ServedModel model) {
        if (ids.length == 0) {
            throw ApiError.invalid(path, path + ": the prompt is empty; give at least one token");
        }
        if (ids.length > model.context()) {
            throw ApiError.invalid(
                    path,
                    "context_length_exceeded",
                    path + ": " + Counts.of(ids.length, "token") + " are longer than the context of " + model.context()
                            + "; shorten it");
        }
        return ids;
    }

    /**
     * The prompt of a chat: the conversation as the model's template writes it. The template itself says what stands before it.
     *
     * @throws ApiError if there is no template, or the messages are not of its kind
     */
    static int[] ofChat(Fields fields, ServedModel model) {
        if (model.chat() == null) {
            throw ApiError.invalid(
                    "messages",
                    "no_chat_template",
                    "the model has no chat template: use /v1/completions, or start the server with --chat-template plain"
                            + " or with a file of a template");
        }
        List<Map<String, ?>> messages = messages(fields);
        String text;
        try {
            text = model.chat().render(messages, ChatTemplate.Request.ANSWER);
        } catch (TemplateException e) {
            throw ApiError.invalid(
                    "messages", "chat_template_error", "messages: the chat template says: " + e.reason());
        }
        boolean begins = model.chat().isPlain() || model.bos() != null;
        int[] ids = begins
                ? encode(text, "messages", model)
                : model.texts().tokenizer().encode(text, SpecialTokens.PARSED);
        return checked(ids, "messages", model);
    }

    private static List<Map<String, ?>> messages(Fields fields) {
        JsonNode list = fields.get("messages");
        if (list == null || !list.isArray() || list.isEmpty()) {
            throw ApiError.invalid("messages", "messages: expected a list of at least one message");
        }
        fields.requireAtMost("messages", list, MOST_MESSAGES);
        List<Map<String, ?>> messages = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            String path = "messages[" + i + "]";
            Fields message = Fields.of(list.get(i), path);
            for (String call : List.of("tool_calls", "function_call", "audio")) {
                JsonNode value = message.get(call);
                if (value != null && !(value.isArray() && value.isEmpty())) {
                    throw ApiError.invalid(path + "." + call, "unsupported", path + "." + call + " is not supported");
                }
            }
            Map<String, String> read = new LinkedHashMap<>();
            String role = message.text("role");
            if (role == null) {
                throw ApiError.invalid(path + ".role", path + ".role: expected a string such as user, got nothing");
            }
            read.put("role", role);
            read.put("content", content(message.get("content"), path + ".content"));
            String name = message.text("name");
            if (name != null) {
                read.put("name", name);
            }
            messages.add(read);
        }
        return messages;
    }

    /** Text, or parts of text, which are lines. */
    private static String content(JsonNode content, String path) {
        if (content == null) {
            throw ApiError.invalid(path, path + ": expected a string or a list of text parts, got nothing");
        }
        if (content.isString()) {
            return Fields.text(content, path);
        }
        if (!content.isArray()) {
            throw Fields.wrong(path, "a string or a list of text parts", content);
        }
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < content.size(); i++) {
            String place = path + "[" + i + "]";
            Fields part = Fields.of(content.get(i), place);
            String type = part.text("type");
            String text = part.text("text");
            if (!"text".equals(type) || text == null) {
                throw ApiError.invalid(
                        place, "unsupported", place + ": only parts {\"type\": \"text\", \"text\": ...} are supported");
            }
            parts.add(text);
        }
        return String.join("\n", parts);
    }
}
