package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.cli.evaluation.LossOnText;
import org.tornadomor.cli.options.ChoiceOption;
import org.tornadomor.cli.options.EngineChoice;
import org.tornadomor.cli.options.EngineOptions;
import org.tornadomor.cli.options.IgnoreKeyOption;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.LoadedModel;
import org.tornadomor.cli.options.NamedConfig;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.cli.options.OutputFile;
import org.tornadomor.cli.options.Quantity;
import org.tornadomor.cli.options.SeedOption;
import org.tornadomor.cli.options.TextOptions;
import org.tornadomor.convert.ConversionPlan;
import org.tornadomor.convert.Initialisation;
import org.tornadomor.convert.LayerSelection;
import org.tornadomor.convert.LoraInit;
import org.tornadomor.convert.Recipe;
import org.tornadomor.convert.Residual;
import org.tornadomor.model.LoraConfig;
import org.tornadomor.model.LoraTarget;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.MorConfigBuilder;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Sharing;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.CheckpointWriter;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tornado-mor convert}: a plain Llama becomes a recursive or Mixture-of-Recursions model. */
@Command(
        name = "convert",
        description = {
            "Makes a recursive or Mixture-of-Recursions model of a plain Llama: layers share weights, and a router may"
                    + " decide how often a token goes through them. Train it on afterwards (train --init DIR).",
            "The result is float32 and has the tokenizer of the original.",
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor convert --model llama --out recursive --recursions 2 --sharing cycle --init stepwise",
            "  tornado-mor convert --model llama --out mor --recursions 3 --sharing middle-cycle"
                    + " --init upper --router expert-choice --data book.txt",
            "  tornado-mor convert --model llama --out relaxed --recursions 2 --sharing cycle --init average"
                    + " --lora-rank 16 --keep-layers even:4",
        })
