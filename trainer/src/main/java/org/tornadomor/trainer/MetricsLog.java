package org.tornadomor.trainer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code metrics.jsonl} of a run folder: a line for each step and each evaluation, on the disk as soon as it is written. */
public final class MetricsLog implements AutoCloseable {
    /** The name of the file in the run folder. */
    public static final String FILE = "metrics.jsonl";

    private static final String LOSS = "loss";
    private static final String VAL_LOSS = "val_loss";
    private static final String BYTES = "bytes_per_token";
    private static final String VAL_BYTES = "val_bytes_per_token";

    private final StepLog log;

    private MetricsLog(StepLog log) {
        this.log = log;
    }

    /**
     * Begins the log of a new run.
     *
     * @throws UserError if the folder has one already, or cannot be written to
     */
    public static MetricsLog create(Path runFolder) {
        if (Files.exists(runFolder.resolve(FILE))) {
            throw new UserError(runFolder + " holds a run already: go on with --resume, or choose another --out");
        }
        return resume(runFolder, 0, note -> {});
    }

    /**
     * Goes on with the log of a run that restarts after a step. Lines of later steps are taken out, and so is a last line
     * that was cut off.
     *
     * @param step the last step that counts
     * @param notes hears what was taken out, in one line each
     * @throws UserError if the log cannot be read or written
     */
    public static MetricsLog resume(Path runFolder, long step, Consumer<String> notes) {
        return new MetricsLog(StepLog.resume(runFolder.resolve(FILE), step, notes));
    }

    /**
     * Reads the log of a run, in the order of its lines; a value that was not finite is not a number.
     *
     * @throws UserError if it is there and cannot be read
     */
    public static void read(Path runFolder, Consumer<StepMetrics> steps, Consumer<EvalMetrics> evaluations) {
        StepLog.read(runFolder.resolve(FILE), line -> {
            if (line.has(VAL_LOSS)) {
                evaluations.accept(evaluation(line));
            } else if (line.has(LOSS)) {
                steps.accept(step(line));
            }
        });
    }

    private static StepMetrics step(JsonNode line) {
        return new StepMetrics(
                line.path("step").asLong(0),
                line.path("tokens").asLong(0),
                number(line, BYTES),
                number(line, LOSS),
                number(line, "lm_loss"),
                number(line, "aux_loss"),
                number(line, "balance_loss"),
                number(line, "z_loss"),
                number(line, "distill_loss"),
                number(line, "exit_loss"),
                number(line, "lr"),
                number(line, "grad_norm"),
                number(line, "tokens_per_second"),
                number(line, "step_seconds"),
                numbers(line, "depth_share"));
    }

    private static EvalMetrics evaluation(JsonNode line) {
        EvalMetrics.Routers routers = line.has("val_depth_share")
                ? new EvalMetrics.Routers(
                        numbers(line, "val_depth_share"),
                        numbers(line, "val_depth_share_causal"),
                        numbers(line, "sampling_accuracy"),
                        number(line, "dead_token_ratio"),
                        number(line, "max_vio"),
                        number(line, "entropy"))
                : null;
        return new EvalMetrics(
                line.path("step").asLong(0),
                line.path("tokens").asLong(0),
                number(line, VAL_BYTES),
                number(line, VAL_LOSS),
                number(line, "val_loss_causal"),
                routers);
    }

    private static double number(JsonNode line, String key) {
        return line.path(key).asDouble(Double.NaN);
    }

    private static List<Double> numbers(JsonNode line, String key) {
        List<Double> values = new ArrayList<>();
        line.path(key).forEach(value -> values.add(value.asDouble(Double.NaN)));
        return values;
    }

    /** Appends the line of a step. */
    public void write(StepMetrics metrics) {
        ObjectNode line = JsonMapper.shared().createObjectNode();
        line.put("step", metrics.step());
        line.put("tokens", metrics.tokens());
        putIfThere(line, BYTES, metrics.bytesPerToken());
        put(line, LOSS, metrics.loss());
        put(line, "lm_loss", metrics.lmLoss());
        put(line, "aux_loss", metrics.auxLoss());
        put(line, "balance_loss", metrics.balanceLoss());
        put(line, "z_loss", metrics.zLoss());
        putIfThere(line, "distill_loss", metrics.distillLoss());
        putIfThere(line, "exit_loss", metrics.exitLoss());
        put(line, "lr", metrics.lr());
        put(line, "grad_norm", metrics.gradNorm());
        put(line, "tokens_per_second", metrics.tokensPerSecond());
        put(line, "step_seconds", metrics.stepSeconds());
        put(line, "depth_share", metrics.depthShare());
        log.append(line);
    }

    /** Appends the line of an evaluation. */
    public void write(EvalMetrics metrics) {
        ObjectNode line = JsonMapper.shared().createObjectNode();
        line.put("step", metrics.step());
        line.put("tokens", metrics.tokens());
        putIfThere(line, VAL_BYTES, metrics.bytesPerToken());
        put(line, VAL_LOSS, metrics.valLoss());
        put(line, "val_loss_causal", metrics.valLossCausal());
        if (metrics.routing() != null) {
            put(line, metrics.routing());
        }
        log.append(line);
    }

    /** Keys that mean nothing for a kind of router are left out. */
    private static void put(ObjectNode line, EvalMetrics.Routers routing) {
        put(line, "val_depth_share", routing.depthShare());
        put(line, "val_depth_share_causal", routing.depthShareCausal());
        put(line, "dead_token_ratio", routing.deadTokenRatio());
        if (routing.samplingAccuracy().isEmpty()) {
            put(line, "max_vio", routing.maxViolation());
            put(line, "entropy", routing.entropy());
        } else {
            put(line, "sampling_accuracy", routing.samplingAccuracy());
        }
    }

    private static void put(ObjectNode line, String key, List<Double> values) {
        ArrayNode array = line.putArray(key);
        values.forEach(array::add);
    }

    private static void putIfThere(ObjectNode line, String key, double value) {
        if (!Double.isNaN(value)) {
            put(line, key, value);
        }
    }

    /** JSON has no infinities. */
    private static void put(ObjectNode line, String key, double value) {
        if (Double.isFinite(value)) {
            line.put(key, value);
        } else {
            line.putNull(key);
        }
    }

    @Override
    public void close() {
        log.close();
    }
}
