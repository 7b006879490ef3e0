package org.tornadomor.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/** JSON objects one after another, one a line as a rule, of which one field is the text. An object without one is refused. */
final class JsonLines {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .build();

    private final String name;
    private final String field;
    private final DocumentReader reader;

    JsonLines(String name, String field, DocumentReader reader) {
        this.name = name;
        this.field = field;
        this.reader = reader;
    }

    /** Reads all objects of a stream and says whether more documents are wanted. */
    boolean read(InputStream in) throws IOException {
        try (JsonParser parser = MAPPER.createParser(in)) {
            while (parser.nextToken() != null) {
                int line = parser.currentTokenLocation().getLineNr();
                if (parser.currentToken() != JsonToken.START_OBJECT) {
                    throw new UserError(name + " line " + line
                            + " is no JSON object: each line must be one, with a field '" + field + "'");
                }
                String text = text(parser, line);
                if (text != null && !reader.give(name + " line " + line, text.getBytes(StandardCharsets.UTF_8))) {
                    return false;
                }
            }
            return true;
        } catch (JacksonIOException e) {
            throw e.getCause();
        } catch (JacksonException e) {
            throw new UserError(
                    name + " line "
                            + (e.getLocation() == null ? "?" : e.getLocation().getLineNr()) + " is not valid JSON ("
                            + e.getOriginalMessage() + "): it may be cut off; mend or remove the line",
                    e);
        }
    }

    /** The text of the object that the parser is at; null for a JSON null. */
    private String text(JsonParser parser, int line) {
        String text = null;
        boolean found = false;
        List<String> others = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String property = parser.currentName();
            JsonToken value = parser.nextToken();
            if (!property.equals(field)) {
                others.add(property);
                parser.skipChildren();
            } else if (value == JsonToken.VALUE_STRING || value == JsonToken.VALUE_NULL) {
                found = true;
                text = value == JsonToken.VALUE_NULL ? null : parser.getString();
            } else {
                throw new UserError("field '" + field + "' of " + name + " line " + line
                        + " is no text: name another with --text-field");
            }
        }
        if (!found) {
            throw new UserError("no field '" + field + "' in " + name + " line " + line + "; it has "
                    + (others.isEmpty() ? "none" : String.join(", ", others)) + ": name one with --text-field");
        }
        return text;
    }
}
