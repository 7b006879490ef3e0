package org.tornadomor.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.KvOption;
import org.tornadomor.cli.options.ModelOptions;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.cli.options.SamplingOptions;
import org.tornadomor.cli.options.TokenizerArgument;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.cli.play.DepthView;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.InputFile;
import org.tornadomor.language.Generation;
import org.tornadomor.language.GenerationOptions;
import org.tornadomor.language.LanguageModel;
import org.tornadomor.language.Timing;
import org.tornadomor.language.TokenListener;
import org.tornadomor.terminal.Layout;
import org.tornadomor.terminal.Terminal;
import org.tornadomor.tokenizer.Continuation;
import org.tornadomor.tokenizer.SpecialTokens;
import org.tornadomor.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor generate}: continues prompts. */
@Command(
        name = "generate",
        description = {
            "Continues one prompt or many, with causal routing and per-depth caches.",
            "A token's depth is the number of recursions of the step that produced it.",
            "A prompt begins with the tokens that the checkpoint's tokenizer puts before a text, and an empty one with its"
                    + " beginning token, else its end token. --prompt-tokens are taken as they are.",
            "The same prompt with the same --seed gives the same text wherever it stands among others: for other texts,"
                    + " give another --seed, or --samples for several at once."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor generate runs/demo 'public class '",
            "  tornado-mor generate --model runs/demo --prompt 'for (int i' --greedy --show-depth",
            "  tornado-mor generate --model runs/demo --prompt 'int ' --weights int8",
            "  tornado-mor generate --model runs/demo --prompt-tokens 112,117,98 --json",
            "  tornado-mor generate --model runs/demo --prompt 'class ' --seed 2",
            "  tornado-mor generate --model runs/demo --prompt 'class ' --samples 4 --top-k 0 --min-p 0.05",
            "  tornado-mor generate --model llama --prompt 'Once' --bos --stop '<|eot_id|>'",
            "  tornado-mor generate --model runs/demo --prompt-file a.txt --prompt-file b.txt --max-depth 1",
        })
