package org.tornadomor.cli.tokenizer;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.cli.options.Quantity;
import org.tornadomor.cli.options.TextOptions;
import org.tornadomor.cli.options.TokenizerArgument;
import org.tornadomor.data.TextSource;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Layout;
import org.tornadomor.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor tokenizer info}: what a tokenizer is, and how well it fits a text. */
@Command(
        name = "info",
        description = "Says how many tokens a tokenizer has, and how many bytes of a text a token stands for.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor tokenizer info bpe4096 --data jdk",
            "  tornado-mor tokenizer info runs/demo --json",
        })
final class TokenizerInfoCommand implements Runnable {
    private static final int LONGEST = 5;
    private static final double NANOS = 1e9;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "TOKENIZER", description = TokenizerArgument.DESCRIPTION)
    private String name;

    @Option(names = "--data", paramLabel = "TEXT", description = "Text to encode, as train takes it.")
    private List<String> data;

    @Mixin
    private TextOptions textOptions;

    @Option(
            names = "--max-bytes",
            paramLabel = "N",
            defaultValue = "20M",
            description = "How much of the text to encode at most. Default: ${DEFAULT-VALUE}.")
    private String maxBytes;

    @Mixin
    private JsonOption json;

    /** What encoding a text gave. */
    private record Fit(String text, long bytes, long tokens, double seconds) {}

    @Override
    public void run() {
        NoEffect.of(spec)
                .when(
                        () -> data == null,
                        "there is no --data to encode",
                        TextOptions.FILTER,
                        TextOptions.EXTENSIONS,
                        TextOptions.TEXT_FIELD,
                        "--max-bytes");
        try (Tokenizer tokenizer = TokenizerArgument.load(name)) {
            Fit fit = data == null ? null : encode(tokenizer);
            List<String> longest = longest(tokenizer);
            PrintWriter out = spec.commandLine().getOut();
            if (json.wanted()) {
                JsonOption.print(out, json(tokenizer, fit, longest));
                return;
            }
            Map<String, String> lines = new LinkedHashMap<>();
            lines.put("tokenizer", tokenizer.name());
            lines.put("tokens", Figures.grouped(tokenizer.vocabSize()));
            lines.put("end of text", tokenizer.endOfText() < 0 ? "none" : "token " + tokenizer.endOfText());
            lines.put("starts with", begin(tokenizer));
            lines.put("longest", String.join("  ", longest));
            lines.put("fingerprint", tokenizer.fingerprint());
            if (fit != null) {
                lines.put("text", fit.text + ": " + Counts.of(fit.bytes, "byte"));
                lines.put(
                        "encoded",
                        String.format(
                                "%s tokens, %.3f bytes a token, %.1f MB/s",
                                Figures.grouped(fit.tokens),
                                (double) fit.bytes / fit.tokens,
                                fit.bytes / fit.seconds / 1e6));
            }
            Layout.keyValues(out, lines);
        }
    }

    /** What the tokenizer's files put before a text. */
    private static String begin(Tokenizer tokenizer) {
        int[] tokens = tokenizer.beginTokens();
        return tokens.length == 0
                ? "nothing"
                : Arrays.stream(tokens).mapToObj(id -> "token " + id).collect(Collectors.joining(", "));
    }

    private Fit encode(Tokenizer tokenizer) {
        TextSource source = textOptions.open(spec, data, Quantity.bytes("--max-bytes", maxBytes));
        source.notices().forEach(spec.commandLine().getErr()::println);
        long[] sums = new long[3];
        source.forEach(document -> {
            long start = System.nanoTime();
            sums[0] += tokenizer.encodeBytes(document.utf8()).length;
            sums[1] += System.nanoTime() - start;
            sums[2] += document.utf8().length;
            return true;
        });
        if (sums[0] == 0) {
            throw new UserError("no text in " + source.describe() + ": check the path and the file filter");
        }
        return new Fit(source.describe(), sums[2], sums[0], sums[1] / NANOS);
    }

    /** The longest tokens, as JSON spells texts. */
    private static List<String> longest(Tokenizer tokenizer) {
        return IntStream.range(0, tokenizer.vocabSize())
                .mapToObj(id -> tokenizer.decode(new int[] {id}))
                .sorted(Comparator.comparingInt((String text) -> -text.length()))
                .limit(LONGEST)
                .map(text -> JsonOption.object().stringNode(text).toString())
                .toList();
    }

    private static ObjectNode json(Tokenizer tokenizer, Fit fit, List<String> longest) {
        ObjectNode object = JsonOption.object();
        object.put("tokenizer", tokenizer.name());
        object.put("vocab_size", tokenizer.vocabSize());
        object.put("end_of_text", tokenizer.endOfText());
        object.put("begin_of_text", tokenizer.beginOfText());
        ArrayNode begin = object.putArray("begin_tokens");
        Arrays.stream(tokenizer.beginTokens()).forEach(begin::add);
        object.put("fingerprint", tokenizer.fingerprint());
        if (fit != null) {
            object.put("text", fit.text);
            object.put("bytes", fit.bytes);
            object.put("tokens", fit.tokens);
            object.put("bytes_per_token", (double) fit.bytes / fit.tokens);
            object.put("seconds", fit.seconds);
        }
        return object;
    }
}
