package org.tornadomor.cli.evaluation;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.BosOption;
import org.tornadomor.cli.options.DepthOptions;
import org.tornadomor.cli.options.EngineOptions;
import org.tornadomor.cli.options.IgnoreKeyOption;
import org.tornadomor.cli.options.JsonFileOption;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.LoadedModel;
import org.tornadomor.cli.options.NamedConfig;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.cli.options.Quantity;
import org.tornadomor.cli.options.ResultFile;
import org.tornadomor.cli.options.TaskArguments;
import org.tornadomor.cli.options.TextOptions;
import org.tornadomor.cli.options.WeightsOption;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.data.Corpus;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.data.TextSource;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.tasks.Mode;
import org.tornadomor.tasks.TaskOptions;
import org.tornadomor.tasks.TaskRun;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Layout;
import org.tornadomor.terminal.Progress;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor evaluate}: how well a model predicts a text, routed as in training and as in generation. */
@Command(
        name = "evaluate",
        description = {
            "With --tasks or --task: scores on few-shot tasks, as lm-evaluation-harness gives them, routed as in generation and"
                    + " as in training.",
            "With --data: loss, perplexity and bits per byte on texts, in train mode (expert-choice takes the top k of each"
                    + " window) and in causal mode (each token decides for itself).",
            "The tokens of each text are predicted behind its beginning token, if the checkpoint's tokenizer puts one before"
                    + " a text; behind the end token, if the model saw texts one behind the other; else the first token is"
                    + " given and not scored. The first line says which. A text longer than --context is cut into windows,"
                    + " each of which starts with the last token of the one before.",
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor evaluate --model runs/demo --data book.txt",
            "  tornado-mor evaluate --model runs/demo --data 'jdk:java.base/java/util/**' --max-tokens 200000",
            "  tornado-mor evaluate --model runs/demo --data book.txt --threshold 0.6 --json",
            "  tornado-mor evaluate --model llama --data book.txt --no-bos --score-end",
            "  tornado-mor evaluate --tasks list",
            "  tornado-mor evaluate --model runs/demo --tasks lambada,piqa,arc_easy --task-data sets --limit 200",
            "  tornado-mor evaluate --model runs/demo --task mine.yaml --shots 2 --json result.json",
        })
public final class EvaluateCommand implements Runnable {
    /**
     * The length of windows for models that have as many positions or more: attention over 131,072 tokens would take for ever.
     */
    private static final int DEFAULT_CONTEXT = 2048;

    private static final String EXITS = "--exits";

    /** Options that are about texts alone. */
    private static final String[] TEXT_OPTIONS = {
        "--data",
        TextOptions.FILTER,
        TextOptions.EXTENSIONS,
        TextOptions.TEXT_FIELD,
        "--score-end",
        EXITS,
        "--max-tokens",
        "--across-documents"
    };

