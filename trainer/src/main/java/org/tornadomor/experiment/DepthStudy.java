package org.tornadomor.experiment;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
import org.tornadomor.UserError;
import org.tornadomor.data.Synthetic;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.io.CheckpointDescription;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.TrainingConfig;

/**
 * Whether deeper recursion goes to the harder tokens: the depth that models of bytes give to text of known difficulty
 * ({@link Synthetic}), which they were not trained on. The difficulty of a token is that of the byte which it has to predict, since
 * that is what its depth is spent on.
 *
 * <p>Runs of the same model with different seeds are one group. Intervals are Student's over the runs of a group, or over the
 * documents where there is one run; differences are paired within a run or document.
 */
public final class DepthStudy {
    private static final int BATCH = 16;
    private static final int MODES = 2;

    private DepthStudy() {}

    /**
     * What one class of tokens got.
     *
     * @param name of the class
     * @param tokens of it in all runs
     * @param depth mean recursions, routed as in training
     * @param depthCausal routed as in generation
     * @param more recursions than the trivial tokens of the same run or document get, routed as in training
     * @param moreCausal the same, routed as in generation
     * @param loss nats, routed as in training
     * @param lossCausal routed as in generation
     */
    public record ClassDepth(
            String name,
            long tokens,
            Interval depth,
            Interval depthCausal,
            Interval more,
            Interval moreCausal,
            Interval loss,
            Interval lossCausal) {}

    /**
     * The runs of one model.
     *
     * @param label what the model is
     * @param recursions its N_r
     * @param runs how many of them
     * @param documents scored with each
     * @param classes those of which there were tokens, the easiest first
     */
    public record Group(String label, int recursions, int runs, int documents, List<ClassDepth> classes) {}

    /** Sums of one run: [mode][class][document]. */
    private static final class Sums {
        final double[][][] depth;
        final double[][][] loss;
        final long[][] tokens;

        Sums(int classes, int documents) {
            depth = new double[MODES][classes][documents];
            loss = new double[MODES][classes][documents];
            tokens = new long[classes][documents];
        }
    }

    /**
     * Scores runs.
     *
     * @param runs run folders
     * @param text to take the kind of text from; null takes it from what each run was trained on
     * @param documents to score with each run, of one sample each
     * @param engines opens the engine for a run
     * @throws UserError if a run was trained on other text or is no model of bytes
     */
    public static List<Group> of(
            List<Path> runs, Synthetic text, int documents, Function<TrainingConfig, Engine> engines) {
        Map<ModelConfig, List<Sums>> groups = new LinkedHashMap<>();
        for (Path run : runs) {
            TrainingConfig config = RunFolder.config(run);
            Synthetic kind = text == null ? trainedOn(run, config) : text;
            Synthetic heldOut = kind.heldOut(documents, config.context() + 1, unlike(kind.seed()));
            try (CheckpointFolder checkpoint = CheckpointFolder.open(RunFolder.latest(run))) {
                requireBytes(run, checkpoint);
                try (Engine engine = engines.apply(config)) {
                    groups.computeIfAbsent(checkpoint.config(), key -> new ArrayList<>())
                            .add(score(engine, checkpoint, heldOut, config.context()));
                }
            }
        }
        List<Group> result = new ArrayList<>();
        groups.forEach((model, sums) -> result.add(group(model, sums, documents)));
        return result;
    }

    /** A seed unlike those of training, which are small numbers that people choose. */
    private static long unlike(long seed) {
        return seed + 1_000_003;
    }

    private static Synthetic trainedOn(Path run, TrainingConfig config) {
        return config.data().sources().stream()
                .filter(Synthetic::is)
                .findFirst()
                .map(Synthetic::parse)
                .orElseThrow(
                        () -> new UserError(run + " was not trained on synthetic text, so nobody knows how hard its"
                                + " tokens are: name a text with --data synthetic:mixed"));
    }

    private static void requireBytes(Path run, CheckpointFolder checkpoint) {
        try (Tokenizer tokenizer = Tokenizers.forCheckpoint(
                        checkpoint.folder(), checkpoint.config().vocabSize())
                .orElseThrow(() -> new UserError(run + " has no tokenizer: this takes a model of bytes"))) {
            if (!tokenizer.name().equals("bytes")) {
                throw new UserError(
                        run + " is a model of other tokens than bytes, whose difficulty nobody knows: train one"
                                + " with --tokenizer bytes");
            }
        }
    }

