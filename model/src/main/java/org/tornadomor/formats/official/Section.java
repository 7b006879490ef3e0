package org.tornadomor.formats.official;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
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
    private static final String MOST = "3.4e38";

    /** What Python's YAML and OmegaConf take for a number; Java would take {@code 1d} and {@code NaN} besides. */
    private static final Pattern NUMBER = Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?");

    /** What a key may hold, besides null. */
    enum Kind {
        FLAG,
        /** A whole number of at least 1. */
        COUNT,
        /** A whole number of at least 0. */
        STEPS,
        NUMBER,
        /** A number of at least 0. */
        COEFFICIENT,
        /** A text, or a single value that is as good as one. */
        TEXT,
        /** A section, or a value with a check of its own. */
        OTHER;

        void check(Section section, String key) {
            switch (this) {
                case FLAG -> section.flag(key);
                case COUNT -> section.integer(key, 1);
                case STEPS -> section.integer(key, 0);
                case NUMBER -> section.number(key, null);
                case COEFFICIENT -> section.coefficient(key);
                case TEXT -> section.text(key, null);
                case OTHER -> {}
            }
        }
    }

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

    /** Whether a section is there and switched on; one that is there has to say so. */
    boolean enabled(String key) {
        Section section = section(key);
        if (has(key) && !section.has("enable")) {
            throw section.missing("enable");
        }
        return section.flag("enable");
    }

    /** A whole number, which must be there. */
    int integer(String key, int least) {
        Double value = value(key, null);
        if (value == null || value != value.intValue() || value < least) {
            throw wrong(key, "a whole number of at least " + least + " and at most " + Integer.MAX_VALUE);
        }
        return value.intValue();
    }

    /** A number of at least 0, which must be there. */
    double coefficient(String key) {
        Double value = value(key, null);
        if (value == null || value < 0) {
            throw wrong(key, "a finite number of at least 0 and at most " + MOST);
        }
        return value;
    }

    /**
     * A number that float32 can hold.
     *
     * @param otherwise what a missing key means, or null where it must be there
     */
    double number(String key, Double otherwise) {
        Double value = value(key, otherwise);
        if (value == null) {
            throw wrong(key, "a finite number of at most " + MOST);
        }
        return value;
    }

    /** @return null for what is no finite number: null itself, too */
    private Double value(String key, Double otherwise) {
        if (node.has(key)) {
            return node.get(key).isContainer() ? null : number(text(key, ""));
        }
        if (otherwise == null) {
            throw missing(key);
        }
        return otherwise;
    }

    /** @return null for what is no number that float32 can hold */
    static Double number(String text) {
        double value = NUMBER.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
        return Float.isFinite((float) value) ? value : null;
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

    /** Refuses keys that are not known, unless they say nothing, and values that are not of the kind of their key. */
    void check(Map<String, Kind> known, UnknownKeys unknown) {
        for (String key : node.propertyNames()) {
            String name = prefix + shortened(key);
            JsonNode value = node.get(key);
            Kind kind = known.get(key);
            boolean nothing = value.isNull() || value.isBoolean() && !value.booleanValue();
            if (kind == null && !nothing && !unknown.passedOver().contains(name)) {
                throw new UserError(name + " is not a known key, and may change what the model computes; add "
                        + UnknownKeys.OPTION + " " + name + " if you know that it changes nothing");
            }
            if (kind != null && !value.isNull()) {
                kind.check(this, key);
            }
        }
    }

    UserError missing(String key) {
        return new UserError(prefix + key + " is missing" + (node.has(key) ? " (null)" : "")
                + "; use the settings that the model was trained with");
    }

    UserError wrong(String key, String expected) {
        return new UserError(prefix + key + " is " + shown(key) + "; it must be " + expected);
    }

    /** The setting and its value, for messages. */
    String shown(String key) {
        JsonNode value = node.path(key);
        return value.isString() ? "'" + shortened(value.stringValue()) + "'" : shortened(value.toString());
    }

    static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }
}
