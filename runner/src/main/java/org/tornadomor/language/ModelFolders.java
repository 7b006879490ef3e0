package org.tornadomor.language;

import java.nio.file.Files;
import java.nio.file.Path;
import org.tornadomor.UserError;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.trainer.RunFolder;

/** Finds the checkpoint that a path stands for: the folder or file itself, or the newest checkpoint of a run. */
public final class ModelFolders {
    private ModelFolders() {}

    /**
     * The checkpoint that the path is, or the newest that a run holds.
     *
     * @throws UserError if there is none
     */
    public static Path checkpoint(Path folder) {
        if (!Files.exists(folder)) {
            throw new UserError("There is no folder " + folder
                    + "; give the folder of a checkpoint or of a run, or a file of GGUF or llama2.c");
        }
        Path checkpoint = RunFolder.latest(folder);
        if (CheckpointSource.isFile(checkpoint)) {
            return checkpoint;
        }
        if (!Files.isDirectory(checkpoint)) {
            throw new UserError(folder + " is not a folder; give the folder of a checkpoint or of a run, or a file of"
                    + " GGUF or llama2.c");
        }
        Path config = checkpoint.resolve(CheckpointFolder.CONFIG_FILE);
        // Whoever reads a link to nothing says so.
        if (!Files.isRegularFile(config) && !Files.isSymbolicLink(config)) {
            throw new UserError(checkpoint + " is neither a checkpoint (it has no " + CheckpointFolder.CONFIG_FILE
                    + ") nor the folder of a run; check the path");
        }
        return checkpoint;
    }
}
