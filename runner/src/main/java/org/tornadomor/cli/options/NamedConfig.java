package org.tornadomor.cli.options;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.tornadomor.UserError;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.language.ModelFolders;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Presets;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.trainer.RunFolder;

/**
 * A model's configuration, with or without weights.
 *
 * @param name as the user wrote it
 */
public record NamedConfig(String name, ModelConfig config) {

    /**
     * Looks a model up: the name of a preset, the folder of a checkpoint or run, or a {@code config.json}. A folder with
     * the name of a preset is {@code ./name}.
     *
     * @throws UserError if there is no such model
     */
    public static NamedConfig of(String name, UnknownKeys unknown) {
        if (Presets.names().contains(name)) {
            return new NamedConfig(name, Presets.get(name));
        }
        Path path = path(name);
        if (path != null && Files.isRegularFile(path) && !RunFolder.isPointer(path) && !CheckpointSource.isFile(path)) {
            return new NamedConfig(name, ModelConfig.read(path, unknown));
        }
        if (path != null && (Files.exists(path) || looksLikePath(name))) {
            Path checkpoint = CheckpointSource.folder(ModelFolders.checkpoint(path), unknown);
            Path config = checkpoint.resolve(CheckpointFolder.CONFIG_FILE);
            return new NamedConfig(name, ModelConfig.read(config, unknown));
        }
        return new NamedConfig(name, Presets.get(name));
    }

    private static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private static boolean looksLikePath(String name) {
        return name.contains("/") || name.contains("\\");
    }

    /**
     * A sequence length for this model.
     *
     * @param wanted what the user asks for, or null for the longest
     * @throws UserError if the model has no such positions
     */
    public int context(Integer wanted) {
        if (wanted == null) {
            return config.maxPositions();
        }
        if (wanted < 1) {
            throw new UserError("--context " + wanted + " leaves no tokens; give 1 to " + config.longestSequence());
        }
        if (wanted > config.longestSequence()) {
            throw new UserError("--context " + wanted + " is longer than the " + config.longestSequence()
                    + " positions of model " + name + "; give " + config.longestSequence() + " or less");
        }
        return wanted;
    }
}
