package org.tornadomor.cli;

import java.util.List;
import org.tornadomor.Nearest;
import org.tornadomor.terminal.TerminalPrinter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tornado-mor help COMMAND}: the same as {@code tornado-mor COMMAND --help}. */
@Command(
        name = HelpCommand.NAME,
        description = "Shows the options of a command, as COMMAND --help does.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor help train",
            "  tornado-mor help data prepare",
        })
final class HelpCommand implements Runnable {
    static final String NAME = "help";

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "A command, and one below it if it has some.")
    private List<String> words = List.of();

    @Override
    public void run() {
        CommandLine shown = spec.commandLine().getParent();
        for (String word : words) {
            CommandLine next = shown.getSubcommands().get(word);
            if (next == null) {
                List<String> near = Nearest.close(word, shown.getSubcommands().keySet(), 2);
                throw new ParameterException(
                        shown,
                        "There is no command '" + word + "'"
                                + (near.isEmpty() ? "" : " (near: " + String.join(", ", near) + ")"));
            }
            shown = next;
        }
        // Help has colours of its own.
        shown.usage(TerminalPrinter.unchanged(spec.commandLine().getOut()));
    }
}
