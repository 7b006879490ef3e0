package org.tornadomor.cli.tokenizer;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.TokenizerArgument;
import org.tornadomor.tokenizer.SpecialTokens;
import org.tornadomor.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor tokenizer encode}: the ids of a text. */
@Command(
        name = "encode",
        description = "Prints the ids of a text on one line.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor tokenizer encode bpe4096 'public class'",
            "  tornado-mor tokenizer encode bpe4096 --json < Main.java",
        })
final class TokenizerEncodeCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "TOKENIZER", description = TokenizerArgument.DESCRIPTION)
    private String name;

    @Parameters(
            index = "1..*",
            paramLabel = "TEXT",
            arity = "0..*",
            description = "The text; several words are joined by spaces. Default: standard input.")
    private List<String> text = List.of();

    @Option(
            names = "--parse-special",
            description = "Take what spells a special token, such as </s>, for the token. Default: it is text.")
    private boolean parseSpecial;

    @Mixin
    private JsonOption json;

    @Override
    public void run() {
        try (Tokenizer tokenizer = TokenizerArgument.load(name)) {
            String all = text.isEmpty() ? TokenizerArgument.standardInput() : String.join(" ", text);
            int[] ids = tokenizer.encode(all, parseSpecial ? SpecialTokens.PARSED : SpecialTokens.AS_TEXT);
            PrintWriter out = spec.commandLine().getOut();
            if (!json.wanted()) {
                out.println(Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(" ")));
                return;
            }
            ObjectNode object = JsonOption.object();
            ArrayNode list = object.putArray("ids");
            ArrayNode pieces = object.putArray("pieces");
            for (int id : ids) {
                list.add(id);
                pieces.add(tokenizer.decode(new int[] {id}));
            }
            JsonOption.print(out, object);
        }
    }
}
