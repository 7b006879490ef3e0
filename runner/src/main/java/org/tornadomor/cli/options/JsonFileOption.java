package org.tornadomor.cli.options;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.tornadomor.files.InputFile;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Results for programs: in place of those for people, or in a file beside them. */
public final class JsonFileOption {
    @Option(
            names = "--json",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "FILE",
            description = "Print the result as JSON; with a name, write it to that file and print the table too.")
    private String json;

    /** Whether JSON is printed instead of a table. */
    public boolean prints() {
        return json != null && json.isEmpty();
    }

    /** The file that it goes to, or null. */
    public Path file() {
        return json == null || json.isEmpty() ? null : InputFile.path(json);
    }

    /** As {@link JsonOption#print}, as text. */
    public static String text(JsonNode node) {
        StringWriter text = new StringWriter();
        try (PrintWriter out = new PrintWriter(text)) {
            JsonOption.print(out, node);
        }
        return text.toString();
    }
}
