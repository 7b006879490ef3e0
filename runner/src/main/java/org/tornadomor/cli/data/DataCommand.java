package org.tornadomor.cli.data;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tornado-mor data}: makes corpora and looks into them. */
@Command(
        name = "data",
        description = "Tokenises text once, for any number of training runs, and shows what came of it.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {DataPrepareCommand.class, DataInfoCommand.class},
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor data prepare jdk -o corpora/jdk",
            "  tornado-mor data info corpora/jdk",
            "  tornado-mor train --data corpora/jdk",
        })
public final class DataCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command");
    }
}
