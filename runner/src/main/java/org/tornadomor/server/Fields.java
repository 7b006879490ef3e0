package org.tornadomor.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of a JSON object, read with their types: what is of another type, or out of range, is refused with its path, what was
 * expected, and what came. A field that is null counts as missing, since clients send such.
 */
final class Fields {
    private final ObjectNode node;
    private final String path;

    private Fields(ObjectNode node, String path) {
        this.node = node;
        this.path = path;
    }

    /** The fields of a body. */
    static Fields of(ObjectNode body) {
        return new Fields(body, "");
    }

    /** The fields of a part of a body. */
    static Fields of(JsonNode part, String path) {
        if (part instanceof ObjectNode object) {
            return new Fields(object, path + ".");
        }
        throw wrong(path, "an object", part);
    }

    /** The path of a field, as messages call it. */
    String path(String name) {
        return path + name;
    }

    /** The field, or null where it is missing or null. */
    JsonNode get(String name) {
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    boolean has(String name) {
        return get(name) != null;
    }

    /** What kind of thing it is, in words. */
    static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT, POJO -> "an object";
            case STRING, BINARY -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
            case NULL -> "null";
            case MISSING -> "nothing";
        };
    }

    private static String shown(JsonNode value) {
        boolean small =
                (value.isNumber() || value.isBoolean()) && value.toString().length() <= 40;
        return small ? value.toString() : kind(value);
    }

    static ApiError wrong(String path, String expected, JsonNode got) {
        return ApiError.invalid(path, path + ": expected " + expected + ", got " + shown(got));
    }

    /** A whole number within a range; {@code absent} where there is none. */
    int integer(String name, int absent, int least, int most) {
        JsonNode value = get(name);
        return value == null ? absent : (int) integer(value, path(name), least, most);
    }

    static long integer(JsonNode value, String path, long least, long most) {
        boolean whole = value.isIntegralNumber() && value.canConvertToLong();
        if (!whole || value.longValue() < least || value.longValue() > most) {
            throw wrong(path, "an integer" + range(least, most), value);
        }
        return value.longValue();
    }

    private static String range(long least, long most) {
        if (least == Long.MIN_VALUE && most == Long.MAX_VALUE) {
            return " of 64 bits";
        }
        return most == Integer.MAX_VALUE ? " of at least " + least : " from " + least + " to " + most;
    }

    /** Any number of 64 bits; null where there is none. */
    Long anyInteger(String name) {
        JsonNode value = get(name);
        return value == null ? null : Long.valueOf(integer(value, path(name), Long.MIN_VALUE, Long.MAX_VALUE));
    }

    /** A number within a range; {@code absent} where there is none. */
    double number(String name, double absent, double least, double most) {
        JsonNode value = get(name);
        return value == null ? absent : number(value, path(name), least, most);
    }

    static double number(JsonNode value, String path, double least, double most) {
        double number = value.isNumber() ? value.doubleValue() : Double.NaN;
        if (!(number >= least && number <= most)) {
            throw wrong(path, "a number from " + brief(least) + " to " + brief(most), value);
        }
        return number;
    }

    private static String brief(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    boolean bool(String name, boolean absent) {
        JsonNode value = get(name);
        if (value == null) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw wrong(path(name), "true or false", value);
        }
        return value.booleanValue();
    }

    /** Text; null where there is none. */
    String text(String name) {
        JsonNode value = get(name);
        return value == null ? null : text(value, path(name));
    }

    static String text(JsonNode value, String path) {
        if (!value.isString()) {
            throw wrong(path, "a string", value);
        }
        String text = value.stringValue();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw ApiError.invalid(
                        path, path + ": expected a string of whole characters, got half a surrogate pair");
            }
        }
        return text;
    }

    /** One text or a list of them, at most {@code most}; empty where there is none. */
    List<String> texts(String name, int most) {
        JsonNode value = get(name);
        if (value == null) {
            return List.of();
        }
        if (value.isString()) {
            return List.of(text(value, path(name)));
        }
        if (!value.isArray()) {
            throw wrong(path(name), "a string or a list of strings", value);
        }
        requireAtMost(name, value, most);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < value.size(); i++) {
            texts.add(text(value.get(i), path(name) + "[" + i + "]"));
        }
        return texts;
    }

    /** Refuses a list, or an object, with more than so many entries. */
    void requireAtMost(String name, JsonNode value, int most) {
        if (value.size() > most) {
            throw ApiError.invalid(
                    path(name), path(name) + ": expected at most " + most + " entries, got " + value.size());
        }
    }

    /** The entries of an object; empty where there is none. */
    List<Map.Entry<String, JsonNode>> entries(String name, int most) {
        JsonNode value = get(name);
        if (value == null) {
            return List.of();
        }
        if (!value.isObject()) {
            throw wrong(path(name), "an object", value);
        }
        requireAtMost(name, value, most);
        return List.copyOf(value.properties());
    }
}
