package org.tornadomor.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.model.io.CheckpointFolder;

/**
 * Finds the checkpoint that a folder stands for: the folder itself, or the latest checkpoint of a run folder, which lies
 * in it or in its folder {@code checkpoints}.
 */
final class ModelFolders {
    private static final String CHECKPOINTS = "checkpoints";
    private static final Pattern STEP = Pattern.compile("(\\d{1,18})$");

    private ModelFolders() {}

    /** Whether the folder is a checkpoint itself. */
    static boolean isCheckpoint(Path folder) {
        return Files.isRegularFile(folder.resolve(CheckpointFolder.CONFIG_FILE));
    }

    /**
     * The checkpoint that the folder is, or the latest that it holds.
     *
     * @throws UserError if there is none
     */
    static Path checkpoint(Path folder) {
        if (!Files.exists(folder)) {
            throw new UserError("There is no folder " + folder + "; give the folder of a checkpoint or of a run");
        }
        if (!Files.isDirectory(folder)) {
            throw new UserError(folder + " is not a folder; give the folder of a checkpoint or of a run");
        }
        if (isCheckpoint(folder)) {
            return folder;
        }
        List<Path> held = checkpoints(folder);
        if (held.isEmpty()) {
            throw new UserError(folder + " is neither a checkpoint (it has no " + CheckpointFolder.CONFIG_FILE
                    + ") nor a run that saved one; check the path");
        }
        return held.getLast();
    }

    /** The checkpoints of a run folder, by the number at the end of their names. */
    static List<Path> checkpoints(Path run) {
        List<Path> found = new ArrayList<>();
        for (Path parent : List.of(run, run.resolve(CHECKPOINTS))) {
            if (!Files.isDirectory(parent)) {
                continue;
            }
            try (Stream<Path> children = Files.list(parent)) {
                children.filter(ModelFolders::isCheckpoint).forEach(found::add);
            } catch (IOException e) {
                throw UserError.file("read", parent, e);
            }
        }
        found.sort(Comparator.comparingLong(ModelFolders::step).thenComparing(Comparator.naturalOrder()));
        return found;
    }

    private static long step(Path checkpoint) {
        Matcher number = STEP.matcher(checkpoint.getFileName().toString());
        return number.find() ? Long.parseLong(number.group(1)) : -1;
    }
}