final class GenerateCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    @Mixin
    private KvOption kv;

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private JsonOption json;

    @Parameters(
            index = "1..*",
            paramLabel = "PROMPT",
            arity = "0..*",
            description = "Text to continue, the same as --prompt.")
    private List<String> positional = new ArrayList<>();

    @Option(
            names = {"-p", "--prompt"},
            paramLabel = "TEXT",
            description = "Text to continue; may be given several times.")
    private List<String> prompts = new ArrayList<>();

    @Option(
            names = "--prompt-file",
            paramLabel = "FILE",
            description = "A file with text to continue, - for standard input; may be given several times.")
    private List<Path> promptFiles = new ArrayList<>();

    @Option(
            names = "--prompt-tokens",
            paramLabel = "1,2,3",
            description = "Token ids to continue; may be given several times.")
    private List<String> promptTokens = new ArrayList<>();

    @Option(
            names = "--no-parse-special",
            description =
                    "Take special tokens that a prompt spells, such as </s>, for text. They are parsed by default.")
    private boolean plainPrompt;

    @Option(names = "--show-depth", description = "Show the depth of each token, their mean, and the compute saved.")
    private boolean showDepth;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        if (!positional.isEmpty() && !prompts.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "Prompts are given both behind the model and with --prompt: keep one of the two ways");
        }
        prompts.addAll(positional);
        NoEffect effect = NoEffect.of(spec);
        sampling.requireEffect(spec);
        effect.when(json::wanted, "--json shows the depths already", "--show-depth");
        effect.when(
                () -> prompts.isEmpty() && promptFiles.isEmpty() && !promptTokens.isEmpty(),
                "--prompt-tokens are taken as they are",
                "--no-parse-special",
                "--bos",
                "--no-bos");
        GenerationOptions asked = sampling.options();
        try (Engine engine = model.engine().open();
                LanguageModel loaded = model.load(spec, engine, kv)) {
            List<int[]> ids = new ArrayList<>();
            for (String text : texts()) {
                ids.add(loaded.encode(text, plainPrompt ? SpecialTokens.AS_TEXT : SpecialTokens.PARSED, model.bos()));
            }
            promptTokens.forEach(list -> ids.add(parse(list)));
            ids.forEach(loaded::requirePrompt);
            if (ids.isEmpty()) {
                throw new UserError(
                        "nothing to continue; write a text behind the model, or give --prompt, --prompt-file or --prompt-tokens");
            }
            GenerationOptions options = sampling.fit(spec, loaded.config(), asked);
            WorkReport work = WorkReport.of(engine, model.engine().reportsTransfers());
            work.mark("loading", false);
            List<Generation> generations;
            if (ids.size() == 1 && options.samples() == 1 && !json.wanted()) {
                generations = List.of(stream(out, loaded, ids, options, work));
            } else {
                generations = loaded.generate(ids, options, work.tokens(TokenListener.NONE));
                if (json.wanted()) {
                    printJson(out, loaded, generations, options, work);
                } else {
                    printAll(out, loaded, generations, options);
                }
            }
            // Messages may go to the same terminal, so the results have to be there first.
            out.flush();
            tellOfFullContexts(loaded, generations, options.maxNewTokens());
            if (!json.wanted()) {
                printTiming(spec.commandLine().getErr(), loaded.lastTiming());
            }
            work.print(spec.commandLine().getErr());
        }
    }

    /** Says which texts are shorter than asked for, not because the model ended them but because the context is full. */
    private void tellOfFullContexts(LanguageModel loaded, List<Generation> generations, int asked) {
        for (int i = 0; i < generations.size(); i++) {
            Generation generation = generations.get(i);
            if (generation.ended() == Generation.End.CONTEXT) {
                spec.commandLine()
                        .getErr()
                        .println(Installation.NAME + ": " + (generations.size() == 1 ? "the text" : "text " + (i + 1))
                                + " ends after " + generation.tokens().length + " of "
                                + Counts.of(asked, "token") + ": the model's context of "
                                + loaded.config().longestSequence() + " is full");
            }
        }
    }

    private List<String> texts() {
        List<String> texts = new ArrayList<>(prompts);
        for (Path file : promptFiles) {
            try {
                texts.add(file.toString().equals("-") ? TokenizerArgument.standardInput() : InputFile.textOrPipe(file));
            } catch (IOException e) {
                throw UserError.file("read", file, e);
            }
        }
        return texts;
    }

    private static int[] parse(String list) {
        try {
            return java.util.Arrays.stream(list.split(","))
                    .mapToInt(id -> Integer.parseInt(id.strip()))
                    .toArray();
        } catch (NumberFormatException e) {
            throw new UserError("--prompt-tokens " + list + " is not a list of numbers such as 1,2,3", e);
        }
    }

    /** Continues one prompt, shown as it comes. */
    private Generation stream(
            PrintWriter out, LanguageModel loaded, List<int[]> ids, GenerationOptions options, WorkReport work) {
        DepthView view = new DepthView(out, showDepth && Terminal.showsColours());
        boolean text = loaded.tokenizer().isPresent();
        if (!text) {
            show(out, view, join(ids.getFirst()), 0);
        }
        TokenListener listener = new TokenListener() {
            @Override
            public void prompt(int prompt, String text) {
                show(out, view, text, 0);
            }

            @Override
            public void token(int prompt, int id, int depth, String piece) {
                String shown = text ? piece : id < 0 ? "" : "," + id;
                show(out, view, shown, depth);
            }
        };
        Generation generation =
                loaded.generate(ids, options, work.tokens(listener)).getFirst();
        finish(out, view, loaded, generation);
        return generation;
    }

    private void show(PrintWriter out, DepthView view, String text, int depth) {
        if (showDepth) {
            view.show(text, depth);
        } else {
            out.print(text);
            out.flush();
        }
    }

    private void finish(PrintWriter out, DepthView view, LanguageModel loaded, Generation generation) {
        if (showDepth) {
            view.finish(generation, loaded.config().recursions());
        } else {
            out.println();
        }
    }

    private static String join(int[] ids) {
        return java.util.Arrays.stream(ids)
                .mapToObj(Integer::toString)
                .collect(java.util.stream.Collectors.joining(","));
    }

    /** Shows several texts one after the other when all are done. */
    private void printAll(
            PrintWriter out, LanguageModel loaded, List<Generation> generations, GenerationOptions options) {
        for (int i = 0; i < generations.size(); i++) {
            Generation generation = generations.get(i);
            int samples = options.samples();
            String seed = samples == 1 ? "" : ", seed " + (options.seed() + i % samples);
            out.println("=== " + (i + 1) + " of " + generations.size() + seed + ", ended by "
                    + generation.ended().name().toLowerCase(Locale.ROOT).replace('_', ' '));
            DepthView view = new DepthView(out, showDepth && Terminal.showsColours());
            if (loaded.tokenizer().isPresent()) {
                showPieces(out, view, loaded.tokenizer().get(), generation);
            } else {
                show(out, view, join(generation.promptTokens()) + "," + join(generation.tokens()), 0);
            }
            finish(out, view, loaded, generation);
        }
    }

    private void showPieces(PrintWriter out, DepthView view, Tokenizer tokenizer, Generation generation) {
        Continuation stream = Continuation.of(tokenizer, generation.promptTokens());
        int[] tokens = generation.tokens();
        String[] pieces = new String[tokens.length + 1];
        for (int i = 0; i < tokens.length; i++) {
            pieces[i] = stream.accept(tokens[i]);
        }
        pieces[tokens.length] = stream.finish();
        show(out, view, stream.prompt(), 0);
        int left = generation.text().length();
        for (int i = 0; i <= tokens.length; i++) {
            String shown = pieces[i].substring(0, Math.min(left, pieces[i].length()));
            left -= shown.length();
            show(out, view, shown, i < tokens.length ? generation.depths()[i] : 0);
        }
    }

    private static void printTiming(PrintWriter err, Timing timing) {
        Layout.paragraph(
                err,
                String.format(
                        Locale.ROOT,
                        "%s read in %.2f s, first token after %.2f s; %s, %d of them behind the first in"
                                + " %.2f s, %.1f tokens/s",
                        Counts.of(timing.promptTokens(), "prompt token"),
                        timing.prefillSeconds(),
                        timing.firstTokenSeconds(),
                        Counts.of(timing.newTokens(), "new token"),
                        timing.decodedTokens(),
                        timing.decodeSeconds(),
                        timing.tokensPerSecond()));
        err.flush();
    }

    private void printJson(
            PrintWriter out,
            LanguageModel loaded,
            List<Generation> generations,
            GenerationOptions options,
            WorkReport work) {
        ObjectNode root = JsonOption.object();
        ArrayNode list = root.putArray("generations");
        for (Generation generation : generations) {
            ObjectNode node = list.addObject();
            node.put("seed", options.seed() + (list.size() - 1) % options.samples());
            put(node, "prompt_tokens", generation.promptTokens());
            put(node, "prompt_depths", generation.promptDepths());
            put(node, "tokens", generation.tokens());
            put(node, "depths", generation.depths());
            if (loaded.tokenizer().isPresent()) {
                node.put("text", generation.text());
            }
            node.put("ended", generation.ended().name().toLowerCase(Locale.ROOT));
            if (generation.tokens().length == 0) {
                node.putNull("mean_depth").putNull("compute_saved");
            } else {
                node.put("mean_depth", generation.meanDepth()).put("compute_saved", generation.computeSaved());
            }
        }
        Timing timing = loaded.lastTiming();
        root.putObject("timing")
                .put("prompt_tokens", timing.promptTokens())
                .put("prefill_seconds", timing.prefillSeconds())
                .put("prefill_tokens_per_second", timing.prefillTokensPerSecond())
                .put("first_token_seconds", timing.firstTokenSeconds())
                .put("new_tokens", timing.newTokens())
                .put("decoded_tokens", timing.decodedTokens())
                .put("decode_seconds", timing.decodeSeconds())
                .put("tokens_per_second", timing.tokensPerSecond());
        work.addTo(root);
        JsonOption.print(out, root);
    }

    private static void put(ObjectNode node, String name, int[] values) {
        ArrayNode array = node.putArray(name);
        for (int value : values) {
            array.add(value);
        }
    }
}
