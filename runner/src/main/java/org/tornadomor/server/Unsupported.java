package org.tornadomor.server;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/** Fields of OpenAI's that would change the answer and are not supported: refused by name, unless they are at their default. */
final class Unsupported {
    private static final Predicate<JsonNode> NEVER = value -> false;
    private static final Predicate<JsonNode> EMPTY = value -> value.isContainer() && value.isEmpty();

    /** By name: which values change nothing. A missing field and null never do. */
    private static final Map<String, Predicate<JsonNode>> CHAT = Map.ofEntries(
            Map.entry("tools", EMPTY),
            Map.entry("tool_choice", value -> is(value, "none", "auto")),
            Map.entry("functions", EMPTY),
            Map.entry("function_call", value -> is(value, "none", "auto")),
            Map.entry("response_format", value -> is(value.path("type"), "text")),
            Map.entry("audio", NEVER),
            Map.entry("modalities", value -> value.isArray() && value.size() == 1 && is(value.get(0), "text")),
            Map.entry("prediction", NEVER),
            Map.entry("web_search_options", NEVER),
            Map.entry("store", value -> value.isBoolean() && !value.booleanValue()),
            Map.entry("reasoning_effort", value -> is(value, "none")),
            Map.entry("verbosity", value -> is(value, "medium")),
            Map.entry("echo", value -> value.isBoolean() && !value.booleanValue()));

    private static final Map<String, Predicate<JsonNode>> COMPLETION = Map.of(
            "suffix", value -> is(value, ""),
            "tools", EMPTY,
            "response_format", value -> is(value.path("type"), "text"),
            "store", value -> value.isBoolean() && !value.booleanValue());

    private Unsupported() {}

    private static boolean is(JsonNode value, String... words) {
        return value.isString() && List.of(words).contains(value.stringValue());
    }

    /** @throws ApiError naming a field */
    static void refuseInChat(Fields fields) {
        refuse(fields, CHAT);
    }

    /** @throws ApiError naming a field */
    static void refuseInCompletion(Fields fields) {
        refuse(fields, COMPLETION);
    }

    private static void refuse(Fields fields, Map<String, Predicate<JsonNode>> known) {
        known.keySet().stream().sorted().forEach(name -> {
            JsonNode value = fields.get(name);
            if (value != null && !known.get(name).test(value)) {
                throw ApiError.invalid(
                        name, "unsupported", name + " is not supported by this server; leave it out or at its default");
            }
        });
    }
}
