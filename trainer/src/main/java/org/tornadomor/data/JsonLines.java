package org.tornadomor.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.tornadomor.UserError;
import org.tornadomor.files.JsonFault;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.JacksonIOException;

/**
 * JSON objects of which one field is the text: one a line, one after another in any layout, or in one array. A line, or an
 * item of an array, that cannot be read is reported by its number, and the next one is read; where objects have no lines of
 * their own, nobody can tell where the next one begins after a fault, so a fault ends the reading.
 */
final class JsonLines {
    private final String name;
    private final String path;
    private final JsonField field;
    private final DocumentReader reader;

    /** What is wrong with an object. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message, null, false, false);
        }
    }

    JsonLines(String name, String path, DocumentReader reader) {
        this.name = name;
        this.path = path;
        this.field = new JsonField(path);
        this.reader = reader;
    }

    /** Reads all objects of a stream and says whether more documents are wanted. */
    boolean read(InputStream stream) throws IOException {
        InputStream in = stream.markSupported() ? stream : new BufferedInputStream(stream);
        byte[] start = JsonStart.peek(in);
        String encoding = TextEncoding.other(start, start.length);
        if (encoding != null) {
            reader.refuseEncoding(name, encoding);
            return true;
        }
        in.skipNBytes(TextEncoding.markLength(start, start.length));
        Utf8Lines lines = new Utf8Lines(in);
        return JsonStart.hasLines(start) ? readLines(lines) : readWhole(lines.whole());
    }

    /**
     * Reads a part of a file of lines.
     *
     * @param first whether it is the first part, where a byte order mark may be
     */
    void readPart(InputStream stream, boolean first) throws IOException {
        InputStream in = new BufferedInputStream(stream);
        if (first) {
            byte[] start = JsonStart.peek(in);
            in.skipNBytes(TextEncoding.markLength(start, start.length));
        }
        readLines(new Utf8Lines(in));
    }

    private boolean readLines(Utf8Lines lines) throws IOException {
        while (lines.next()) {
            String where = name + " line " + lines.line();
            try (JsonParser parser = JsonStart.MAPPER.createParser(lines)) {
                byte[] pending = null;
                while (parser.nextToken() != null) {
                    // Handed on only when the next object begins: a line with anything else behind its object cannot be
                    // read.
                    if (pending != null && !reader.give(where, pending)) {
                        return false;
                    }
                    pending = text(parser, where);
                }
                if (pending != null && !reader.give(where, pending)) {
                    return false;
                }
            } catch (Refused e) {
                reader.refuse(e.getMessage(), e);
            } catch (JacksonException e) {
                reader.refuse(where + " " + reason(e) + ": mend or remove the line", e);
            }
        }
        return true;
    }

    private boolean readWhole(Utf8Lines lines) throws IOException {
        long items = 0;
        boolean array = false;
        try (JsonParser parser = JsonStart.MAPPER.createParser(lines)) {
            try {
                for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                    if (token == JsonToken.START_ARRAY && items == 0 && !array) {
                        array = true;
                        continue;
                    }
                    if (token == JsonToken.END_ARRAY) {
                        if (parser.nextToken() != null) {
                            throw new UserError(name + " has more behind its array of objects, in line " + line(parser)
                                    + ": give a file for each, or one object a line");
                        }
                        break;
                    }
                    String where = name + (array ? " item " + ++items : " line " + line(parser));
                    try {
                        byte[] text = text(parser, where);
                        if (text != null && !reader.give(where, text)) {
                            return false;
                        }
                    } catch (Refused e) {
                        reader.refuse(e.getMessage(), e);
                    }
                }
            } catch (JacksonException e) {
                boolean coding = e.getCause() instanceof CharacterCodingException;
                throw new UserError(
                        name + " line " + (coding ? lines.line() : line(parser)) + " " + reason(e)
                                + ": it may be cut off; mend it there, or remove what is damaged",
                        e);
            }
        }
        return true;
    }

    private static int line(JsonParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }

    private static String reason(JacksonException e) throws IOException {
        if (e instanceof JacksonIOException && e.getCause() instanceof IOException cause) {
            if (cause instanceof CharacterCodingException) {
                return "is not valid UTF-8";
            }
            throw cause;
        }
        return "is not valid JSON (" + JsonFault.inLine(e) + ")";
    }

    /** The text of the object that the parser is at, in UTF-8; null for a JSON null. Goes to its end. */
    private byte[] text(JsonParser parser, String where) throws Refused {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            throw new Refused(where + " is no JSON object: each must be one, with a field '" + path + "'");
        }
        field.read(parser);
        if (field.found() == 0) {
            throw new Refused("no field '" + path + "' in " + where + "; it has "
                    + (field.others().isEmpty() ? "none" : String.join(", ", field.others()))
                    + ": name one with --text-field, or leave the file out with a filter");
        }
        if (field.found() > 1) {
            throw new Refused("field '" + path + "' is twice in " + where + ": keep one of them");
        }
        if (!field.isText()) {
            throw new Refused("field '" + path + "' of " + where
                    + " is no text and no list of texts: name another with --text-field");
        }
        return field.text() == null ? null : utf8(field.text(), where);
    }

    private byte[] utf8(String text, String where) throws Refused {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (CharacterCodingException e) {
            throw new Refused("field '" + path + "' of " + where
                    + " has half of a surrogate pair, which is no character: mend or remove the text");
        }
    }
}
