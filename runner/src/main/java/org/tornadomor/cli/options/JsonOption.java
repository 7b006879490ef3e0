package org.tornadomor.cli.options;

import java.io.PrintWriter;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Results for programs instead of people. */
public final class JsonOption {
    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    /** Whether it was asked for. */
    public boolean wanted() {
        return json;
    }

    /** Prints an object or array, indented. */
    public static void print(PrintWriter out, JsonNode node) {
        out.println(JsonMapper.shared()
                .writer()
                .with(SerializationFeature.INDENT_OUTPUT)
                .writeValueAsString(node));
    }

    /** A new, empty object. */
    public static ObjectNode object() {
        return JsonMapper.shared().createObjectNode();
    }

    /** Puts an array of numbers into an object. */
    public static void put(ObjectNode object, String name, double[] values) {
        ArrayNode array = object.putArray(name);
        for (double value : values) {
            array.add(value);
        }
    }
}
