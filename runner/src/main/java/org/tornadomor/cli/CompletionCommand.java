package org.tornadomor.cli;

import org.tornadomor.cli.options.Installation;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tornado-mor completion}: a script that teaches bash and zsh the commands and options. */
@Command(
        name = CompletionCommand.NAME,
        description = "Prints a script with which bash and zsh complete commands and options.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  source <(./tornado-mor completion)     for this shell",
            "  mkdir -p ~/.local/share/bash-completion/completions",
            "  ./tornado-mor completion > ~/.local/share/bash-completion/completions/tornado-mor",
        })
final class CompletionCommand implements Runnable {
    static final String NAME = "completion";

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        CommandLine root = spec.root().commandLine();
        spec.commandLine().getOut().print(AutoComplete.bash(Installation.NAME, root));
    }
}
