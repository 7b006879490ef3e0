package org.tornadomor.cli.options;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** The model that a command runs, as its first argument or as an option. */
final class ModelArgument {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "MODEL",
            description = "Folder of a checkpoint or run, or a file of GGUF or llama2.c.")
    private String argument;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "The same, as an option.")
    private Path option;

    /**
     * The path that was given.
     *
     * @throws ParameterException if none is, or both are: what stands first may then be meant for something else
     */
    Path path(CommandSpec spec) {
        if (argument == null && option == null) {
            throw new ParameterException(
                    spec.commandLine(), "Missing the model: write its folder or file, or --model=MODEL");
        }
        if (argument != null && option != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "The first argument, '" + argument + "', is a model, and --model names one too: keep one of them");
        }
        return option == null ? Path.of(argument) : option;
    }
}
