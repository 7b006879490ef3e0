package org.tornadomor.experiment;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.tornadomor.UserError;
import org.tornadomor.convert.Recipe;
import org.tornadomor.engine.Engine;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.trainer.Branch;
import org.tornadomor.trainer.ModelFingerprint;
import org.tornadomor.trainer.RunFolder;

/**
 * A model that runs of an experiment begin with, converted from a plain one.
 *
 * @param original path of the plain one
 * @param unknown what to do about keys of its {@code config.json} that are not understood
 * @param target the converted model
 * @param path of the converted checkpoint, below the folder of the experiment: it differs when the original's weights or the
 *     recipe do
 */
record Converted(Path original, UnknownKeys unknown, Recipe recipe, ModelConfig target, String path) {
    private static final String ASIDE = ".tmp";
    private static final int DIGITS = 12;

    /** Hashes of plain models by path: many runs begin with the same. */
    static final class Originals {
        private final Map<Path, String> known = new TreeMap<>();

        String fingerprint(CheckpointFolder checkpoint) {
            return known.computeIfAbsent(checkpoint.path(), path -> ModelFingerprint.of(checkpoint));
        }
    }

    /**
     * Plans a conversion.
     *
     * @param name of the run, for the path
     * @throws UserError if the original is missing or cannot be converted in this way
     */
    static Converted of(ConvertKeys keys, long seed, String name, UnknownKeys unknown, Originals originals) {
        Recipe recipe = keys.recipe(seed);
        Path original = keys.model();
        try (CheckpointFolder checkpoint = CheckpointSource.open(RunFolder.latest(original), unknown)) {
            Map<String, Object> decides = new TreeMap<>(keys.keys());
            decides.put("model", originals.fingerprint(checkpoint));
            decides.put("seed", seed);
            String path = "converted/" + name + "-"
                    + ModelFingerprint.hash(decides.toString().getBytes(StandardCharsets.UTF_8))
                            .substring(0, DIGITS);
            return new Converted(
                    original, unknown, recipe, recipe.plan(checkpoint).target(), path);
        }
    }

    /**
     * Converts, unless that was done before.
     *
     * @param experiment the folder of the experiment
     * @param engines opens an engine for low-rank factors
     * @throws UserError if the original is damaged, or the disk refuses
     */
    void make(Path experiment, Supplier<Engine> engines) {
        Path folder = experiment.resolve(path);
        if (Files.exists(folder)) {
            return;
        }
        Path aside = folder.resolveSibling(folder.getFileName() + ASIDE);
        Branch.remove(aside);
        try (CheckpointFolder checkpoint = CheckpointSource.open(RunFolder.latest(original), unknown)) {
            Files.createDirectories(folder.getParent());
            recipe.write(recipe.plan(checkpoint), checkpoint, aside, engines);
            Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw UserError.file("write", folder, e);
        }
    }
}
