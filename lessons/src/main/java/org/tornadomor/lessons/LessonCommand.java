package org.tornadomor.lessons;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tornado-mor lesson}: GPU computing in Java, step by step. */
@Command(
        name = "lesson",
        description =
                "Teaches GPU computing with the kernels of this program: pages, numbered versions that run side by"
                        + " side, exercises that are checked.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ListCommand.class, ShowCommand.class, RunCommand.class, CheckCommand.class, SolutionCommand.class
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor lesson list",
            "  tornado-mor lesson show 1",
            "  tornado-mor lesson run 1",
            "  tornado-mor lesson show 1 --exercise > Exercise1.java",
            "  tornado-mor lesson check 1 Exercise1.java",
        })
final class LessonCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command: list, show, run, check or solution");
    }
}
