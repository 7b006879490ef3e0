package org.tornadomor.server;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.tornadomor.files.JsonFault;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON as strangers send it: bounded, UTF-8, without doubled keys or a tail; and JSON as it is answered. */
final class Json {
    private static final int DEEPEST = 32;
    private static final int LONGEST_NUMBER = 40;
    private static final int LONGEST_NAME = 1000;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST)
                            .maxNumberLength(LONGEST_NUMBER)
                            .maxNameLength(LONGEST_NAME)
                            .maxStringLength(ModelServer.LARGEST_BODY)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static byte[] bytes(JsonNode node) {
        return MAPPER.writeValueAsBytes(node);
    }

    /**
     * The object that a body is.
     *
     * @throws ApiError if it is none, or more than that
     */
    static ObjectNode read(byte[] body) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw ApiError.invalid(null, "invalid_json", "the body is not valid UTF-8");
        }
        JsonNode node;
        try {
            node = MAPPER.readTree(text);
        } catch (StreamConstraintsException e) {
            throw ApiError.invalid(
                    null,
                    "invalid_json",
                    "the body is nested too deeply, or has a name or a number that is too long: at most " + DEEPEST
                            + " levels, names of " + LONGEST_NAME + " and numbers of " + LONGEST_NUMBER
                            + " characters");
        } catch (JacksonException e) {
            throw ApiError.invalid(null, "invalid_json", "the body is not valid JSON: " + JsonFault.of(e));
        }
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw ApiError.invalid(null, "invalid_json", "the body: expected a JSON object, got " + Fields.kind(node));
    }
}
