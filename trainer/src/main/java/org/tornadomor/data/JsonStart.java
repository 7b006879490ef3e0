package org.tornadomor.data;

import java.io.IOException;
import java.io.InputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the beginning of a file says of its JSON. Many files named {@code .json} are lists of documents, one object a line or in
 * an array; many others are one value, such as the settings of a program, and a text like any other.
 */
final class JsonStart {
    static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .build();

    /** Bytes that are looked at. */
    private static final int LENGTH = 1 << 20;

    private JsonStart() {}

    /** The first bytes of a stream that can go back; afterwards the stream is where it was. */
    static byte[] peek(InputStream in) throws IOException {
        in.mark(LENGTH);
        byte[] start = in.readNBytes(LENGTH);
        in.reset();
        return start;
    }

    /**
     * Whether these are documents: an array of objects, several objects, or one object that has the field.
     *
     * @param field the path of the text, as {@link JsonField} takes it
     */
    static boolean isDocuments(byte[] start, String field) {
        int at = skipSpace(start, TextEncoding.markLength(start, start.length));
        if (at < start.length && start[at] == '[') {
            int first = skipSpace(start, at + 1);
            return first < start.length && start[first] == '{';
        }
        if (at == start.length || start[at] != '{') {
            return false;
        }
        JsonField its = new JsonField(field);
        try (JsonParser parser = MAPPER.createParser(start, at, start.length - at)) {
            parser.nextToken();
            its.read(parser);
            return its.isText() || parser.nextToken() == JsonToken.START_OBJECT;
        } catch (JacksonException e) {
            // The object goes on behind the bytes that are looked at, or its first line is damaged.
            return its.isText() || nextLineIsObject(start, at);
        }
    }

    /** Whether each line is to be read by itself: not an array, and no object that goes on in the next line. */
    static boolean hasLines(byte[] start) {
        int at = skipSpace(start, TextEncoding.markLength(start, start.length));
        if (at < start.length && start[at] == '[') {
            int first = skipSpace(start, at + 1);
            return first < start.length && start[first] != '{' && start[first] != ']';
        }
        int end = lineEnd(start, at);
        try (JsonParser parser = MAPPER.createParser(start, at, end - at)) {
            while (parser.nextToken() != null) {
                parser.skipChildren();
            }
            return true;
        } catch (UnexpectedEndOfInputException e) {
            // A line longer than the bytes that are looked at counts as one; a line before another object was cut off.
            return end == start.length || nextLineIsObject(start, at);
        } catch (JacksonException e) {
            return true;
        }
    }

    private static boolean nextLineIsObject(byte[] start, int at) {
        int next = skipSpace(start, lineEnd(start, at));
        return next < start.length && start[next] == '{';
    }

    private static int lineEnd(byte[] start, int at) {
        int end = at;
        while (end < start.length && start[end] != '\n') {
            end++;
        }
        return end;
    }

    private static int skipSpace(byte[] start, int from) {
        int at = from;
        while (at < start.length && (start[at] == ' ' || start[at] == '\t' || start[at] == '\n' || start[at] == '\r')) {
            at++;
        }
        return at;
    }
}
