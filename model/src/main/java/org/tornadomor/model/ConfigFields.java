package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The keys of one JSON object, read with their types checked; {@code null} counts as absent. */
record ConfigFields(JsonNode json, String prefix) {
    private static final int SHOWN = 60;

    boolean has(String key) {
        JsonNode value = json.get(key);
        return value != null && !value.isNull();
    }

    ConfigFields object(String key) {
        if (!(json.get(key) instanceof ObjectNode object)) {
            throw wrongType(key, "an object");
        }
        return new ConfigFields(object, prefix + key + ".");
    }

    int requiredInt(String key) {
        if (!has(key)) {
            throw new UserError(prefix + key + " is missing; add it");
        }
        return integer(key, 0);
    }

    int integer(String key, int otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        JsonNode value = json.get(key);
        if (!value.isIntegralNumber()) {
            throw wrongType(key, "an integer");
        }
        if (!value.canConvertToInt()) {
            throw wrongType(key, "an integer of 32 bits, at most " + Integer.MAX_VALUE);
        }
        return value.intValue();
    }

    double number(String key, double otherwise) {
        return has(key) ? number(key, json.get(key)) : otherwise;
    }

    private double number(String key, JsonNode value) {
        if (!value.isNumber()) {
            throw wrongType(key, "a number");
        }
        return value.doubleValue(Double.NaN);
    }

    List<Double> numbers(String key) {
        if (!has(key)) {
            return null;
        }
        List<Double> values = new ArrayList<>();
        for (JsonNode value : array(key, "an array of numbers")) {
            values.add(number(key, value));
        }
        return values;
    }

    /** The texts under a key; none if it is absent. */
    List<String> texts(String key) {
        List<String> values = new ArrayList<>();
        if (has(key)) {
            for (JsonNode value : array(key, "an array of strings")) {
                if (!value.isString()) {
                    throw wrongType(key, "an array of strings");
                }
                values.add(value.stringValue());
            }
        }
        return values;
    }

    private ArrayNode array(String key, String expected) {
        if (!(json.get(key) instanceof ArrayNode array)) {
            throw wrongType(key, expected);
        }
        return array;
    }

    boolean flag(String key, boolean otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        if (!json.get(key).isBoolean()) {
            throw wrongType(key, "true or false");
        }
        return json.get(key).booleanValue();
    }

    String text(String key, String otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        if (!json.get(key).isString()) {
            throw wrongType(key, "a string");
        }
        return json.get(key).stringValue();
    }

    <E extends Enum<E> & Spelled> E choice(String key, E otherwise) {
        return has(key) ? Spelled.parse(otherwise.getDeclaringClass(), prefix + key, text(key, "")) : otherwise;
    }

    RouterKind requiredRouter(String key) {
        // The router has no default: a routed model must not become another one because a key is left out.
        if (!has(key)) {
            throw new UserError(prefix + key + " is missing; set it to one of " + RouterKind.spellings());
        }
        return RouterKind.parse(prefix + key, text(key, ""));
    }

    void allowOnly(List<String> keys) {
        for (String key : json.propertyNames()) {
            if (!keys.contains(key)) {
                String name = prefix + shortened(key);
                throw new UserError(name + " is not a known key; use " + String.join(", ", keys) + ", or add "
                        + UnknownKeys.OPTION + " " + name + " if you know that it changes nothing");
            }
        }
    }

    private UserError wrongType(String key, String expected) {
        return new UserError(prefix + key + " is " + shortened(json.get(key).toString()) + "; it must be " + expected);
    }

    static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }
}
