package org.tornadomor.cli.options;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.Checksums;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.language.ModelFolders;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;

/** The weights of a checkpoint on an engine of their own. */
public final class LoadedModel implements AutoCloseable {
    private final Path path;
    private final Path folder;
    private final Engine engine;
    private final ParameterSet weights;

    private LoadedModel(CheckpointFolder checkpoint, Engine engine, ParameterSet weights) {
        this.path = checkpoint.path();
        this.folder = checkpoint.folder();
        this.engine = engine;
        this.weights = weights;
    }

    /**
     * Opens a checkpoint and checks it, but does not load it: commands look at its configuration first.
     *
     * @param folder of a checkpoint or run, or a file of another format
     * @throws org.tornadomor.UserError naming what is missing or damaged
     */
    public static CheckpointFolder open(Path folder, UnknownKeys unknown) {
        return CheckpointSource.open(ModelFolders.checkpoint(folder), unknown);
    }

    /** Loads the weights of an open checkpoint. @param notes hears how they are kept, if not as they are in the file */
    public static LoadedModel load(
            CheckpointFolder checkpoint, EngineOptions options, WeightsOption type, Consumer<String> notes) {
        return load(checkpoint, options, type.type(), notes);
    }

    /** Loads the weights of an open checkpoint as float32, whatever they are in the file. */
    public static LoadedModel loadWide(CheckpointFolder checkpoint, EngineOptions options) {
        return load(checkpoint, options, ElementType.F32, note -> {});
    }

    private static LoadedModel load(
            CheckpointFolder checkpoint, EngineOptions options, ElementType type, Consumer<String> notes) {
        Checksums.verify(checkpoint.folder());
        Engine engine = options.open();
        try {
            ElementType kept = Checkpoints.typeOf(checkpoint, engine, type, notes);
            ParameterSet weights = new ParameterSet(engine, "weights", checkpoint.config(), kept);
            Checkpoints.load(engine, checkpoint, weights);
            return new LoadedModel(checkpoint, engine, weights);
        } catch (RuntimeException | Error e) {
            engine.close();
            throw e;
        }
    }

    /** What the user calls the checkpoint. */
    public Path path() {
        return path;
    }

    /** Where its small files are. */
    public Path folder() {
        return folder;
    }

    public Engine engine() {
        return engine;
    }

    public ParameterSet weights() {
        return weights;
    }

    public ModelConfig config() {
        return weights.config();
    }

    @Override
    public void close() {
        try {
            weights.close();
        } finally {
            engine.close();
        }
    }
}
