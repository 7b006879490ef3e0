package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.files.StrictYaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** The YAML of a task or a group, with what it includes: its own keys win. */
final class TaskFile {
    private static final String INCLUDE = "include";
    private static final Set<String> FUNCTION = Set.of("function");

    private TaskFile() {}

    /**
     * Reads one.
     *
     * @throws UserError naming the file and what is wrong with it
     */
    static ObjectNode read(YamlPlace place) {
        return read(place, new HashSet<>());
    }

    private static ObjectNode read(YamlPlace place, Set<String> reading) {
        if (!reading.add(place.name())) {
            throw new UserError(place.name() + " includes itself; take one include out");
        }
        JsonNode tree;
        try {
            tree = StrictYaml.parse(place.text(), FUNCTION);
        } catch (UserError e) {
            throw e.getMessage().startsWith("Cannot") ? e : new UserError(place.name() + ": " + e.getMessage(), e);
        }
        if (!(tree instanceof ObjectNode own)) {
            throw new UserError(place.name() + " holds no keys; write 'task: name' and what belongs to it");
        }
        knowFunctions(own, place);
        ObjectNode merged = include(own, place, reading);
        reading.remove(place.name());
        return merged;
    }

    /** The keys with those of what they include below them. */
    static ObjectNode include(ObjectNode own, YamlPlace place, Set<String> reading) {
        JsonNode includes = own.remove(INCLUDE);
        if (includes == null || includes.isNull()) {
            return own;
        }
        ObjectNode merged = own.objectNode();
        for (String name : texts(includes, place.name() + " " + INCLUDE)) {
            ObjectNode below = read(place.resolve(name), reading);
            below.remove("task_list");
            merged.setAll(below);
        }
        merged.setAll(own);
        return merged;
    }

    /** A text or a list of texts. @throws UserError if it is anything else */
    static List<String> texts(JsonNode node, String name) {
        List<String> all = new ArrayList<>();
        if (node == null || node.isNull()) {
            return all;
        }
        for (JsonNode item : node instanceof ArrayNode list ? list : List.of(node)) {
            if (!item.isString()) {
                throw new UserError(name + " is " + node + "; write a name or a list of names");
            }
            all.add(item.stringValue());
        }
        return all;
    }

    /** Whether something is switched on, as YAML 1.1 writes it too ({@code True}, {@code no}); null if it says neither. */
    static Boolean flag(JsonNode node) {
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        return switch (node.asString("").toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default -> null;
        };
    }

    /** The same of a key that may be missing, or is known to be a switch. */
    static boolean flag(JsonNode object, String key, boolean otherwise) {
        Boolean flag = flag(object.path(key));
        return flag == null ? otherwise : flag;
    }

    /** Replaces each function by the name under which it is known. */
    private static void knowFunctions(JsonNode node, YamlPlace place) {
        if (node instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> entry : List.copyOf(object.properties())) {
                object.set(entry.getKey(), known(entry.getValue(), place));
            }
        } else if (node instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                list.set(i, known(list.get(i), place));
            }
        }
    }

    private static JsonNode known(JsonNode node, YamlPlace place) {
        if (node.isString() && node.stringValue().startsWith(KnownFunctions.MARK)) {
            String reference = node.stringValue().substring(KnownFunctions.MARK.length());
            return StringNode.valueOf(
                    KnownFunctions.MARK + KnownFunctions.known(reference, place.folder(), place.name()));
        }
        knowFunctions(node, place);
        return node;
    }
}
