package org.tornadomor.lessons;

import java.io.PrintWriter;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.terminal.TextTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor lesson list}. */
@Command(
        name = "list",
        description = "Lists the lessons.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  tornado-mor lesson list --json")
final class ListCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private JsonOption json;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        if (json.wanted()) {
            ObjectNode root = JsonOption.object();
            ArrayNode list = root.putArray("lessons");
            for (Lesson lesson : Lesson.all()) {
                list.addObject()
                        .put("number", lesson.number())
                        .put("title", lesson.title())
                        .put("idea", lesson.idea())
                        .put("folder", "docs/lessons/" + lesson.folder())
                        .put("exercise", lesson.exercise().task());
            }
            JsonOption.print(out, root);
            return;
        }
        TextTable table = new TextTable("", "lesson", "its idea").left(3);
        for (Lesson lesson : Lesson.all()) {
            table.row(Integer.toString(lesson.number()), lesson.title(), lesson.idea());
        }
        table.print(out);
    }
}
