package org.tornadomor.report;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadomor.UserError;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.trainer.EvalMetrics;
import org.tornadomor.trainer.MetricsLog;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.StepMetrics;
import org.tornadomor.trainer.TrainingConfig;
import tools.jackson.databind.json.JsonMapper;

/** What a run folder tells, with its steps and evaluations along steps, tokens, FLOPs and time. */
public final class RunData {
    /** Columns that both tables begin with: model FLOPs of training, and seconds of steps alone. */
    static final int STEP = 0, TOKENS = 1, FLOPS = 2, SECONDS = 3;
    /** Columns of the steps; the shares of the depths follow. */
    static final int LOSS = 4, SMOOTH = 5, RATE = 6, NORM = 7, LR = 8, DEPTH = 9, BYTES = 10, SHARE = 11;
    /** Columns of the evaluations; shares as in generation and accuracies by depth follow. */
    static final int VAL = 4,
            CAUSAL = 5,
            VAL_DEPTH = 6,
            ACCURACY = 7,
            VIOLATION = 8,
            ENTROPY = 9,
            VAL_BYTES = 10,
            CAUSAL_SHARE = 11;

    /** The smoothed loss looks back over this share of the run, and over some steps at least. */
    private static final double SMOOTHED_SHARE = 0.02;

    private static final int SMOOTHED_STEPS = 5;

    final String name;
    final Path folder;
    final TrainingConfig config;
    final ModelConfig model;
    final List<RunRecord.Session> sessions;
    final List<SampleLog.Entry> samples;
    final Table steps;
    final Table evaluations;
    final Exchanges exchanges;
    /** Steps over which the loss is smoothed. */
    final int smoothing;

    private final Flops flops;
    private boolean byBytes;

    private RunData(String name, Path folder) {
        this.name = name;
        this.folder = folder;
        config = RunFolder.config(folder);
        model = ModelConfig.parse(
                JsonMapper.shared().writeValueAsString(config.model()),
                folder.resolve(RunFolder.CONFIG_FILE).toString());
        flops = new Flops(model, config.context());
        sessions = RunRecord.read(folder);
        samples = SampleLog.read(folder);
        int depths = model.recursions();
        steps = new Table(SHARE + depths);
        evaluations = new Table(CAUSAL_SHARE + 2 * depths);
        MetricsLog.read(folder, this::add, this::add);
        exchanges = new Exchanges(folder, steps);
        smoothing = Math.max(SMOOTHED_STEPS, (int) (SMOOTHED_SHARE * steps.rows()));
        smooth();
    }

    /**
     * Reads runs; each is called by its folder's name, or by its whole path where names are alike. Losses are in nats a token, or
     * in bits a byte where the tokenizers of the runs differ.
     *
     * @throws UserError if a folder is no run, or something in it cannot be read
     */
    public static List<RunData> read(List<Path> folders) {
        List<RunData> runs = new ArrayList<>();
        for (Path folder : folders) {
            if (!Files.exists(folder.resolve(RunFolder.CONFIG_FILE))) {
                throw new UserError(folder + " is no run folder (it has no " + RunFolder.CONFIG_FILE
                        + "); give folders that train has written");
            }
            long alike = folders.stream()
                    .filter(other -> shortName(other).equals(shortName(folder)))
                    .count();
            runs.add(new RunData(alike > 1 ? folder.toString() : shortName(folder), folder));
        }
        if (differInTokenizer(runs)) {
            runs.forEach(RunData::countByBytes);
        }
        return runs;
    }

    private static String shortName(Path folder) {
        return folder.toAbsolutePath().normalize().getFileName().toString();
    }

    private void add(StepMetrics it) {
        double[] share = share(it.depthShare());
        double tokens = it.tokens() - (steps.rows() == 0 ? 0 : steps.get(steps.rows() - 1, TOKENS));
        double[] row = new double[SHARE + share.length];
        row[STEP] = it.step();
        row[TOKENS] = it.tokens();
        row[FLOPS] = before(FLOPS) + tokens * flops.trainingPerToken(Flops.activeShare(share));
        row[SECONDS] = before(SECONDS) + (Double.isFinite(it.stepSeconds()) ? it.stepSeconds() : 0);
        row[LOSS] = it.lmLoss();
        row[RATE] = it.tokensPerSecond();
        row[NORM] = it.gradNorm();
        row[LR] = it.lr();
        row[BYTES] = it.bytesPerToken();
        row[DEPTH] = mean(share);
        System.arraycopy(share, 0, row, SHARE, share.length);
        steps.add(row);
    }