    /** More bytes of text than any tokenizer puts into a token on average; bounds what is read for --max-tokens. */
    private static final int BYTES_PER_TOKEN = 64;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "Folder of a checkpoint or run, or a file of GGUF or llama2.c.")
    private Path model;

    @Mixin
    private TaskArguments tasks;

    @Option(
            names = "--data",
            paramLabel = "TEXT",
            description = "A text file, a folder, an archive, or 'jdk' for the source code of the JDK; several are read"
                    + " one after another. Or a folder of 'data prepare', for what it holds out.")
    private List<String> data = new ArrayList<>();

    @Mixin
    private TextOptions textOptions;

    @Option(
            names = "--tokenizer",
            paramLabel = "NAME",
            description = "'bytes', or a tokenizer.json. Default: the model's own.")
    private String tokenizerName;

    @Mixin
    private BosOption bos;

    @Option(names = "--score-end", description = "Predict the end token behind each text as well.")
    private boolean scoreEnd;

    @Option(
            names = "--context",
            paramLabel = "T",
            description =
                    "Tokens that the model sees at once. Default: as many as it has positions; for --data at most "
                            + DEFAULT_CONTEXT + ".")
    private Integer context;

    @Option(
            names = "--batch",
            paramLabel = "B",
            description = "Windows or requests computed at once; no result depends on it. Default: about 4096 tokens.")
    private Integer batch;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Predict at most so many tokens. Default: all.")
    private Long maxTokens;

    @Option(
            names = "--across-documents",
            description =
                    "Put the texts one behind the other and let attention cross from one to the next, as for a model"
                            + " trained with document_attention=false.")
    private boolean acrossDocuments;

    @Option(
            names = EXITS,
            description = "Predict at the end of each recursion: its loss, how often it agrees with the last end, and"
                    + " how early an oracle could let tokens leave.")
    private boolean exits;

    @Mixin
    private DepthOptions depth;

    @Mixin
    private EngineOptions engine;

    @Mixin
    private WeightsOption weights;

    @Mixin
    private JsonFileOption json;

    @Mixin
    private IgnoreKeyOption ignored;

    @Override
    public void run() {
        if (tasks.lists()) {
            TaskEvaluation.list(
                    tasks, spec.commandLine().getOut(), spec.commandLine().getErr());
            return;
        }
        requireQuestion();
        Quantity.requireAtLeast("--batch", batch, 1);
        Quantity.requireAtLeast("--max-tokens", maxTokens, 1);
        UnknownKeys unknown = ignored.unknown(spec.commandLine().getErr());
        try (CheckpointFolder checkpoint = LoadedModel.open(model, unknown)) {
            NoEffect.of(spec)
                    .when(() -> checkpoint.config().recursions() < 2, "the model has one recursion", EXITS)
                    .when(() -> exits, EXITS + " goes to every depth", "--max-depth");
            try (Tokenizer tokenizer = tokenizer(checkpoint)) {
                if (tasks.wanted()) {
                    runTasks(checkpoint, tokenizer, unknown.notes());
                } else {
                    runText(checkpoint, tokenizer, unknown.notes());
                }
            }
        }
    }

    /** Finds out what is missing or does not go together before anything is loaded. */
    private void requireQuestion() {
        if (!tasks.wanted() && data.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "Missing required option: '--data=TEXT', '--tasks=NAMES' or '--task=FILE'");
        }
        if (model == null) {
            throw new ParameterException(spec.commandLine(), "Missing required option: '--model=MODEL'");
        }
        NoEffect.of(spec)
                .when(tasks::wanted, "tasks are evaluated and no text", TEXT_OPTIONS)
                .when(() -> !tasks.wanted(), "no task is evaluated", TaskArguments.OPTIONS);
    }

    private void runTasks(CheckpointFolder checkpoint, Tokenizer tokenizer, Consumer<String> notes) {
        ModelConfig config = checkpoint.config();
        int length = new NamedConfig(model.toString(), config).context(context);
        TaskOptions options = new TaskOptions(
                tasks.shots(),
                tasks.limit(),
                batch == null ? 0 : batch,
                length,
                depth.threshold(
                        config, tasks.modes(config.router().looksAhead()).contains(Mode.CAUSAL)),
                depth.maxDepth(config));
        TextBoundaries texts = TextBoundaries.of(checkpoint.folder(), tokenizer).withBos(bos.wanted());
        TaskEvaluation evaluation = new TaskEvaluation(
                tasks, options, spec.commandLine().getOut(), spec.commandLine().getErr());
        TaskRun run = evaluation.prepare(texts);
        try (ResultFile jsonFile = ResultFile.open("--json", json.file(), checkpoint.path());
                ResultFile samplesFile = ResultFile.open("--samples", tasks.samples(), checkpoint.path());
                LoadedModel loaded = LoadedModel.load(checkpoint, engine, weights, notes)) {
            WorkReport work = WorkReport.of(loaded.engine(), engine.reportsTransfers());
            work.mark("loading", false);
            ObjectNode described = JsonOption.object();
            described.put("model", model.toString());
            described.put("context", length);
            evaluation.run(run, loaded, described, json, jsonFile, samplesFile, work);
        }
    }

    private void runText(CheckpointFolder checkpoint, Tokenizer tokenizer, Consumer<String> notes) {
        ModelConfig config = checkpoint.config();
        double threshold = depth.threshold(config, true);
        int maxDepth = depth.maxDepth(config);
        NamedConfig named = new NamedConfig(model.toString(), config);
        int length = context == null ? Math.min(DEFAULT_CONTEXT, config.maxPositions()) : named.context(context);
        NoEffect.of(spec)
                .when(
                        () -> tokenizer.endOfText() < 0 && PreparedCorpus.isAt(data),
                        "the corpus has no end of text to tell documents apart",
                        "--across-documents");
        TextBoundaries texts = TextBoundaries.of(checkpoint.folder(), tokenizer).withBos(bos.wanted());
        EvaluationText text = new EvaluationText(texts, scoreEnd, acrossDocuments, maxTokens);
        String name = read(text, tokenizer);
        List<EvaluationText.Piece> pieces = text.pieces();
        EvaluationText.Shape windows = text.windows(length, batch);
        int rows = windows.rows();
        int samples = exits ? ExitEvaluation.samples(config, rows, windows.samples()) : windows.samples();
        try (ResultFile file = ResultFile.open("--json", json.file(), checkpoint.path());
                LoadedModel loaded = LoadedModel.load(checkpoint, engine, weights, notes);
                Scorer scorer = new Scorer(loaded.engine(), loaded.weights(), samples, rows)) {
            scorer.setThreshold(threshold);
            scorer.setMaxDepth(maxDepth);
            scorer.keepWithinDocuments(!acrossDocuments && texts.startsBehindEnd() ? texts.end() : -1);
            WorkReport work = WorkReport.of(loaded.engine(), engine.reportsTransfers());
            work.mark("loading", false);
            if (exits) {
                reportExits(name, pieces, scorer, config, samples, rows, work, file);
                return;
            }
            Evaluation evaluation = new Evaluation(scorer, pieces, config.recursions(), samples, rows, work);
            report(name, text, texts, config, length, evaluation, work, file);
        }
    }

    private Tokenizer tokenizer(CheckpointFolder checkpoint) {
        int vocabulary = checkpoint.config().vocabSize();
        if (tokenizerName == null) {
            return Tokenizers.forCheckpoint(checkpoint.folder(), vocabulary)
                    .orElseThrow(() -> new UserError(checkpoint.path()
                            + " has no tokenizer.json; give --tokenizer with the one it was trained with"));
        }
        Tokenizer tokenizer = Tokenizers.load(CheckpointSource.tokenizer(tokenizerName));
        try {
            Tokenizers.requireFits(tokenizer, vocabulary);
            return tokenizer;
        } catch (UserError e) {
            tokenizer.close();
            throw e;
        }
    }

    /** Reads what is to be scored. @return where it comes from */
    private String read(EvaluationText text, Tokenizer tokenizer) {
        if (PreparedCorpus.isAt(data)) {
            text.read(prepared(tokenizer));
            return data.getFirst() + ", what it holds out";
        }
        long most = maxTokens == null ? 0 : Math.clamp(maxTokens, 1, Long.MAX_VALUE / BYTES_PER_TOKEN - 1) + 1;
        TextSource source = textOptions.open(spec, data, most * BYTES_PER_TOKEN);
        source.notices().forEach(spec.commandLine().getErr()::println);
        text.read(source);
        return source.describe();
    }

    private Corpus.Part prepared(Tokenizer tokenizer) {
        TextOptions.requireEffect(spec, data, () -> null);
        PreparedCorpus prepared = PreparedCorpus.open(Path.of(data.getFirst()));
        prepared.requireTokenizer(tokenizer);
        return prepared.corpus().validation();
    }

    private void report(
            String name,
            EvaluationText text,
            TextBoundaries texts,
            ModelConfig config,
            int length,
            Evaluation evaluation,
            WorkReport work,
            ResultFile file) {
        // If the router does not look at later tokens, both modes give the same.
        boolean twoModes = config.router().looksAhead();
        Evaluation.Result train;
        Evaluation.Result causal;
        try (Progress progress = Progress.start("evaluate", "tok", evaluation.tokens() * (twoModes ? 2 : 1))) {
            train = evaluation.run(false, progress);
            causal = twoModes ? evaluation.run(true, progress) : train;
        }
        EvaluationReport report = new EvaluationReport(
                (double) text.bytes() / text.scored(), new Flops(config, evaluation.context()), train, causal);
        PrintWriter out = spec.commandLine().getOut();
        if (json.prints() || json.file() != null) {
            ObjectNode object = JsonOption.object();
            object.put("model", model.toString());
            object.put("data", name);
            object.put("texts", text.count());
            object.put("tokens", text.scored());
            object.put("bytes", text.bytes());
            object.put("context", length);
            object.put("behind", behind(texts));
            ArrayNode given = object.putArray("behind_tokens");
            Arrays.stream(texts.context()).forEach(given::add);
            object.put("end_scored", scoreEnd);
            report.addTo(object);
            work.addTo(object);
            file.write(JsonFileOption.text(object));
            if (json.prints()) {
                JsonOption.print(out, object);
            }
        }
        if (!json.prints()) {
            Layout.paragraph(
                    out,
                    name + ": " + Counts.of(text.scored(), "token") + " scored in " + Counts.of(text.count(), "text")
                            + ", " + Counts.of(text.bytes(), "byte") + ", windows of at most "
                            + Figures.grouped(length));
            Layout.paragraph(out, rule(texts));
            report.table().print(out);
            out.flush();
        }
        work.print(spec.commandLine().getErr());
    }

    private void reportExits(
            String name,
            List<EvaluationText.Piece> pieces,
            Scorer scorer,
            ModelConfig config,
            int samples,
            int rows,
            WorkReport work,
            ResultFile file) {
        ExitEvaluation evaluation = new ExitEvaluation(config);
        try (Progress progress = Progress.start("evaluate", "tok", new Windows(pieces, samples, rows).tokens())) {
            evaluation.run(scorer, pieces, samples, rows, progress, work);
        }
        PrintWriter out = spec.commandLine().getOut();
        Flops flops = new Flops(config, rows);
        ObjectNode object = JsonOption.object();
        object.put("model", model.toString());
        object.put("data", name);
        evaluation.addTo(object, flops);
        work.addTo(object);
        if (json.prints()) {
            JsonOption.print(out, object);
        } else {
            file.write(JsonFileOption.text(object));
            evaluation.print(out, flops);
            out.flush();
        }
        work.print(spec.commandLine().getErr());
    }

    /** What the first token of a text is predicted from. */
    private static String behind(TextBoundaries texts) {
        return texts.startsBehindEnd() ? "end" : texts.context().length > 0 ? "begin" : "nothing";
    }

    private String rule(TextBoundaries texts) {
        String tokens =
                Arrays.stream(texts.context()).mapToObj(Integer::toString).collect(Collectors.joining(", "));
        String start = switch (behind(texts)) {
            case "end" -> "each text is predicted behind the end token (" + tokens + ")";
            case "begin" -> "each text is predicted behind the beginning token (" + tokens + ")";
            default ->
                "the first token of " + (acrossDocuments ? "the text" : "each text") + " is given and not scored";
        };
        return start + (scoreEnd ? ", and so is its end token" : "; end tokens are not scored (--score-end)");
    }
}
