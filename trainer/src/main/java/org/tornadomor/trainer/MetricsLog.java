package org.tornadomor.trainer;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code metrics.jsonl} of a run folder: one JSON object a line, on the disk as soon as it is written. */
public final class MetricsLog implements AutoCloseable {
    /** The name of the file in the run folder. */
    public static final String FILE = "metrics.jsonl";

    private final Path file;
    private final BufferedWriter out;

    private MetricsLog(Path file, BufferedWriter out) {
        this.file = file;
        this.out = out;
    }

    /**
     * Begins the log of a new run.
     *
     * @throws UserError if the folder has one already, or cannot be written to
     */
    public static MetricsLog create(Path runFolder) {
        Path file = runFolder.resolve(FILE);
        if (Files.exists(file)) {
            throw new UserError(runFolder + " holds a run already: go on with --resume, or choose another --out");
        }
        return open(file);
    }

    /**
     * Goes on with the log of a run that restarts after a step. Lines of later steps are taken out, and so is a last line
     * that was cut off.
     *
     * @param step the last step that counts
     * @throws UserError if the log cannot be read or written
     */
    public static MetricsLog resume(Path runFolder, long step) {
        Path file = runFolder.resolve(FILE);
        if (Files.exists(file)) {
            truncate(file, step);
        }
        return open(file);
    }

    private static MetricsLog open(Path file) {
        try {
            return new MetricsLog(
                    file, Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    private static void truncate(Path file, long step) {
        Path aside = file.resolveSibling(FILE + ".tmp");
        try {
            try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
                Files.write(aside, (Iterable<String>) lines.filter(line -> stepOf(line) <= step)::iterator);
            }
            try {
                Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException | UncheckedIOException e) {
            throw failure(file, e);
        }
    }

    /** The step of a line, or one beyond all if the line is damaged. */
    private static long stepOf(String line) {
        try {
            return JsonMapper.shared().readTree(line).path("step").asLong(Long.MAX_VALUE);
        } catch (JacksonException e) {
            return Long.MAX_VALUE;
        }
    }

    /** Appends the line of a step. */
    public void write(StepMetrics metrics) {
        ObjectNode line = JsonMapper.shared().createObjectNode();
        line.put("step", metrics.step());
        line.put("tokens", metrics.tokens());
        put(line, "loss", metrics.loss());
        put(line, "lm_loss", metrics.lmLoss());
        put(line, "aux_loss", metrics.auxLoss());
        put(line, "balance_loss", metrics.balanceLoss());
        put(line, "z_loss", metrics.zLoss());
        put(line, "lr", metrics.lr());
        put(line, "grad_norm", metrics.gradNorm());
        put(line, "tokens_per_second", metrics.tokensPerSecond());
        put(line, "step_seconds", metrics.stepSeconds());
        put(line, "depth_share", metrics.depthShare());
        append(line);
    }

    /** Appends the line of an evaluation. */
    public void write(EvalMetrics metrics) {
        ObjectNode line = JsonMapper.shared().createObjectNode();
        line.put("step", metrics.step());
        line.put("tokens", metrics.tokens());
        put(line, "val_loss", metrics.valLoss());
        put(line, "val_loss_causal", metrics.valLossCausal());
        if (metrics.routing() != null) {
            put(line, metrics.routing());
        }
        append(line);
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

    /** JSON has no infinities. */
    private static void put(ObjectNode line, String key, double value) {
        if (Double.isFinite(value)) {
            line.put(key, value);
        } else {
            line.putNull(key);
        }
    }

    private void append(JsonNode line) {
        try {
            out.write(line.toString());
            out.write('\n');
            out.flush();
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    private static UserError failure(Path file, Exception cause) {
        return new UserError(
                "cannot write " + file + " (" + cause.getMessage()
                        + "): check the folder, its permissions and the space" + " left on the disk",
                cause);
    }
}