    private double before(int column) {
        return steps.rows() == 0 ? 0 : steps.get(steps.rows() - 1, column);
    }

    private void add(EvalMetrics it) {
        int depths = model.recursions();
        double[] row = new double[CAUSAL_SHARE + 2 * depths];
        Arrays.fill(row, Double.NaN);
        row[STEP] = it.step();
        row[TOKENS] = it.tokens();
        row[FLOPS] = before(FLOPS);
        row[SECONDS] = before(SECONDS);
        row[VAL] = it.valLoss();
        row[CAUSAL] = it.valLossCausal();
        row[VAL_BYTES] = it.bytesPerToken();
        EvalMetrics.Routers routing = it.routing();
        if (routing != null) {
            double[] share = share(routing.depthShareCausal());
            row[VAL_DEPTH] = mean(share);
            row[VIOLATION] = routing.maxViolation();
            row[ENTROPY] = routing.entropy();
            System.arraycopy(share, 0, row, CAUSAL_SHARE, depths);
            List<Double> accuracy = routing.samplingAccuracy();
            row[ACCURACY] =
                    accuracy.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
            for (int r = 2; r <= Math.min(depths, accuracy.size() + 1); r++) {
                row[CAUSAL_SHARE + depths + r - 1] = accuracy.get(r - 2);
            }
        }
        evaluations.add(row);
    }

    /** One share for each depth of the model, however many the log has. */
    private double[] share(List<Double> logged) {
        double[] share = new double[model.recursions()];
        for (int r = 0; r < Math.min(share.length, logged.size()); r++) {
            share[r] = logged.get(r);
        }
        return share;
    }

    private static double mean(double[] share) {
        double sum = 0;
        for (int r = 0; r < share.length; r++) {
            sum += (r + 1) * share[r];
        }
        return sum;
    }

    /** Whether losses per token cannot be compared, since the runs have different tokenizers. */
    private static boolean differInTokenizer(List<RunData> runs) {
        List<Optional<String>> saved =
                runs.stream().map(run -> RunFolder.tokenizer(run.folder)).toList();
        // Contents are compared where they are known: equal files may have several names, and a file may have changed
        // under its
        // name.
        return saved.stream().allMatch(Optional::isPresent)
                ? saved.stream().distinct().count() > 1
                : runs.stream().map(run -> run.config.tokenizer()).distinct().count() > 1;
    }

    /** Whether losses are in bits a byte of text and not in nats a token. */
    boolean byBytes() {
        return byBytes;
    }

    /**
     * The names of runs whose losses are left out of a comparison by bytes, since the log of an earlier version does not say how many
     * bytes a token stands for.
     */
    public static List<String> withoutLosses(List<RunData> runs) {
        return runs.stream()
                .filter(run -> run.byBytes && !run.knowsBytes())
                .map(run -> run.name)
                .toList();
    }

    private boolean knowsBytes() {
        return (steps.rows() == 0 || steps.last(BYTES) > 0)
                && (evaluations.rows() == 0 || evaluations.last(VAL_BYTES) > 0);
    }

    /** Turns all losses into bits a byte of text; into none where the log does not say how many bytes a token stands for. */
    private void countByBytes() {
        byBytes = true;
        scale(steps, 1 / (Math.log(2) * steps.last(BYTES)), LOSS, SMOOTH);
        scale(evaluations, 1 / (Math.log(2) * evaluations.last(VAL_BYTES)), VAL, CAUSAL);
    }

    private static void scale(Table table, double factor, int... columns) {
        for (int row = 0; row < table.rows(); row++) {
            for (int column : columns) {
                table.set(row, column, table.get(row, column) * factor);
            }
        }
    }

    private void smooth() {
        Smoother smoother = new Smoother(smoothing);
        for (int row = 0; row < steps.rows(); row++) {
            steps.set(row, SMOOTH, smoother.next(steps.get(row, LOSS)));
        }
    }

    boolean routed() {
        return model.router().routes();
    }

    /** Every key of the configuration with its value. */
    Map<String, String> settings() {
        return config.settings();
    }
}
