package org.tornadomor.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.trainer.MetricsLog;
import org.tornadomor.trainer.RunFolder;

/** Keeps what a command writes away from what it reads. */
final class OutputPath {
    /** Files of a run that cannot be made again. */
    private static final List<String> OF_RUN =
            List.of(RunFolder.CONFIG_FILE, MetricsLog.FILE, "samples.jsonl", "run.json", RunRecorder.LOG_FILE, ".lock");

    private OutputPath() {}

    /**
     * Refuses to write into a checkpoint, or over a file that is read or that tells of a run.
     *
     * @param out file to be written
     * @param checkpoint folder of the model that is read
     * @param inputs other files that are read
     * @throws UserError naming both
     */
    static void requireApart(Path out, Path checkpoint, Path... inputs) {
        Path target = real(out);
        if (target.startsWith(real(checkpoint))) {
            throw new UserError("--out " + out + " lies in " + checkpoint
                    + ", the checkpoint that is read, and would damage it; write it somewhere else");
        }
        for (Path input : inputs) {
            if (same(out, input)) {
                throw new UserError("--out " + out + " is " + input + ", which is read; write it somewhere else");
            }
        }
        Path parent = target.getParent();
        boolean run = parent != null && Files.exists(parent.resolve(RunFolder.CONFIG_FILE));
        if (run && OF_RUN.contains(String.valueOf(target.getFileName()))) {
            throw new UserError("--out " + out + " would replace what a run wrote there; choose another name");
        }
    }

    private static boolean same(Path one, Path other) {
        try {
            return Files.exists(one) && Files.exists(other) && Files.isSameFile(one, other);
        } catch (IOException e) {
            return false;
        }
    }

    /** Without links, as far as the path exists. */
    private static Path real(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        for (Path known = absolute; known != null; known = known.getParent()) {
            try {
                return known.toRealPath().resolve(known.relativize(absolute));
            } catch (IOException e) {
                // The end of it does not exist yet.
            }
        }
        return absolute;
    }
}
