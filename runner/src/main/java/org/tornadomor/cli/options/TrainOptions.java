package org.tornadomor.cli.options;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.trainer.TrainingConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/**
 * The options that change keys of a {@link TrainingConfig}. They carry text, which the configuration reads and checks, so that
 * an option, {@code --set} and a file are refused alike.
 */
public final class TrainOptions {
    public static final String VALIDATION_DATA = "--validation-data";
    public static final String DISTILL = "--distill";
    public static final String KD_WEIGHT = "--kd-weight";
    public static final String KD_KIND = "--kd-kind";
    public static final String KD_TEMPERATURE = "--kd-temperature";
    public static final String EXIT_LOSS = "--exit-loss";
    public static final String EXIT_COEFFICIENT = "--exit-coefficient";
    public static final String EXIT_DISTILL = "--exit-distill";

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "YAML or JSON with the keys of --set, such as the config.yaml of a run.")
    private Path config;

    /** As export spells them. */
    private static final Map<String, String> DTYPES = Map.of("float32", "f32", "bfloat16", "bf16", "float16", "f16");

    private final Map<String, String> given = new LinkedHashMap<>();

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            description = "A model by name, such as tiny, small, tiny-vanilla, small-mor2. Default: tiny.")
    private String preset;

    @Option(
            names = "--init",
            paramLabel = "MODEL",
            description =
                    "Begin with the weights of a checkpoint or run, also of a plain Llama, or of a file of GGUF or llama2.c.")
    private String init;

    @Mixin
    private IgnoreKeyOption ignored;

    @Option(
            names = "--data",
            paramLabel = "TEXT",
            description =
                    "jdk (the source of this JDK, default), jdk:GLOB, a text file, a folder, a glob or an archive;"
                            + " several are joined. Or a folder of 'data prepare'.")
    private List<String> sources = new ArrayList<>();

    @Option(
            names = "--filter",
            paramLabel = "GLOB",
            description = "Which files of folders, globs and archives, such as 'java.base/java/**' or '*.txt'.")
    private String filter;

    @Option(
            names = "--text-field",
            paramLabel = "PATH",
            description =
                    "Field of JSON or column of Parquet that is the text, by its path, as meta.text. Default: text.")
    private String textField;

    @Option(names = "--max-bytes", paramLabel = "N", description = "How much text to take at most, such as 20M.")
    private String maxBytes;

    @Option(
            names = "--hold-out",
            paramLabel = "SHARE",
            description =
                    "What to validate on: a share of the tail (default 5%%), of the documents ('documents 5%%'), or"
                            + " one document in n ('every 20').")
    private String holdOut;

    @Option(
            names = VALIDATION_DATA,
            paramLabel = "TEXT",
            description = "Text to validate on, named as for --data; nothing is held out of that then.")
    private List<String> validation = new ArrayList<>();

    @Option(
            names = "--parse-special",
            description =
                    "Take what spells a special token of the tokenizer, such as </s>, for the token. Default: it is"
                            + " text like any other.")
    private boolean parseSpecial;

    @Option(
            names = "--tokenizer",
            paramLabel = "NAME",
            description = "bytes (default), a tokenizer.json, or a folder with one.")
    private String tokenizer;

    @Mixin
    private BosOption bos;

    @Option(names = "--context", paramLabel = "T", description = "Tokens of a sample. Default: 256.")
    private String context;

    @Option(names = "--batch", paramLabel = "B", description = "Samples of a micro-batch. Default: 8.")
    private String batch;

    @Option(names = "--accumulate", paramLabel = "A", description = "Micro-batches of a step. Default: 1.")
    private String accumulate;

    @Option(names = "--steps", paramLabel = "N", description = "Length of the run. Default: 1000.")
    private String steps;

    @Option(names = "--tokens", paramLabel = "N", description = "Length of the run in tokens, such as 2M.")
    private String tokens;

    @Option(names = "--minutes", paramLabel = "N", description = "Length of the run in time.")
    private String minutes;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Length of the run in passes over the training text, such as 3 or 0.5.")
    private String epochs;

    @Option(
            names = {"--lr", "--learning-rate"},
            paramLabel = "RATE",
            description = "Highest learning rate. Default: 0.003.")
    private String lr;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            description = "How much AdamW pulls matrices towards 0. Default: 0.1.")
    private String weightDecay;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description = "constant, cosine or trapezoid (default): how the learning rate goes.")
    private String schedule;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            description = "How long the learning rate rises: steps (100) or a share of the run (5%%, default).")
    private String warmup;

    @Option(
            names = DISTILL,
            paramLabel = "MODEL",
            description = "Learn from this model besides the text: a checkpoint, a run, or a file of GGUF or llama2.c,"
                    + " with the same tokenizer, or a folder of 'teacher'. Its"
                    + " distribution of each next token is compared with that of the model in training.")
    private String teacher;

    @Option(
            names = KD_WEIGHT,
            paramLabel = "SHARE",
            description = "How much that counts, up to 1; the text itself counts with the rest. Default: 0.5.")
    private String teacherWeight;

    @Option(
            names = KD_KIND,
            paramLabel = "KIND",
            description = "How the distributions are compared: forward (default) or reverse relative entropy, js"
                    + " (Jensen-Shannon) or tv (total variation).")
    private String teacherKind;

    @Option(names = KD_TEMPERATURE, paramLabel = "T", description = "What both are softened by before. Default: 1.")
    private String teacherTemperature;

    @Option(
            names = EXIT_LOSS,
            paramLabel = "KIND",
            description =
                    "Losses at the end of each recursion, through the head, of a recursive model without a router:"
                            + " weighted (recursion r counts r over the sum of all), aggressive (the last counts 1, the others"
                            + " --exit-coefficient) or none (default).")
    private String exitLoss;

    @Option(
            names = EXIT_COEFFICIENT,
            paramLabel = "X",
            description = "What the ends before the last count with aggressive. Default: 0.1.")
    private String exitCoefficient;

    @Option(
            names = EXIT_DISTILL,
            description = "The ends before the last learn the distribution of the last one, not the next token.")
    private boolean exitDistill;

    @Option(
            names = "--freeze",
            paramLabel = "WHAT",
            description = "Weights that stay as they are: shared (the layers that recursions share), lora (low-rank"
                    + " factors) or none (default).")
    private String freeze;

    @Option(names = "--order", paramLabel = "NAME", description = "Samples come shuffled (default) or sequential.")
    private String order;

    @Option(
            names = "--across-documents",
            description = "Let attention cross from one document to the next within a sample.")
    private boolean acrossDocuments;

    @Option(names = "--seed", paramLabel = "N", description = "Of the initial weights and the order. Default: 1.")
    private String seed;

    @Option(
            names = "--eval-every",
            paramLabel = "N",
            description = "Steps between evaluations; 0 for one at the end. Default: 100.")
    private String evalEvery;

    @Option(
            names = "--save-every",
            paramLabel = "N",
            description = "Steps between checkpoints; 0 for one at the end. Default: 500.")
    private String saveEvery;

    @Option(
            names = "--checkpoint-dtype",
            paramLabel = "TYPE",
            description = "Of the weights in checkpoints: float32 (default), bfloat16 or float16. The state that"
                    + " --resume needs stays float32.")
    private String dtype;

    @Option(
            names = EngineChoice.PRECISION,
            paramLabel = "TYPE",
            description =
                    "To what the operands of matrix products are rounded, forward and backward: float32 (default), or"
                            + " bfloat16, on the cpu engine, and fast where oneDNN (--products) has instructions for it."
                            + " Weights and sums stay float32.")
    private String precision;

    @Option(
            names = "--recompute",
            description =
                    "Keep the input of each layer alone, and compute the rest again for its gradient: less memory,"
                            + " more time, the same result.")
    private boolean recompute;

    @Option(
            names = "--keep",
            paramLabel = "N",
            description = "Checkpoints to keep, the newest ones; 0 for all. Default: 2, and the best.")
    private String keep;

    @Option(
            names = "--no-keep-best",
            description = "Do not keep the checkpoint with the lowest validation loss besides the newest ones.")
    private boolean forgetsBest;

    @Option(
            names = "--samples",
            paramLabel = "N",
            description = "Texts that the model writes at each evaluation, into samples.jsonl and the report."
                    + " Default: 2.")
    private String samples;

    @Option(
            names = EngineChoice.THREADS,
            paramLabel = "N",
            description =
                    "Threads of the cpu engine, which this option chooses unless another is given; 0 (default) for"
                            + " all processors. Results do not depend on it.")
    private String threads;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Any key of the configuration, such as optimizer.decay=0.05, capacity_warmup=100,"
                    + " model.num_hidden_layers=14 or model.mor.router=token_choice.")
    private List<String> assignments = new ArrayList<>();

    /** Whether the command line itself names a number of threads. */
    public boolean namesThreads() {
        return threads != null;
    }

    private void gather() {
        given.clear();
        // A preset takes the place of a whole model, so it goes before the keys of a model.
        text("preset", preset);
        if (!sources.isEmpty()) {
            given.put("data.sources", JsonMapper.shared().writeValueAsString(sources));
        }
        text("init", init);
        if (!ignored.keys().isEmpty()) {
            given.put("ignore_keys", JsonMapper.shared().writeValueAsString(ignored.keys()));
        }
        text("data.filter", filter);
        text("data.text_field", textField);
        value("data.max_bytes", maxBytes);
        text("data.hold_out", holdOut);
        if (!validation.isEmpty()) {
            given.put("data.validation", JsonMapper.shared().writeValueAsString(validation));
        }
        value("data.parse_special", parseSpecial ? "true" : null);
        text("tokenizer", tokenizer);
        value("bos", bos.wanted() == null ? null : bos.wanted().toString());
        value("context", context);
        value("batch", batch);
        value("accumulate", accumulate);
        value("steps", steps);
        value("tokens", tokens);
        value("minutes", minutes);
        value("epochs", epochs);
        value("lr", lr);
        value("optimizer.decay", weightDecay);
        text("schedule", schedule);
        text("warmup", warmup);
        text("distill.teacher", teacher);
        value("distill.weight", teacherWeight);
        text("distill.kind", teacherKind);
        value("distill.temperature", teacherTemperature);
        text("exit.loss", exitLoss);
        value("exit.coefficient", exitCoefficient);
        value("exit.distill", exitDistill ? "true" : null);
        text("optimizer.freeze", freeze);
        text("order", order);
        value("document_attention", acrossDocuments ? "false" : null);
        value("seed", seed);
        value("eval_every", evalEvery);
        value("save_every", saveEvery);
        text("precision", precision);
        text("dtype", dtype == null ? null : DTYPES.getOrDefault(dtype.toLowerCase(Locale.ROOT), dtype));
        value("recompute", recompute ? "true" : null);
        value("keep", keep);
        value("keep_best", forgetsBest ? "false" : null);
        value("samples", samples);
        value("threads", threads);
    }

    private void text(String key, String value) {
        value(key, value == null ? null : JsonMapper.shared().writeValueAsString(value));
    }

    private void value(String key, String value) {
        if (value != null) {
            given.put(key, value);
        }
    }

    /**
     * The configuration that the options ask for.
     *
     * @param otherwise what to begin with unless there is a file
     * @throws UserError naming the key, the cause and the fix
     */
    public TrainingConfig apply(TrainingConfig otherwise) {
        requireOneLength();
        gather();
        TrainingConfig file = config == null ? null : TrainingConfig.read(config);
        TrainingConfig result = file == null ? otherwise : file;
        if (init == null && preset == null && !assigns("init") && !assigns("preset") && assigns("model")) {
            result = result.withPresetNamed();
        }
        for (Map.Entry<String, String> entry : given.entrySet()) {
            result = result.with(entry.getKey(), entry.getValue());
        }
        for (String assignment : assignments) {
            int equals = assignment.indexOf('=');
            if (equals < 1) {
                throw new UserError("--set " + assignment + " has no key and value; write it like --set lr=0.001");
            }
            result = result.with(
                    assignment.substring(0, equals).strip(),
                    assignment.substring(equals + 1).strip());
        }
        if (file != null) {
            requireSound(result, file);
        }
        return result;
    }

    /** Whether --set changes a key, or one below it. */
    private boolean assigns(String key) {
        return assignments.stream().anyMatch(assignment -> assignment.matches("(?s)\\s*" + key + "\\s*[.=].*"));
    }

    /** Names the file if the fault is in the file itself and not in what overrides it. */
    private void requireSound(TrainingConfig result, TrainingConfig file) {
        try {
            result.requireSound();
        } catch (UserError fault) {
            String message = fault.getMessage();
            try {
                file.requireSound();
            } catch (UserError own) {
                message = own.getMessage().equals(message) ? config + ": " + message : message;
            }
            throw new UserError(message, fault);
        }
    }

    /** Of several lengths the last would win silently, and nobody who gives two can mean that. */
    private void requireOneLength() {
        if (Stream.of(steps, tokens, minutes, epochs).filter(Objects::nonNull).count() > 1) {
            throw new UserError(
                    "the length of a run is given more than once; keep one of --steps, --tokens, --minutes and --epochs");
        }
    }
}
