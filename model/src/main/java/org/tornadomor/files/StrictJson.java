package org.tornadomor.files;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads one JSON value as a tree, and refuses anything behind it and keys that stand twice. Jackson's mappers would do the
 * same, but making the first one takes longer than loading a small model, since it also prepares for dates and beans. So what
 * every start of the program reads is read here.
 */
public final class StrictJson {
    private static final JsonFactory TOKENS = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private StrictJson() {}

    /** @throws JacksonException if the text is anything else */
    public static JsonNode parse(String json) {
        try (JsonParser tokens = TOKENS.createParser(ObjectReadContext.empty(), json)) {
            return parse(tokens);
        }
    }

    /**
     * The same for a text in UTF-8.
     *
     * @throws JacksonException if the text is anything else
     */
    public static JsonNode parse(byte[] json) {
        try (JsonParser tokens = TOKENS.createParser(ObjectReadContext.empty(), json)) {
            return parse(tokens);
        }
    }

    private static JsonNode parse(JsonParser tokens) {
        if (tokens.nextToken() == null) {
            throw new StreamReadException(tokens, "there is no value");
        }
        JsonNode value = value(tokens);
        if (tokens.nextToken() != null) {
            throw new StreamReadException(tokens, "there is more behind the value");
        }
        return value;
    }

    /** The value that begins with the current token; afterwards its last token is the current one. */
    private static JsonNode value(JsonParser tokens) {
        return switch (tokens.currentToken()) {
            case START_OBJECT -> object(tokens);
            case START_ARRAY -> array(tokens);
            case VALUE_STRING -> NODES.stringNode(tokens.getString());
            case VALUE_NUMBER_INT ->
                switch (tokens.getNumberType()) {
                    case INT -> NODES.numberNode(tokens.getIntValue());
                    case LONG -> NODES.numberNode(tokens.getLongValue());
                    default -> NODES.numberNode(tokens.getBigIntegerValue());
                };
            case VALUE_NUMBER_FLOAT -> NODES.numberNode(tokens.getDoubleValue());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            default -> throw new StreamReadException(tokens, "unexpected " + tokens.currentToken());
        };
    }

    private static ObjectNode object(JsonParser tokens) {
        ObjectNode object = NODES.objectNode();
        while (tokens.nextToken() != JsonToken.END_OBJECT) {
            String key = tokens.currentName();
            tokens.nextToken();
            object.set(key, value(tokens));
        }
        return object;
    }

    private static ArrayNode array(JsonParser tokens) {
        ArrayNode array = NODES.arrayNode();
        while (tokens.nextToken() != JsonToken.END_ARRAY) {
            array.add(value(tokens));
        }
        return array;
    }
}
