package org.tornadomor.trainer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.files.DType;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.files.SafeTensorsWriter;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.tokenizer.TextBoundaries;

/**
 * What a run needs to go on as if it had never stopped, besides the weights: where it is, what it is, and the moments of the
 * optimiser. The order of the samples and the learning rate follow from the step, so no generator has a state of its own.
 *
 * <p>{@code training_state.safetensors} holds the moments as {@code moment1.NAME} and {@code moment2.NAME} (or the momentum of steps
 * over the workers of a cluster as {@code outer.NAME}; what each keeps is in {@link WorkerStates}), the weights as
 * {@code weight.NAME} where the checkpoint rounds them, and the rest as metadata.
 *
 * @param step steps taken
 * @param seconds spent
 * @param corpus fingerprint of the text, its tokenizer and its hold-out
 * @param tokenizer fingerprint
 * @param teacher fingerprint; empty without one
 * @param config of the run
 */
record TrainingState(
        long step, double seconds, String corpus, String tokenizer, String teacher, TrainingConfig config) {
    private static final String WEIGHT = "weight.";
    private static final String FORMAT = "tornado-mor training state 1";

    /** Keys that do not affect the numbers, or whose meaning the fingerprints cover. */
    private static final List<String> FREE = List.of(
            "preset",
            "init",
            "distill.teacher",
            "ignore_keys",
            "tokenizer",
            "bos",
            "data.",
            "steps",
            "tokens",
            "minutes",
            "epochs",
            "threads",
            "eval_every",
            "eval_samples",
            "samples",
            "save_every",
            "keep",
            "keep_best",
            "recompute",
            "dtype");

    /** The one key of {@code data.} that counts all the same: it changes the tokens even where no text of the run shows it. */
    private static final String PARSE_SPECIAL = "data.parse_special";

    /** Writes a checkpoint with everything that resuming needs into a folder. */
    void save(Path folder, Engine engine, ParameterSet weights, Map<String, ParameterSet> kept, TextBoundaries texts) {
        Checkpoints.save(engine, weights, folder, config.dtype(), texts.generation());
        texts.tokenizer().save(folder);
        Map<String, Tensor> tensors = tensors(weights, kept, config.dtype());
        List<TensorInfo> infos = new ArrayList<>();
        tensors.forEach((name, tensor) -> infos.add(TensorInfo.of(name, DType.F32, tensor.shape())));
        Path file = folder.resolve(CheckpointFolder.TRAINING_STATE_FILE);
        try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, infos, metadata())) {
            tensors.forEach((name, tensor) -> {
                float[] values = new float[tensor.size()];
                engine.download(tensor, values, 0);
                writer.write(name, values, 0);
            });
            writer.commit();
        }
    }

    private Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", FORMAT);
        metadata.put("step", Long.toString(step));
        metadata.put("seconds", Double.toString(seconds));
        metadata.put("corpus", corpus);
        metadata.put("tokenizer", tokenizer);
        if (!teacher.isEmpty()) {
            metadata.put("teacher", teacher);
        }
        metadata.put("config", config.toYaml());
        return metadata;
    }

    private static Map<String, Tensor> tensors(ParameterSet weights, Map<String, ParameterSet> kept, DType dtype) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        kept.forEach((prefix, set) -> set.named().forEach((name, tensor) -> tensors.put(prefix + name, tensor)));
        if (dtype != DType.F32) {
            weights.named().forEach((name, tensor) -> tensors.put(WEIGHT + name, tensor));
        }
        return tensors;
    }

    /**
     * Reads the state of a checkpoint, without its tensors.
     *
     * @throws UserError if the checkpoint cannot be resumed from
     */
    static TrainingState read(Path folder) {
        Path file = folder.resolve(CheckpointFolder.TRAINING_STATE_FILE);
        try (TensorSource source = SafeTensors.open(file)) {
            Map<String, String> metadata = source.metadata();
            if (!FORMAT.equals(metadata.get("format"))) {
                throw new UserError(file + " is no training state of this program: resume from another checkpoint");
            }
            long step = Long.parseLong(required(metadata, "step", file));
            double seconds = Double.parseDouble(required(metadata, "seconds", file));
            if (step < 0 || !(seconds >= 0) || Double.isInfinite(seconds)) {
                throw new UserError(file + " has step " + step + " after " + seconds
                        + " seconds: it is damaged, resume from another checkpoint");
            }
            return new TrainingState(
                    step,
                    seconds,
                    required(metadata, "corpus", file),
                    required(metadata, "tokenizer", file),
                    metadata.getOrDefault("teacher", ""),
                    TrainingConfig.parse(required(metadata, "config", file), file.toString()));
        } catch (NumberFormatException e) {
            throw new UserError(
                    file + " has no number as its step or seconds: it is damaged, resume from another checkpoint", e);
        }
    }

    private static String required(Map<String, String> metadata, String key, Path file) {
        String value = metadata.get(key);
        if (value == null) {
            throw new UserError(file + " lacks " + key + ": it is damaged, resume from another checkpoint");
        }
        return value;
    }

    /**
     * Reads weights and what the optimiser keeps from a checkpoint.
     *
     * @throws UserError naming what is missing, misshapen or not finite
     */
    void load(Path folder, Engine engine, ParameterSet weights, Map<String, ParameterSet> kept) {
        if (config.dtype() == DType.F32) {
            try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
                Checkpoints.load(engine, checkpoint, weights);
            }
        }
        Path file = folder.resolve(CheckpointFolder.TRAINING_STATE_FILE);
        try (TensorSource source = SafeTensors.open(file)) {
            tensors(weights, kept, config.dtype()).forEach((name, tensor) -> {
                TensorInfo info = source.info(name);
                if (!info.hasShape(tensor.shape()) || info.dtype() != DType.F32) {
                    throw new UserError(file + ": " + info + " does not fit the model: resume from another checkpoint");
                }
                float[] values = source.read(name);
                requireFinite(file, name, values);
                engine.upload(tensor, values, 0);
            });
        }
    }

    private static void requireFinite(Path file, String name, float[] values) {
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new UserError(file + ": tensor " + name + " holds " + values[i] + " at element " + i
                        + ": resume from another checkpoint");
            }
        }
    }

    /**
     * Refuses to go on with another configuration. The cool-down may be another one if it has not begun.
     *
     * @param step the steps that were taken
     * @throws UserError naming each key that differs, with both values
     */
    static void requireSame(TrainingConfig before, TrainingConfig now, long step, Path folder) {
        Map<String, String> old = new TreeMap<>(ConfigTree.flat(before));
        Map<String, String> asked = ConfigTree.flat(now);
        asked.keySet().forEach(key -> old.putIfAbsent(key, "absent"));
        List<String> differences = new ArrayList<>();
        old.forEach((key, value) -> {
            String other = asked.getOrDefault(key, "absent");
            boolean free = FREE.stream().anyMatch(key::startsWith) && !key.equals(PARSE_SPECIAL)
                    // Who adds up which gradients changes roundings alone.
                    || key.equals("cluster.workers") && now.cluster().localSteps() == 0
                    || key.equals("lr_decay") && LearningRates.same(before, now, step);
            if (!value.equals(other) && !free) {
                differences.add(key + " was " + value + " and is now " + other);
            }
        });
        if (!lengthKind(before).equals(lengthKind(now))) {
            differences.add("the length was in " + lengthKind(before) + " and is now in " + lengthKind(now));
        }
        if (!differences.isEmpty()) {
            throw new UserError("cannot resume " + folder + " with other settings (" + String.join("; ", differences)
                    + "): leave them as they were, or begin another run with --init " + folder);
        }
    }

    /** A schedule over steps does not go on over minutes. */
    private static String lengthKind(TrainingConfig config) {
        return config.minutes() != null ? "minutes" : "steps";
    }

    /**
     * Refuses to go on with another teacher.
     *
     * @param now fingerprint; empty without one
     * @throws UserError if the teacher is not that of the run
     */
    void requireTeacher(String now, Path folder) {
        if (!teacher.equals(now)) {
            throw new UserError("cannot resume " + folder + " with "
                    + (teacher.isEmpty() ? "a teacher that it did not have" : "another teacher than it began with")
                    + ": restore it as it was, or begin another run with --init " + folder);
        }
    }

    /**
     * Refuses to go on with other text.
     *
     * @throws UserError if text, hold-out or tokenizer are not those of the run
     */
    void requireSame(String corpusNow, String tokenizerNow, String source, Path folder) {
        if (!tokenizer.equals(tokenizerNow)) {
            throw new UserError("cannot resume " + folder + " with another tokenizer (" + tokenizer + " was used, "
                    + tokenizerNow + " is there): restore it, or begin another run");
        }
        if (!corpus.equals(corpusNow)) {
            throw new UserError(
                    "cannot resume " + folder + ": the text of " + source + ", its filter, limit, hold-out or"
                            + " data.parse_special changed since the run began (fingerprint " + start(corpus) + ", now "
                            + start(corpusNow)
                            + "); restore it, or begin another run with --init " + folder);
        }
    }

    private static String start(String fingerprint) {
        return fingerprint.substring(0, Math.min(12, fingerprint.length()));
    }
}
