package org.tornadomor.cli;

import java.util.List;
import org.tornadomor.cli.data.DataCommand;
import org.tornadomor.cli.evaluation.EvaluateCommand;
import org.tornadomor.cli.evaluation.LogitsCommand;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.cli.options.Version;
import org.tornadomor.cli.play.PlayCommand;
import org.tornadomor.cli.tokenizer.TokenizerCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code tornado-mor} itself: the list of commands, and the options that each of them understands. */
@Command(
        name = Installation.NAME,
        description = "Trains, evaluates and runs Mixture-of-Recursions language models.",
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:It did what was asked.",
            "1:Something that you can mend, such as a missing file, a value that makes no sense or too little memory. One line"
                    + " says what.",
            "2:The command line cannot be read: an unknown option, or a word where a number belongs.",
            "70:A defect of the program.",
            "130:Ctrl-C ended it (143: SIGTERM, 129: SIGHUP); train, demo and experiment have saved what they did. A second"
                    + " one ends them at once, without saving.",
            "141:Nobody reads standard output any more.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor params tiny 360m-mor3      what models of these names cost",
            "  tornado-mor info DIR                   what a folder holds",
            "  tornado-mor devices                    what can compute",
            "  tornado-mor help evaluate              a command's options and examples",
        })
public final class RootCommand implements Runnable {
    /** In the order in which a newcomer needs them. */
    private static final List<Class<?>> COMMANDS = List.of(
            DemoCommand.class,
            DataCommand.class,
            TrainCommand.class,
            ReportCommand.class,
            GenerateCommand.class,
            PlayCommand.class,
            ServeCommand.class,
            EvaluateCommand.class,
            LogitsCommand.class,
            ParamsCommand.class,
            InfoCommand.class,
            ConvertCommand.class,
            TeacherCommand.class,
            ImportCommand.class,
            ExportCommand.class,
            TokenizerCommand.class,
            ExperimentCommand.class,
            DevicesCommand.class,
            CompletionCommand.class,
            HelpCommand.class);

    @Spec
    private CommandSpec spec;

    @Option(names = Failures.DEBUG_OPTION, scope = ScopeType.INHERIT, description = "Show the stack trace of an error.")
    private boolean debug;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command");
    }

    /**
     * The command with those below it that a command line needs: all, or the one that it begins with, since reading the options
     * of all takes a good part of the time to a first token.
     */
    static CommandLine commandLine(String... args) {
        CommandLine root = new CommandLine(new RootCommand());
        String first = args.length == 0 ? "" : args[0];
        boolean alone = COMMANDS.stream().anyMatch(c -> name(c).equals(first)) && !namesOthers(first);
        List<CommandProvider> providers = alone ? List.of() : CommandProvider.all();
        boolean provided =
                providers.stream().anyMatch(provider -> provider.name().equals(first));
        COMMANDS.stream()
                .filter(c -> !provided && (!alone || name(c).equals(first)))
                .forEach(root::addSubcommand);
        providers.stream()
                .filter(provider -> !provided || provider.name().equals(first))
                .forEach(provider -> root.addSubcommand(provider.command()));
        return root;
    }

    /** Whether a command needs to know all other commands. */
    static boolean namesOthers(String command) {
        return command.equals(CompletionCommand.NAME) || command.equals(HelpCommand.NAME);
    }

    private static String name(Class<?> command) {
        return command.getAnnotation(Command.class).name();
    }
}
