package org.tornadomor.cli.evaluation;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.DepthOptions;
import org.tornadomor.cli.options.EngineOptions;
import org.tornadomor.cli.options.IgnoreKeyOption;
import org.tornadomor.cli.options.LoadedModel;
import org.tornadomor.cli.options.OutputFile;
import org.tornadomor.cli.options.WeightsOption;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.files.DType;
import org.tornadomor.files.SafeTensorsWriter;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.files.TensorSink;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tornado-mor logits}: what a model thinks of given tokens, for comparison with other implementations. */
@Command(
        name = "logits",
        description = "Writes the logits and recursion depths of given tokens to a safetensors file.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  echo '[[72, 101, 108, 108, 111]]' > ids.json",
            "  tornado-mor logits --model runs/demo --input ids.json --mode causal --out l.st",
        })
public final class LogitsCommand implements Runnable {
    /** Floats of logits that are held at once, unless one sequence has more: 64 MiB. */
    private static final int MAX_FLOATS = 16 << 20;

    /** Rows of activations that are held at once, unless one sequence has more. */
    private static final int MAX_ROWS = 4096;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "Folder of a checkpoint or run, or a file of GGUF or llama2.c.")
    private Path model;

    @Option(
            names = "--input",
            required = true,
            paramLabel = "FILE",
            description = "JSON array of equally long arrays of token ids, or a safetensors file with 'inputs' [B, T].")
    private Path input;

    @Option(
            names = "--mode",
            required = true,
            paramLabel = "MODE",
            description = "train: expert-choice takes the top k of each sequence, as in training."
                    + " causal: each token decides for itself, as in generation.")
    private Mode mode;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FILE",
            description = "Where to write 'logits' [B, T, V] (F32) and 'depth' [B, T] (I32).")
    private Path out;

    @Mixin
    private DepthOptions depth;

    @Mixin
    private EngineOptions engine;

    @Mixin
    private WeightsOption weights;

    @Mixin
    private IgnoreKeyOption ignored;

    /** Who decides how deep a token goes. */
    private enum Mode {
        TRAIN,
        CAUSAL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public void run() {
        OutputFile.requireOther(out, "--input", input);
        OutputFile.requireNoneOfRun(out);
        UnknownKeys unknown = ignored.unknown(spec.commandLine().getErr());
        Consumer<String> notes = unknown.notes();
        try (CheckpointFolder checkpoint = LoadedModel.open(model, unknown)) {
            ModelConfig config = checkpoint.config();
            OutputFile.requireOutsideModel(out, checkpoint.path());
            TokenBatch tokens = TokenBatch.read(input);
            tokens.requireFits(config);
            double threshold = depth.threshold(config, mode == Mode.CAUSAL);
            int maxDepth = depth.maxDepth(config);
            int batch = batch(tokens, config.vocabSize());
            try (LoadedModel loaded = LoadedModel.load(checkpoint, engine, weights, notes);
                    Scorer scorer = new Scorer(loaded.engine(), loaded.weights(), batch, tokens.length())) {
                scorer.setThreshold(threshold);
                scorer.setMaxDepth(maxDepth);
                WorkReport work = WorkReport.of(loaded.engine(), engine.reportsTransfers());
                work.mark("loading", false);
                write(scorer, tokens, batch, config.vocabSize(), work);
                work.print(spec.commandLine().getErr());
            }
            spec.commandLine()
                    .getErr()
                    .println("Wrote logits of " + tokens.sequences() + " x " + Counts.of(tokens.length(), "token")
                            + " to " + out);
        }
    }

    private static int batch(TokenBatch tokens, int vocabulary) {
        long floats = (long) tokens.length() * vocabulary;
        if (floats > Integer.MAX_VALUE - Long.BYTES) {
            throw new UserError("The logits of one sequence, " + tokens.length() + " x " + vocabulary
                    + ", do not fit an array; give shorter sequences");
        }
        long fitting = Math.min(MAX_FLOATS / floats, MAX_ROWS / tokens.length());
        return Math.clamp(fitting, 1, tokens.sequences());
    }

    private void write(Scorer scorer, TokenBatch tokens, int batch, int vocabulary, WorkReport work) {
        int length = tokens.length();
        List<TensorInfo> tensors = List.of(
                TensorInfo.of("logits", DType.F32, tokens.sequences(), length, vocabulary),
                TensorInfo.of("depth", DType.I32, tokens.sequences(), length));
        Map<String, String> metadata = Map.of("mode", mode.toString());
        float[] logits = new float[batch * length * vocabulary];
        int[] depths = new int[batch * length];
        int[] targets = new int[batch * length];
        Arrays.fill(targets, -1);
        try (TensorSink file = SafeTensorsWriter.create(out, tensors, metadata)) {
            for (int from = 0; from < tokens.sequences(); from += batch) {
                int count = Math.min(batch, tokens.sequences() - from);
                int[] ids = Arrays.copyOfRange(tokens.ids(), from * length, (from + count) * length);
                scorer.score(ids, targets, count, length, mode == Mode.CAUSAL, logits);
                scorer.depths(depths);
                work.mark("batch", true);
                file.append("logits", logits, 0, count * length * vocabulary);
                file.append("depth", depths, 0, count * length);
            }
            file.commit();
        }
    }
}