final class ConvertCommand implements Runnable {
    private static final String RANK = "--lora-rank";
    private static final String LORA_INIT = "--lora-init";
    private static final String LORA_TARGETS = "--lora-targets";
    private static final String KEEP = "--keep-layers";
    private static final String DROP = "--drop-layers";

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "Folder of a plain Llama or of a run that trained one, or a file of GGUF or llama2.c.")
    private Path model;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "A new folder.")
    private Path out;

    @Option(
            names = "--recursions",
            required = true,
            paramLabel = "N",
            description = "How often the shared layers are applied at most.")
    private int recursions;

    @Option(
            names = "--sharing",
            required = true,
            paramLabel = "KIND",
            description = "Which layers share weights. cycle: 012 012 012; sequence: 000 111 222; middle-cycle and"
                    + " middle-sequence: the same between a first and a last layer with weights of their own.")
    private String sharing;

    @Option(
            names = "--init",
            required = true,
            paramLabel = "KIND",
            description = "What shared layers begin with. stepwise: evenly spaced layers, the first and the last among"
                    + " them; average: the mean of the layers that they stand for; lower: the first layers; upper: the last"
                    + " ones; random: some by chance.")
    private String init;

    @Option(
            names = "--router",
            defaultValue = "none",
            paramLabel = "KIND",
            description = "none (every token takes all recursions), expert-choice or token-choice; routers begin with"
                    + " random weights. Default: none.")
    private String router;

    @Option(
            names = RANK,
            paramLabel = "R",
            description =
                    "Give each layer of a recursion low-rank factors of its own besides the shared matrices, of this"
                            + " rank; 0 for none. Default: 0.")
    private int rank;

    @Option(
            names = LORA_INIT,
            paramLabel = "KIND",
            description = "What low-rank factors begin with. svd (default): the best of that rank for what the shared"
                    + " matrices lack; zero: nothing, so that they change nothing before they are trained.")
    private String loraInit;

    @Option(
            names = LORA_TARGETS,
            split = ",",
            paramLabel = "MAPS",
            description = "Which matrices have them: some of q,k,v,o,gate,up,down. Default: all.")
    private List<String> loraTargets;

    @Option(
            names = KEEP,
            paramLabel = "LAYERS",
            description = "Take these layers alone, counted from 0, such as 0-3,7; or even:N for N evenly spaced ones.")
    private String keep;

    @Option(names = DROP, paramLabel = "LAYERS", description = "Take all layers but these; even:N leaves out N.")
    private String drop;

    @Option(
            names = "--data",
            paramLabel = "TEXT",
            description = "Measure the loss of the original and of the converted model on a text file, a folder or an"
                    + " archive. May be given several times.")
    private List<String> data = new ArrayList<>();

    @Mixin
    private TextOptions textOptions;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "50000",
            description = "Predict at most so many tokens of --data. Default: ${DEFAULT-VALUE}.")
    private long maxTokens;

    @Option(
            names = "--context",
            paramLabel = "T",
            description = "Tokens of a window of --data at most. Default: the model's longest, but at most 1024.")
    private Integer context;

    @Mixin
    private SeedOption seed;

    @Mixin
    private EngineOptions engine;

    @Mixin
    private JsonOption json;

    @Mixin
    private IgnoreKeyOption ignored;

    @Override
    public void run() {
        MorConfig mor = mor();
        Initialisation initialisation = ChoiceOption.parse(Initialisation.class, "--init", init);
        LoraInit factors = loraInit == null ? LoraInit.SVD : ChoiceOption.parse(LoraInit.class, LORA_INIT, loraInit);
        Recipe recipe = new Recipe(mor, initialisation, factors, selection(), seed.value());
        requireEffect();
        PrintWriter err = spec.commandLine().getErr();
        UnknownKeys unknown = ignored.unknown(err);
        try (CheckpointFolder original = LoadedModel.open(model, unknown)) {
            CheckpointWriter.requireEmpty(out);
            OutputFile.requireOutsideModel(out, original.path());
            if (context != null) {
                new NamedConfig(model.toString(), original.config()).context(context);
            }
            ConversionPlan plan = recipe.plan(original);
            // Opened first: if the text cannot be read, nothing is written.
            try (LossOnText text = text(original)) {
                List<Residual> residuals = recipe.write(plan, original, out, engine::open);
                ConversionReport report = new ConversionReport(plan, initialisation, residuals, losses(text, original));
                report.print(spec.commandLine().getOut(), json.wanted(), out);
            }
            err.println("Wrote " + out + "; train it on with: " + Installation.NAME + " train --init " + out
                    + " --data TEXT");
        }
    }

    private MorConfig mor() {
        if (recursions < 1) {
            throw new UserError("--recursions is " + recursions + "; give 1 or more");
        }
        RouterKind kind = RouterKind.parse("--router", ChoiceOption.spelling(router));
        return new MorConfigBuilder(recursions, kind)
                .sharing(ChoiceOption.parse(Sharing.class, "--sharing", sharing))
                .lora(lora())
                .build();
    }

    private LoraConfig lora() {
        if (rank < 0) {
            throw new UserError(RANK + " is " + rank + "; give 1 or more, or 0 for no low-rank factors");
        }
        List<LoraTarget> targets = loraTargets == null
                ? LoraConfig.ALL
                : loraTargets.stream()
                        .map(name -> ChoiceOption.parse(LoraTarget.class, LORA_TARGETS, name))
                        .toList();
        return rank == 0 ? null : new LoraConfig(rank, targets);
    }

    private LayerSelection selection() {
        if (keep != null && drop != null) {
            throw new UserError(KEEP + " and " + DROP + " say the same in two ways; give one of them");
        }
        if (keep == null && drop == null) {
            return LayerSelection.ALL;
        }
        return keep != null ? new LayerSelection(KEEP, keep, true) : new LayerSelection(DROP, drop, false);
    }

    private void requireEffect() {
        Quantity.requireAtLeast("--max-tokens", maxTokens, 1);
        NoEffect.of(spec)
                .when(() -> true, "a conversion is not reported on", EngineChoice.REPORT)
                .when(
                        data::isEmpty,
                        "no --data is given",
                        "--max-tokens",
                        "--context",
                        TextOptions.FILTER,
                        TextOptions.EXTENSIONS,
                        TextOptions.TEXT_FIELD)
                .when(() -> rank == 0, "the model has no low-rank factors (" + RANK + ")", LORA_INIT, LORA_TARGETS);
    }

    /** What losses are measured on; null for none. */
    private LossOnText text(CheckpointFolder original) {
        if (data.isEmpty()) {
            return null;
        }
        Tokenizer tokenizer = Tokenizers.forCheckpoint(
                        original.folder(), original.config().vocabSize())
                .orElseThrow(() -> new UserError(
                        original.path() + " has no tokenizer, so no text can be measured; leave --data out"));
        return LossOnText.read(original, tokenizer, () -> textOptions.open(spec, data, 0), maxTokens, context);
    }

    /** The losses; null without text to measure on. */
    private ConversionReport.Losses losses(LossOnText text, CheckpointFolder original) {
        if (text == null) {
            return null;
        }
        try (CheckpointFolder converted = CheckpointFolder.open(out)) {
            double before = text.of(original, engine, true);
            double train = text.of(converted, engine, false);
            double causal = converted.config().router().looksAhead() ? text.of(converted, engine, true) : train;
            return new ConversionReport.Losses(text.tokens(), before, train, causal);
        }
    }
}
