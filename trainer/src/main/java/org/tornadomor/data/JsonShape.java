package org.tornadomor.data;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;

/**
 * Compares JSON with the record that it is to become, key by key: a mapper alone would take a text for a number, put zeros
 * where nothing is, and ignore keys that it does not know.
 */
final class JsonShape {
    private final String file;
    private final Set<String> optional;
    private final Set<String> later;
    private final String fix;

    /**
     * A check of a file.
     *
     * @param file named in errors
     * @param optional names of record components that may be null
     * @param later names of components that earlier versions did not write, which may be missing or null
     * @param fix what to do about a fault, for the end of its line
     */
    JsonShape(String file, Set<String> optional, Set<String> later, String fix) {
        this.file = file;
        this.optional = optional;
        this.later = later;
        this.fix = fix;
    }

    /**
     * Refuses what is not this record.
     *
     * @throws UserError naming the file and the key
     */
    void require(JsonNode node, Class<? extends Record> type) {
        requireRecord(node, type, "");
    }

    /** The error of a key. */
    UserError fault(String path, String what) {
        return new UserError(file + (path.isEmpty() ? "" : ": key " + path) + " " + what + ": " + fix);
    }

    private void requireRecord(JsonNode node, Class<?> type, String path) {
        if (!node.isObject()) {
            throw fault(path, "is no object but " + shown(node));
        }
        Set<String> unknown = new LinkedHashSet<>(node.propertyNames());
        for (RecordComponent component : type.getRecordComponents()) {
            String key = snakeCase(component.getName());
            String its = path.isEmpty() ? key : path + "." + key;
            unknown.remove(key);
            JsonNode value = node.get(key);
            boolean isLater = later.contains(component.getName());
            if (value == null && !isLater) {
                throw fault(its, "is missing");
            }
            if (value != null && !value.isNull()) {
                requireValue(value, component.getGenericType(), its);
            } else if (!isLater && !optional.contains(component.getName())) {
                throw fault(its, "is null");
            }
        }
        for (String key : unknown) {
            throw fault(path.isEmpty() ? key : path + "." + key, "is none that this version knows");
        }
    }

    private void requireValue(JsonNode value, Type type, String path) {
        switch (type) {
            case ParameterizedType list
            when list.getRawType() == List.class -> {
                if (!value.isArray()) {
                    throw fault(path, "is no list but " + shown(value));
                }
                for (int i = 0; i < value.size(); i++) {
                    requireValue(value.get(i), list.getActualTypeArguments()[0], path + "[" + i + "]");
                }
            }
            case Class<?> record when record.isRecord() -> requireRecord(value, record, path);
            case Class<?> scalar -> {
                String expected = expected(scalar, value);
                if (expected != null) {
                    throw fault(path, "is no " + expected + " but " + shown(value));
                }
                if (value.isString() && value.stringValue().indexOf('\0') >= 0) {
                    throw fault(path, "has a NUL in it");
                }
            }
            default -> throw new IllegalArgumentException("no shape for " + type);
        }
    }

    /** What a value should be, in words; null if it is that. */
    private static String expected(Class<?> type, JsonNode value) {
        if (type == String.class) {
            return value.isString() ? null : "text";
        }
        if (type == boolean.class || type == Boolean.class) {
            return value.isBoolean() ? null : "true or false";
        }
        if (type == double.class || type == Double.class) {
            return value.isNumber() && Double.isFinite(value.doubleValue()) ? null : "number";
        }
        boolean whole = value.isIntegralNumber()
                && ((type == int.class || type == Integer.class)
                        ? value.canConvertToInt()
                        : (type == long.class || type == Long.class) && value.canConvertToLong());
        return whole ? null : "whole number that fits";
    }

    private static String shown(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> "an object";
            case ARRAY -> "a list";
            default -> value.toString();
        };
    }

    private static String snakeCase(String name) {
        return name.replaceAll("(?<=[a-z0-9])([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }
}
