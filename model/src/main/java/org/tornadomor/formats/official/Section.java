package org.tornadomor.formats.official;

import java.util.Locale;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.model.UnknownKeys;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An object of the settings, with types checked; null counts as absent. Numbers and truth values may be written as Python's YAML takes them
 * ({@code 1e-5}, {@code True}).
 *
 * @param prefix what the names of its keys begin with in messages
 */
record Section(JsonNode node, String prefix) {
    private static final int SHOWN = 60;

    /** A nested object; an absent one has no keys. */
    Section section(String key) {
        JsonNode value = node.path(key);
        if (has(key) && !(value instanceof ObjectNode)) {
            throw wrong(key, "an object with keys");
        }
        return new Section(value, prefix + key + ".");
    }

    boolean has(String key) {
        JsonNode value = node.path(key);
        return !value.isMissingNode() && !value.isNull();
    }

    boolean flag(String key) {
        if (!has(key)) {
            return false;
        }
        String text = text(key, "").toLowerCase(Locale.ROOT);
        if (!text.equals("true") && !text.equals("false")) {
            throw wrong(key, "true or false");
        }
        return text.equals("true");
    }

    int integer(String key) {
        double value = number(key, null);
        if (value != (int) value) {
            throw wrong(key, "a whole number");
        }
        return (int) value;
    }

    /** @param otherwise what a missing key means, or null where it must be there */
    double number(String key, Double otherwise) {
        if (!has(key)) {
            if (otherwise == null) {
                throw missing(key);
            }
            return otherwise;
        }
        try {
            return Double.parseDouble(text(key, ""));
        } catch (NumberFormatException e) {
            throw wrong(key, "a number");
        }
    }

    /** @param otherwise what a missing key means, or null where it must be there */
    String text(String key, String otherwise) {
        if (!has(key)) {
            if (otherwise == null) {
                throw missing(key);
            }
            return otherwise;
        }
        JsonNode value = node.path(key);
        if (value.isContainer()) {
            throw wrong(key, "a single value");
        }
        return value.isString() ? value.stringValue() : value.toString();
    }

    /** Refuses keys that are not known, unless they say nothing. */
    void allowOnly(Set<String> known, UnknownKeys unknown) {
        for (String key : node.propertyNames()) {
            String name = prefix + shortened(key);
            JsonNode value = node.get(key);
            boolean nothing = value.isNull() || value.isBoolean() && !value.booleanValue();
            if (!known.contains(key) && !nothing && !unknown.passedOver().contains(name)) {
                throw new UserError(name + " is not a known key, and may change what the model computes; add "
                        + UnknownKeys.OPTION + " " + name + " if you know that it changes nothing");
            }
        }
    }

    UserError missing(String key) {
        return new UserError(prefix + key + " is missing; use the settings that the model was trained with");
    }

    UserError wrong(String key, String expected) {
        return new UserError(prefix + key + " is " + shown(key) + "; it must be " + expected);
    }

    /** The setting and its value, for messages. */
    String shown(String key) {
        JsonNode value = node.path(key);
        return value.isString() ? "'" + shortened(value.stringValue()) + "'" : shortened(value.toString());
    }

    private static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }
}
