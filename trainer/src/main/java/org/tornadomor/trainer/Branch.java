package org.tornadomor.trainer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;

/**
 * A run that begins as another one did: with a trapezoid, runs of several lengths have all but their cool-downs in common,
 * so one long run is enough, from whose checkpoints the shorter ones branch off (paper, appendix D).
 */
public final class Branch {
    private static final String ASIDE = ".tmp";

    private Branch() {}

    /** Where a run keeps the checkpoint of a step, whether or not it is there. */
    public static Path checkpoint(Path run, long step) {
        return run.resolve("checkpoints").resolve(String.format("step-%06d", step));
    }

    /**
     * Makes the folder of a run that has come as far as another one, for {@link Trainer#resume} to go on with. The branch ends
     * with the same bits as a run of its configuration from the first step on.
     *
     * @param run which has a checkpoint of that step
     * @param config of the new run: that of the other, except for keys that change no rate up to the step
     * @param folder must not exist; it is there as a whole or not at all
     * @throws UserError if the rates differ, or the disk refuses
     */
    public static void create(Path run, long step, TrainingConfig config, Path folder) {
        Path checkpoint = checkpoint(run, step);
        TrainingState.requireSame(TrainingState.read(checkpoint).config(), config, step, run);
        Path aside = folder.resolveSibling(folder.getFileName() + ASIDE);
        try {
            delete(aside);
            Path target = checkpoint(aside, step);
            Files.createDirectories(target);
            try (Stream<Path> files = Files.list(checkpoint)) {
                for (Path file : files.toList()) {
                    Files.copy(file, target.resolve(file.getFileName()));
                }
            }
            Path metrics = run.resolve(MetricsLog.FILE);
            if (Files.exists(metrics)) {
                Files.copy(metrics, aside.resolve(MetricsLog.FILE));
            }
            AsideFile.writeText(aside.resolve(RunFolder.CONFIG_FILE), config.toYaml());
            Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw UserError.file("write", folder, e);
        }
    }

    /**
     * Removes a run, or what a crash left of one.
     *
     * @throws UserError if the disk refuses
     */
    public static void remove(Path run) {
        try {
            delete(run);
        } catch (IOException e) {
            throw UserError.file("remove", run, e);
        }
    }

    private static void delete(Path path) throws IOException {
        if (Files.exists(path)) {
            List<Path> entries;
            try (Stream<Path> tree = Files.walk(path)) {
                entries = tree.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path entry : entries) {
                Files.delete(entry);
            }
        }
    }
}
