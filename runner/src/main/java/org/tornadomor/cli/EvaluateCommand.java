package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.data.Corpus;
import org.tornadomor.data.HoldOut;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.data.TextSource;
import org.tornadomor.data.TextSources;
import org.tornadomor.data.TokenSequence;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor evaluate}: how well a model predicts a text, routed as in training and as in generation. */
@Command(
        name = "evaluate",
        description = "Measures loss and perplexity on a text, in train mode (expert-choice takes the top k of each"
                + " sequence) and in causal mode (each token decides for itself).",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor evaluate --model runs/demo --data book.txt",
            "  tornado-mor evaluate --model runs/demo --data 'jdk:java.base/java/util/**' \\",
            "      --max-tokens 200000",
            "  tornado-mor evaluate --model runs/demo --data book.txt --threshold 0.6 --json",
        })
final class EvaluateCommand implements Runnable {
    /** Tokens of a batch unless one is asked for. */
    private static final int BATCH_TOKENS = 4096;

    /** More bytes of text than any tokenizer puts into a token on average; bounds what is read for --max-tokens. */
    private static final int BYTES_PER_TOKEN = 64;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of a checkpoint or run.")
    private Path model;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "TEXT",
            description = "A text file, a folder, an archive, or 'jdk' for the source code of the JDK; several are read"
                    + " one after another. Or a folder of 'data prepare', for what it holds out.")
    private List<String> data;

    @Option(names = "--filter", paramLabel = "GLOB", description = "Which files of folders and archives, as *.txt.")
    private String filter;

    @Option(
            names = "--tokenizer",
            paramLabel = "NAME",
            description = "'bytes', or a tokenizer.json. Default: the model's own.")
    private String tokenizerName;

    @Option(names = "--context", paramLabel = "T", description = "Tokens of a sample. Default: the model's longest.")
    private Integer context;

    @Option(
            names = "--batch",
            paramLabel = "B",
            description = "Samples computed at once; the loss does not depend on it. Default: about 4096 tokens.")
    private Integer batch;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Stop after so many tokens. Default: all.")
    private Long maxTokens;

    @Option(
            names = "--across-documents",
            description = "Let attention cross from one document to the next, as for a model trained with"
                    + " document_attention=false.")
    private boolean acrossDocuments;

    @Mixin
    private DepthOptions depth;

    @Mixin
    private EngineOptions engine;

    @Mixin
    private WeightsOption weights;

    @Mixin
    private JsonOption json;

    @Mixin
    private IgnoreKeyOption ignored;

    @Override
    public void run() {
        requireAtLeast("--batch", batch, 1);
        requireAtLeast("--max-tokens", maxTokens, 2);
        try (CheckpointFolder checkpoint =
                LoadedModel.open(model, ignored.unknown(spec.commandLine().getErr()))) {
            ModelConfig config = checkpoint.config();
            double threshold = depth.threshold(config, true);
            int maxDepth = depth.maxDepth(config);
            int length = new NamedConfig(model.toString(), config).context(context);
            try (Tokenizer tokenizer = tokenizer(checkpoint)) {
                Text text = read(tokenizer);
                int rows = (int) Math.min(length, text.tokens.size() - 1);
                int samples = batch != null ? batch : Math.max(1, BATCH_TOKENS / rows);
                samples = Math.clamp(text.tokens.size() / rows, 1, samples);
                try (LoadedModel loaded = LoadedModel.load(checkpoint, engine, weights);
                        Scorer scorer = new Scorer(loaded.engine(), loaded.weights(), samples, rows)) {
                    scorer.setThreshold(threshold);
                    scorer.setMaxDepth(maxDepth);
                    scorer.keepWithinDocuments(acrossDocuments ? -1 : tokenizer.endOfText());
                    WorkReport work = WorkReport.of(loaded.engine(), engine.reportsTransfers());
                    work.mark("loading", false);
                    Evaluation evaluation =
                            new Evaluation(scorer, text.tokens, config.recursions(), samples, rows, work);
                    report(text, config, rows, evaluation, work);
                }
            }
        }
    }

    private static void requireAtLeast(String option, Number value, long least) {
        if (value != null && value.longValue() < least) {
            throw new UserError(option + " " + value + " is too small; give " + least + " or more");
        }
    }

    /** What is scored; {@code bytes} is its length as text. */
    private record Text(String name, TokenSequence tokens, long bytes) {}

    private Tokenizer tokenizer(CheckpointFolder checkpoint) {
        int vocabulary = checkpoint.config().vocabSize();
        if (tokenizerName == null) {
            return Tokenizers.forCheckpoint(checkpoint.folder(), vocabulary)
                    .orElseThrow(() -> new UserError(checkpoint.folder()
                            + " has no tokenizer.json; give --tokenizer with the one it was trained with"));
        }
        Tokenizer tokenizer = Tokenizers.load(tokenizerName);
        try {
            Tokenizers.requireFits(tokenizer, vocabulary);
            return tokenizer;
        } catch (UserError e) {
            tokenizer.close();
            throw e;
        }
    }

    private Text read(Tokenizer tokenizer) {
        long maxBytes = maxTokens == null ? 0 : Math.clamp(maxTokens, 1, Long.MAX_VALUE / BYTES_PER_TOKEN);
        Corpus.Part part;
        String name;
        if (PreparedCorpus.isAt(data)) {
            part = prepared(tokenizer);
            name = data.getFirst() + ", what it holds out";
        } else {
            TextSource source = TextSources.parse(data, filter, maxBytes * BYTES_PER_TOKEN, Installation.javaSources());
            source.notices().forEach(spec.commandLine().getErr()::println);
            part = Corpus.load(source, tokenizer, HoldOut.tail(0)).training();
            name = source.describe();
        }
        TokenSequence tokens = part.tokens();
        if (tokens.size() < 2) {
            throw new UserError("The text has " + tokens.size() + " token; to predict one takes 2, so give more text");
        }
        if (maxTokens == null || tokens.size() <= maxTokens) {
            return new Text(name, tokens, part.bytes());
        }
        int[] ids = new int[Math.toIntExact(maxTokens)];
        tokens.copy(0, ids, 0, ids.length);
        return new Text(name, tokens.slice(0, ids.length), tokenizer.countBytes(ids));
    }

    private Corpus.Part prepared(Tokenizer tokenizer) {
        if (filter != null) {
            throw new UserError("a prepared corpus takes no --filter; leave it away, or give the text itself");
        }
        PreparedCorpus prepared = PreparedCorpus.open(Path.of(data.getFirst()));
        prepared.requireTokenizer(tokenizer);
        return prepared.corpus().validation();
    }

    private void report(Text text, ModelConfig config, int length, Evaluation evaluation, WorkReport work) {
        // Only the top k of expert-choice looks at later tokens; the two modes of other models are one.
        boolean twoModes = config.router() == RouterKind.EXPERT_CHOICE;
        Evaluation.Result train;
        Evaluation.Result causal;
        try (Progress progress = Progress.start("evaluate", "tok", evaluation.predicted() * (twoModes ? 2 : 1))) {
            train = evaluation.run(false, progress);
            causal = twoModes ? evaluation.run(true, progress) : train;
        }
        EvaluationReport report = new EvaluationReport(
                (double) text.bytes / text.tokens.size(), new Flops(config, length), train, causal);
        PrintWriter out = spec.commandLine().getOut();
        if (json.wanted()) {
            ObjectNode object = JsonOption.object();
            object.put("model", model.toString());
            object.put("data", text.name);
            object.put("tokens", evaluation.predicted());
            object.put("bytes", text.bytes);
            object.put("context", length);
            report.addTo(object);
            work.addTo(object);
            JsonOption.print(out, object);
        } else {
            out.println(text.name + ": " + Figures.grouped(evaluation.predicted()) + " tokens predicted, "
                    + Figures.grouped(text.bytes) + " bytes, samples of " + length);
            report.table().print(out);
            out.flush();
        }
        work.print(spec.commandLine().getErr());
    }
}