    private static Sums score(Engine engine, CheckpointFolder checkpoint, Synthetic text, int context) {
        Sums sums = new Sums(Synthetic.classes().size(), text.size());
        int[] inputs = new int[BATCH * context];
        int[] targets = new int[BATCH * context];
        byte[][] difficulty = new byte[BATCH][];
        try (ParameterSet weights = new ParameterSet(engine, "weights", checkpoint.config())) {
            Checkpoints.load(engine, checkpoint, weights);
            try (Scorer scorer = new Scorer(engine, weights, BATCH, context)) {
                for (int from = 0; from < text.size(); from += BATCH) {
                    int count = Math.min(BATCH, text.size() - from);
                    for (int row = 0; row < count; row++) {
                        Synthetic.Labelled document = text.document(from + row);
                        difficulty[row] = document.difficulty();
                        for (int t = 0; t < context; t++) {
                            inputs[row * context + t] = document.text().utf8()[t];
                            targets[row * context + t] = document.text().utf8()[t + 1];
                        }
                    }
                    for (int mode = 0; mode < MODES; mode++) {
                        scorer.score(inputs, targets, count, context, mode == 1, null);
                        add(scorer, sums, mode, from, Arrays.copyOf(difficulty, count), context);
                    }
                }
            }
        }
        return sums;
    }

    private static void add(Scorer scorer, Sums sums, int mode, int from, byte[][] difficulty, int context) {
        int[] depths = new int[BATCH * context];
        float[] losses = new float[BATCH * context];
        scorer.depths(depths);
        scorer.losses(losses);
        for (int row = 0; row < difficulty.length; row++) {
            for (int t = 0; t < context; t++) {
                int its = difficulty[row][t + 1];
                sums.depth[mode][its][from + row] += depths[row * context + t];
                sums.loss[mode][its][from + row] += losses[row * context + t];
                sums.tokens[its][from + row] += mode == 0 ? 1 : 0;
            }
        }
    }

    private static Group group(ModelConfig model, List<Sums> runs, int documents) {
        List<ClassDepth> classes = new ArrayList<>();
        for (int c = 0; c < Synthetic.classes().size(); c++) {
            long tokens = 0;
            for (Sums run : runs) {
                tokens += Arrays.stream(run.tokens[c]).sum();
            }
            if (tokens > 0) {
                classes.add(new ClassDepth(
                        Synthetic.classes().get(c),
                        tokens,
                        interval(runs, run -> run.depth[0], c, false),
                        interval(runs, run -> run.depth[1], c, false),
                        interval(runs, run -> run.depth[0], c, true),
                        interval(runs, run -> run.depth[1], c, true),
                        interval(runs, run -> run.loss[0], c, false),
                        interval(runs, run -> run.loss[1], c, false)));
            }
        }
        return new Group(
                CheckpointDescription.kind(model), model.recursions(), runs.size(), documents, List.copyOf(classes));
    }

    /** The interval over the runs, or over the documents if there is only one run. */
    private static Interval interval(
            List<Sums> runs, Function<Sums, double[][]> values, int its, boolean aboveTrivial) {
        SummaryStatistics units = new SummaryStatistics();
        for (Sums run : runs) {
            double[][] sums = values.apply(run);
            if (runs.size() > 1) {
                double mean = total(sums[its]) / Arrays.stream(run.tokens[its]).sum();
                units.addValue(
                        aboveTrivial
                                ? mean
                                        - total(sums[0])
                                                / Arrays.stream(run.tokens[0]).sum()
                                : mean);
                continue;
            }
            for (int d = 0; d < sums[its].length; d++) {
                boolean there = run.tokens[its][d] > 0 && (!aboveTrivial || run.tokens[0][d] > 0);
                if (there) {
                    double mean = sums[its][d] / run.tokens[its][d];
                    units.addValue(aboveTrivial ? mean - sums[0][d] / run.tokens[0][d] : mean);
                }
            }
        }
        return Interval.of(units);
    }

    private static double total(double[] values) {
        return Arrays.stream(values).sum();
    }
}
