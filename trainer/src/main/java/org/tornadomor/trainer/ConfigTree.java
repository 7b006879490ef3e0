package org.tornadomor.trainer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tornadomor.Nearest;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.StrictYaml;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import tools.jackson.databind.type.LogicalType;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/**
 * {@link TrainingConfig} as a tree of keys. The tree of the defaults is the schema: what is given overrides it, and a key that
 * the schema does not have is refused.
 */
final class ConfigTree {
    private static final YAMLMapper YAML = YAMLMapper.builder(YAMLFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                    .disable(YAMLWriteFeature.SPLIT_LINES)
                    .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                    .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .build())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
            .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .withCoercionConfig(
                    LogicalType.Boolean,
                    strict -> strict.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail))
            .withCoercionConfig(
                    LogicalType.Integer,
                    strict -> strict.setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail))
            .withCoercionConfig(
                    LogicalType.Float,
                    strict -> strict.setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail))
            .build();

    static final String MODEL = "model";

    private static final List<String> LENGTHS = List.of("steps", "tokens", "minutes", "epochs");

    /** Names that other programs have for keys, and the keys. */
    private static final Map<String, String> OTHER_NAMES =
            Map.of("learning_rate", "lr", "weight_decay", "optimizer.decay", "validation_data", "data.validation");

    private ConfigTree() {}

    static TrainingConfig read(Path file) {
        try {
            return parse(InputFile.textOrPipe(file), file.toString());
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    static TrainingConfig parse(String yaml, String source) {
        try {
            JsonNode given = StrictYaml.parse(yaml);
            ObjectNode tree = tree(TrainingConfig.DEFAULT);
            if (given instanceof ObjectNode object) {
                merge(tree, object);
            } else if (!given.isMissingNode() && !given.isNull()) {
                throw new UserError("expected keys and values, such as batch: 8");
            }
            return config(tree);
        } catch (UserError e) {
            throw new UserError(source + ": " + e.getMessage(), e);
        }
    }

    static String toYaml(TrainingConfig config) {
        return YAML.writeValueAsString(tree(config));
    }

    static TrainingConfig with(TrainingConfig config, String name, String value) {
        String key = OTHER_NAMES.getOrDefault(name, name);
        ObjectNode tree = tree(config);
        if (LENGTHS.contains(key)) {
            LENGTHS.forEach(tree::putNull);
        }
        if (key.equals("preset")) {
            tree.putObject(MODEL);
            tree.putNull("init");
        }
        String[] path = key.split("\\.");
        ObjectNode change = YAML.createObjectNode();
        ObjectNode parent = change;
        for (int i = 0; i + 1 < path.length; i++) {
            parent = parent.putObject(path[i]);
        }
        parent.set(path[path.length - 1], value(key, value));
        merge(tree, change);
        return config(tree);
    }

    static TrainingConfig over(TrainingConfig config, Map<String, Object> keys) {
        ObjectNode tree = tree(config);
        merge(tree, tree(keys));
        return config(tree);
    }

    /** The keys with values, dots between the levels: two runs are compared by these. */
    static Map<String, String> flat(TrainingConfig config) {
        Map<String, String> flat = new TreeMap<>();
        flatten("", tree(config), flat);
        return flat;
    }

    private static void flatten(String path, JsonNode node, Map<String, String> flat) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(p -> flatten(join(path, p.getKey()), p.getValue(), flat));
        } else {
            flat.put(path, node.isString() ? node.stringValue() : node.toString());
        }
    }

    static ObjectNode tree(TrainingConfig config) {
        return (ObjectNode) YAML.valueToTree(config);
    }

    static ObjectNode tree(Map<String, Object> values) {
        return (ObjectNode) YAML.valueToTree(values);
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(ObjectNode tree) {
        return YAML.treeToValue(tree, Map.class);
    }

    /**
     * What a person writes behind an equals sign. Globs and paths are not YAML, so only what looks like a value is read as one.
     */
    private static JsonNode value(String key, String text) {
        // 5m under the key minutes hardly means five million minutes.
        if (Amounts.isOne(text) && !key.equals("minutes")) {
            return YAML.getNodeFactory().numberNode(Amounts.parse(text).getAsLong());
        }
        if (!text.matches("(?s)-?\\d.*|-?\\.\\d.*|\\[.*]|\\{.*}|\".*\"|true|false|null")) {
            return StringNode.valueOf(text);
        }
        try {
            return StrictYaml.parse(text);
        } catch (UserError e) {
            if (e.getCause() instanceof JacksonException) {
                return StringNode.valueOf(text);
            }
            throw e;
        }
    }

    private static void merge(ObjectNode into, ObjectNode given) {
        merge(into, withOwnNames(given), "", tree(TrainingConfig.DEFAULT));
    }

    /** The same with the keys of this program. */
    private static ObjectNode withOwnNames(ObjectNode given) {
        ObjectNode own = given.deepCopy();
        OTHER_NAMES.forEach((name, key) -> {
            JsonNode value = own.remove(name);
            if (value == null) {
                return;
            }
            ObjectNode parent = own;
            int dot = key.indexOf('.');
            if (dot > 0) {
                JsonNode there = own.path(key.substring(0, dot));
                parent = there.isMissingNode()
                        ? own.putObject(key.substring(0, dot))
                        : requireObject(key.substring(0, dot), there);
            }
            if (parent.has(key.substring(dot + 1))) {
                throw new UserError(name + " and " + key + " are the same; keep one of them");
            }
            parent.set(key.substring(dot + 1), value);
        });
        return own;
    }

    /**
     * Overrides what is there with what is given, and refuses keys that the schema does not have. Only keys that are null by
     * default may be null.
     */
    private static void merge(ObjectNode into, ObjectNode given, String path, ObjectNode schemas) {
        for (Map.Entry<String, JsonNode> entry : given.properties()) {
            String key = join(path, entry.getKey());
            JsonNode value = entry.getValue();
            if (key.equals(MODEL) || key.startsWith(MODEL + ".")) {
                mergeModel(into, entry.getKey(), value, key);
                continue;
            }
            JsonNode schema = schemas.get(entry.getKey());
            if (schema == null) {
                throw unknown(key);
            }
            if (schema instanceof ObjectNode nested) {
                merge((ObjectNode) into.get(entry.getKey()), requireObject(key, value), key, nested);
                continue;
            }
            boolean hole = value.valueStream().anyMatch(JsonNode::isNull);
            if (value.isNull() && !schema.isNull() || hole) {
                throw new UserError(
                        key + (hole ? " holds null" : " is null") + "; give a value, or leave the key away");
            }
            into.set(entry.getKey(), value);
        }
    }

    private static void mergeModel(ObjectNode into, String name, JsonNode value, String key) {
        JsonNode schema = ModelChoice.schema(key);
        if (schema == null) {
            throw unknown(key);
        }
        if (key.equals(MODEL) && value.isNull()) {
            throw new UserError(MODEL + " is null; give its keys, or leave the key away");
        }
        if (!(schema instanceof ObjectNode) || value.isNull()) {
            requireType(key, schema, value);
            into.set(name, value);
            return;
        }
        ObjectNode nested = into.get(name) instanceof ObjectNode object ? object : into.putObject(name);
        merge(nested, requireObject(key, value), key, nested);
    }

    /** Refuses a type other than that of the same key in a model that has every key; null takes a key away. */
    private static void requireType(String key, JsonNode schema, JsonNode value) {
        String expected = null;
        if (schema.isIntegralNumber()) {
            expected = value.isIntegralNumber() && value.canConvertToInt() ? null : expected(int.class);
        } else if (schema.isNumber()) {
            expected = value.isNumber() ? null : expected(double.class);
        } else if (schema.isBoolean()) {
            expected = value.isBoolean() ? null : expected(boolean.class);
        } else if (schema.isString()) {
            expected = value.isString() ? null : expected(String.class);
        }
        if (expected != null && !value.isNull()) {
            throw new UserError(key + " is " + value + "; it must be " + expected);
        }
    }

    private static ObjectNode requireObject(String key, JsonNode value) {
        if (value instanceof ObjectNode object) {
            return object;
        }
        String example = allKeys().stream()
                .filter(k -> k.startsWith(key + "."))
                .findFirst()
                .orElse(key);
        throw new UserError(key + " is " + value + "; it has keys of its own, such as " + example);
    }

    private static UserError unknown(String key) {
        return new UserError(
                "there is no key '" + key + "'; the nearest are " + String.join(", ", Nearest.of(key, allKeys(), 3)));
    }

    private static List<String> allKeys() {
        Map<String, String> flat = new TreeMap<>();
        ObjectNode tree = tree(TrainingConfig.DEFAULT);
        tree.set(MODEL, ModelChoice.schema(MODEL));
        flatten("", tree, flat);
        List<String> keys = new ArrayList<>(flat.keySet());
        for (String key : flat.keySet()) {
            int dot = key.lastIndexOf('.');
            if (dot > 0 && !keys.contains(key.substring(0, dot))) {
                keys.add(key.substring(0, dot));
            }
        }
        return keys;
    }

    private static TrainingConfig config(ObjectNode tree) {
        try {
            return YAML.treeToValue(tree, TrainingConfig.class);
        } catch (DatabindException e) {
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof UserError error) {
                    throw new UserError(error.getMessage(), e);
                }
            }
            throw wrongType(tree, e);
        } catch (JacksonException e) {
            throw wrongType(tree, e);
        }
    }

    private static UserError wrongType(ObjectNode tree, JacksonException e) {
        List<String> path = e.getPath().stream()
                .map(JacksonException.Reference::getPropertyName)
                .filter(Objects::nonNull)
                .toList();
        JsonNode value = tree;
        for (String name : path) {
            value = value.path(name);
        }
        Class<?> type = e instanceof MismatchedInputException mismatch ? mismatch.getTargetType() : null;
        return new UserError(String.join(".", path) + " is " + value + "; it must be " + expected(type), e);
    }

    private static String expected(Class<?> type) {
        if (type == null || type == int.class || type == long.class || type == Long.class) {
            return "a whole number of a sensible size";
        }
        if (type == double.class || type == Double.class) {
            return "a number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type.isEnum()) {
            return Stream.of(type.getEnumConstants())
                    .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", ", "one of ", ""));
        }
        return type == String.class ? "a text" : "a list or an object";
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
