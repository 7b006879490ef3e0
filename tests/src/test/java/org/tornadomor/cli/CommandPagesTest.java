package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tornadomor.CommittedText;
import picocli.CommandLine;

/** The pages in docs/cli are the help texts: one for each command, and an index. */
class CommandPagesTest {
    private static final String FOLDER = "docs/cli/";
    private static final int WIDTH = 120;

    @Test
    void thereIsAPageForEachCommand() throws IOException {
        CommandLine root = Main.commandLine(new Failures());
        List<CommandLine> commands = new ArrayList<>();
        StringBuilder index = new StringBuilder(
                "# Commands\n\nEach page is what `tornado-mor COMMAND --help` says; `CommandPagesTest`"
                        + " writes and compares them.\n\n| command | what it does |\n|---|---|\n");
        collect(root, commands);
        for (CommandLine command : commands) {
            String name = command.getCommandSpec().qualifiedName();
            String file = name.replace(' ', '-') + ".md";
            index.append("| [`")
                    .append(name)
                    .append("`](")
                    .append(file)
                    .append(") | ")
                    .append(summary(command))
                    .append(" |\n");
            CommittedText.requireSame(FOLDER + file, page(command), CommandPagesTest.class);
        }
        CommittedText.requireSame(FOLDER + "README.md", index.toString(), CommandPagesTest.class);
    }

    /** A command that is gone leaves no page behind. */
    @Test
    void thereIsNoOtherPage() throws IOException {
        List<CommandLine> commands = new ArrayList<>();
        collect(Main.commandLine(new Failures()), commands);
        TreeSet<String> expected = commands.stream()
                .map(command -> command.getCommandSpec().qualifiedName("-") + ".md")
                .collect(Collectors.toCollection(TreeSet::new));
        expected.add("README.md");
        try (Stream<Path> pages = Files.list(Path.of("..", FOLDER))) {
            assertEquals(
                    expected,
                    pages.map(page -> page.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new)));
        }
    }

    private static void collect(CommandLine command, List<CommandLine> commands) {
        commands.add(command);
        command.getSubcommands().values().forEach(sub -> collect(sub, commands));
    }

    private static String summary(CommandLine command) {
        String text = String.join(" ", command.getCommandSpec().usageMessage().description())
                .replaceAll("\\s+", " ");
        int end = text.indexOf(". ");
        return (end < 0 ? text : text.substring(0, end + 1)).replace("|", "\\|");
    }

    private static String page(CommandLine command) {
        // The width of whoever's terminal this is must not matter.
        command.setUsageHelpAutoWidth(false).setUsageHelpWidth(WIDTH);
        String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
        assertTrue(help.startsWith("Usage: "), help);
        String name = command.getCommandSpec().qualifiedName();
        return "# " + name + "\n\n```\n"
                + help.strip().lines().map(String::stripTrailing).collect(Collectors.joining("\n")) + "\n```\n";
    }
}
