package org.tornadomor.cli.tokenizer;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.TokenizerArgument;
import org.tornadomor.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tornado-mor tokenizer decode}: the text of some ids. */
@Command(
        name = "decode",
        description = "Prints the text of ids, with nothing before or behind it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor tokenizer decode bpe4096 491 560",
            "  tornado-mor tokenizer decode bpe4096 < ids.txt",
        })
final class TokenizerDecodeCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "TOKENIZER", description = TokenizerArgument.DESCRIPTION)
    private String name;

    @Parameters(
            index = "1..*",
            paramLabel = "ID",
            arity = "0..*",
            description = "The ids. Default: those on standard input, with white space or commas between them.")
    private List<String> ids = List.of();

    @Mixin
    private JsonOption json;

    @Override
    public void run() {
        try (Tokenizer tokenizer = TokenizerArgument.load(name)) {
            String words = ids.isEmpty() ? TokenizerArgument.standardInput() : String.join(" ", ids);
            int[] numbers = Arrays.stream(words.split("[\\s,]+"))
                    .filter(word -> !word.isEmpty())
                    .mapToInt(word -> id(word, tokenizer))
                    .toArray();
            String text = tokenizer.decode(numbers);
            PrintWriter out = spec.commandLine().getOut();
            if (json.wanted()) {
                JsonOption.print(out, JsonOption.object().put("text", text));
            } else {
                out.print(text);
                out.flush();
            }
        }
    }

    private static int id(String word, Tokenizer tokenizer) {
        try {
            int id = Integer.parseInt(word);
            if (id >= 0 && id < tokenizer.vocabSize()) {
                return id;
            }
        } catch (NumberFormatException e) {
            // Reported below, as an id out of range is.
        }
        throw new UserError(
                "'" + word + "' is not an id of this tokenizer; they go from 0 to " + (tokenizer.vocabSize() - 1));
    }
}
