package org.tornadomor.cli.tokenizer;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tornado-mor tokenizer}: makes tokenizers and looks into them. */
@Command(
        name = "tokenizer",
        description = "Trains a tokenizer on text, and encodes and decodes with one.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            TokenizerTrainCommand.class,
            TokenizerInfoCommand.class,
            TokenizerEncodeCommand.class,
            TokenizerDecodeCommand.class,
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor tokenizer train jdk --vocab-size 4096 -o bpe4096",
            "  tornado-mor train --tokenizer bpe4096 --out runs/bpe",
            "      the checkpoints of the run carry it, so generate and evaluate find it",
            "  tornado-mor tokenizer info bpe4096 --data jdk",
            "  tornado-mor tokenizer encode bpe4096 'public class'",
        })
public final class TokenizerCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command");
    }
}
