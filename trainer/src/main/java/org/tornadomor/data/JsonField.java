package org.tornadomor.data;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The text of a JSON object by its path: the name of a field, or names with dots between them that lead into objects. A list of
 * strings is one text, a line for each. Names may have dots of their own: what counts is the whole path.
 */
final class JsonField {
    /** Names of other fields that are kept for a message. */
    private static final int MOST_OTHERS = 30;

    private static final String LINE_END = "\n";

    private final String path;
    private final List<String> others = new ArrayList<>();
    private int found;
    private boolean isText;
    private String text;

    JsonField(String path) {
        this.path = path;
    }

    /** Goes from the start of an object to its end. What was found so far counts also where the parser fails. */
    void read(JsonParser parser) {
        others.clear();
        found = 0;
        isText = true;
        text = null;
        readObject(parser, 0, "");
    }

    /**
     * One object.
     *
     * @param from where the rest of the path begins, or -1 if it does not lead here
     * @param above the path of this object with a dot behind it, or nothing
     */
    private void readObject(JsonParser parser, int from, String above) {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            boolean leadsHere = from >= 0 && path.startsWith(name, from);
            int end = from + name.length();
            boolean leadsOn = leadsHere && end < path.length() && path.charAt(end) == '.';
            if (leadsHere && end == path.length() || leadsOn && value == JsonToken.VALUE_NULL) {
                // Where null stands in place of an object that should have the field, the field counts as null.
                found++;
                readValue(parser, value);
            } else if (value == JsonToken.START_OBJECT) {
                if (leadsOn || others.size() < MOST_OTHERS) {
                    readObject(parser, leadsOn ? end + 1 : -1, above + name + ".");
                } else {
                    parser.skipChildren();
                }
            } else {
                addOther(above + name);
                parser.skipChildren();
            }
        }
    }

    private void addOther(String name) {
        if (others.size() < MOST_OTHERS) {
            others.add(name);
        } else if (others.size() == MOST_OTHERS) {
            others.add("...");
        }
    }

    private void readValue(JsonParser parser, JsonToken value) {
        switch (value) {
            case VALUE_STRING -> text = parser.getString();
            case VALUE_NULL -> text = null;
            case START_ARRAY -> readList(parser);
            default -> {
                isText = false;
                parser.skipChildren();
            }
        }
    }

    private void readList(JsonParser parser) {
        List<String> lines = new ArrayList<>();
        for (JsonToken item = parser.nextToken(); item != JsonToken.END_ARRAY; item = parser.nextToken()) {
            if (item == JsonToken.VALUE_STRING) {
                lines.add(parser.getString());
            } else {
                isText = false;
                parser.skipChildren();
            }
        }
        text = String.join(LINE_END, lines);
    }

    /** How often the path was there. If more than once, it is not clear which is meant. */
    int found() {
        return found;
    }

    /** Whether what was found is a string, a list of strings or null. */
    boolean isText() {
        return found > 0 && isText;
    }

    /** The text, null for a JSON null. */
    String text() {
        return text;
    }

    /** The paths of what else was there, the first of them. */
    List<String> others() {
        return others;
    }
}
