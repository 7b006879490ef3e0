package org.tornadomor.trainer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.files.Checksums;
import org.tornadomor.files.InputFile;
import org.tornadomor.model.io.CheckpointFolder;

/**
 * The folder of a run, locked while the run goes on:
 *
 * <pre>
 * config.yaml                   the resolved configuration
 * run.json                      how the run was started and gone on with: command lines, versions, machines, ends
 * metrics.jsonl                 a line for each step and each evaluation
 * samples.jsonl                 what the model wrote at each evaluation, and a text with its depths
 * train.log                     what the run said, with the time
 * report.html                   all of it as a page
 * checkpoints/step-000123/      a checkpoint folder, with training_state.safetensors and SHA256SUMS
 * checkpoints/latest            the name of the newest one
 * checkpoints/best              the name of the one with the lowest validation loss, and that loss
 * </pre>
 *
 * This class and the trainer write configuration, metrics and checkpoints, which resuming needs; the command line writes the
 * rest.
 *
 * A checkpoint is written aside and moved into place as a whole, and {@code latest} follows, so that a crash at any time
 * leaves a run that can go on.
 */
public final class RunFolder implements AutoCloseable {
    /** The name of the resolved configuration. */
    public static final String CONFIG_FILE = "config.yaml";

    private static final String CHECKPOINTS = "checkpoints";
    private static final String LATEST_FILE = "latest";
    private static final String BEST_FILE = "best";
    private static final String LOCK_FILE = ".lock";
    private static final String ASIDE = ".tmp";
    private static final Pattern STEP = Pattern.compile("step-\\d{6,18}");

    private final Path folder;
    private final FileChannel channel;
    private final FileLock lock;

    private RunFolder(Path folder, FileChannel channel, FileLock lock) {
        this.folder = folder;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * The folder for a new run.
     *
     * @throws UserError if it holds anything, another run uses it, or the disk refuses
     */
    public static RunFolder create(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw UserError.file("create", folder, e);
        }
        RunFolder run = lock(folder);
        try (Stream<Path> files = Files.list(folder)) {
            if (files.anyMatch(file -> !file.endsWith(LOCK_FILE))) {
                throw new UserError(folder
                        + (Files.exists(folder.resolve(CONFIG_FILE))
                                ? " holds a run already: go on with it by --resume, or choose another --out"
                                : " is not empty: choose another --out"));
            }
            return run;
        } catch (IOException e) {
            run.close();
            throw UserError.file("read", folder, e);
        } catch (UserError e) {
            run.close();
            throw e;
        }
    }

    /**
     * The folder of a run that is to go on.
     *
     * @throws UserError if there is no run in it, or another process works on it
     */
    public static RunFolder resume(Path folder) {
        requireRun(folder);
        RunFolder run = lock(folder);
        try {
            run.sweep();
            return run;
        } catch (UserError e) {
            run.close();
            throw e;
        }
    }

    private static void requireRun(Path folder) {
        if (!Files.exists(folder.resolve(CONFIG_FILE))) {
            throw new UserError("no run to resume in " + folder + " (it has no " + CONFIG_FILE
                    + "): give the run's folder with --out, or leave --resume away");
        }
    }

    /**
     * The configuration that a run was begun with.
     *
     * @throws UserError if there is no run in the folder, or its configuration is damaged
     */
    public static TrainingConfig config(Path folder) {
        requireRun(folder);
        return TrainingConfig.read(folder.resolve(CONFIG_FILE));
    }

    /**
     * The fingerprint of a run's tokenizer, as its newest checkpoint has it
     * ({@link org.tornadomor.tokenizer.Tokenizer#fingerprint}); empty without a checkpoint that can be read.
     */
    public static Optional<String> tokenizer(Path folder) {
        try {
            return newest(folder).map(TrainingState::read).map(TrainingState::tokenizer);
        } catch (UserError e) {
            // A report is made of what there is.
            return Optional.empty();
        }
    }

    private static RunFolder lock(Path folder) {
        Path file = folder.resolve(LOCK_FILE);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String owner = Files.readString(file).strip();
                channel.close();
                throw new UserError(
                        "another run is using " + folder + (owner.isEmpty() ? "" : " (process " + owner + ")")
                                + ": wait until it ends, stop it, or choose another --out");
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
            return new RunFolder(folder, channel, lock);
        } catch (IOException e) {
            closeQuietly(channel);
            throw UserError.file("lock", file, e);
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // The reason why the lock failed matters more.
        }
    }

    /**
     * The checkpoint that a path means: the newest one if it is a run folder, the one that is named there if it is
     * {@code checkpoints/best} or {@code checkpoints/latest} of a run, else the path itself.
     *
     * @throws UserError if it is a run folder without a checkpoint, or names one that is not there
     */
    public static Path latest(Path path) {
        Optional<Path> pointed = Files.isRegularFile(path) ? pointed(path) : Optional.empty();
        if (pointed.isPresent()) {
            return pointed.get();
        }
        if (isPointer(path)) {
            List<Path> saved = saved(path.toAbsolutePath().getParent());
            throw new UserError(path + " " + lost(path) + ": "
                    + (saved.isEmpty()
                            ? "there is no checkpoint beside it"
                            : "give a checkpoint beside it, such as "
                                    + path.resolveSibling(saved.getLast().getFileName())));
        }
        if (!Files.exists(path.resolve(CONFIG_FILE)) || Files.exists(path.resolve(CheckpointFolder.CONFIG_FILE))) {
            return path;
        }
        return newest(path)
                .orElseThrow(() -> new UserError(path + " is a run that has saved no checkpoint yet: wait for the first"
                        + " one, or resume the run"));
    }

    /** Whether this is {@code best} or {@code latest} of a run. */
    public static boolean isPointer(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        return (path.endsWith(BEST_FILE) || path.endsWith(LATEST_FILE))
                && parent != null
                && parent.endsWith(CHECKPOINTS)
                && Files.isRegularFile(path);
    }

    /** What is wrong with a pointer that leads nowhere. */
    private static String lost(Path pointer) {
        String first = lines(pointer).stream().findFirst().orElse("");
        if (!STEP.matcher(first).matches()) {
            return "is damaged, since its first line names no checkpoint";
        }
        return "names " + first + ", which is not there";
    }

    /** What to tell about {@code best} if it leads nowhere; the best is chosen anew then. */
    Optional<String> lostBest() {
        Path pointer = folder.resolve(CHECKPOINTS).resolve(BEST_FILE);
        if (!Files.exists(pointer)) {
            return Optional.empty();
        }
        if (pointed(pointer).isEmpty()) {
            return Optional.of(pointer + " " + lost(pointer) + "; the best checkpoint is chosen anew from here on");
        }
        bestLoss();
        return Optional.empty();
    }

    /** The newest checkpoint of this run, if there is one. */
    public Optional<Path> newest() {
        return newest(folder);
    }

    private static Optional<Path> newest(Path run) {
        Path checkpoints = run.resolve(CHECKPOINTS);
        // Without the pointer, after a crash before it was written, the folders themselves tell.
        return pointed(checkpoints.resolve(LATEST_FILE)).or(() -> {
            List<Path> saved = saved(checkpoints);
            return saved.isEmpty() ? Optional.empty() : Optional.of(saved.getLast());
        });
    }

    /** The checkpoint with the lowest validation loss so far, if it is there. */
    static Optional<Path> best(Path run) {
        return pointed(run.resolve(CHECKPOINTS).resolve(BEST_FILE));
    }

    /** The newest checkpoint before one, if there is one. */
    static Optional<Path> before(Path checkpoint) {
        return saved(checkpoint.getParent()).stream()
                .filter(path -> stepOf(path) < stepOf(checkpoint))
                .reduce((older, newer) -> newer);
    }

    /** The checkpoint that stands in the first line of a file, if both are there. */
    private static Optional<Path> pointed(Path pointer) {
        return lines(pointer).stream()
                .findFirst()
                .filter(name -> STEP.matcher(name).matches())
                .map(pointer::resolveSibling)
                .filter(Files::isDirectory);
    }

    /** The lowest loss so far, infinite if there is none. */
    private double bestLoss() {
        Path pointer = folder.resolve(CHECKPOINTS).resolve(BEST_FILE);
        List<String> lines = lines(pointer);
        if (pointed(pointer).isEmpty()) {
            return Double.POSITIVE_INFINITY;
        }
        try {
            double loss = Double.parseDouble(lines.size() < 2 ? "" : lines.get(1));
            if (Double.isFinite(loss)) {
                return loss;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new UserError(pointer + " has no loss in its second line: remove the file, and the best is chosen anew");
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(InputFile.require(file)) : List.of();
        } catch (CharacterCodingException e) {
            return List.of();
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    /** The checkpoints, oldest first. */
    private static List<Path> saved(Path checkpoints) {
        if (!Files.isDirectory(checkpoints)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(checkpoints)) {
            return entries.filter(
                            path -> STEP.matcher(path.getFileName().toString()).matches() && Files.isDirectory(path))
                    .sorted(Comparator.comparingLong(RunFolder::stepOf))
                    .toList();
        } catch (IOException e) {
            throw UserError.file("read", checkpoints, e);
        }
    }

    private static long stepOf(Path checkpoint) {
        return Long.parseLong(checkpoint.getFileName().toString().substring("step-".length()));
    }

    /** Where it is. */
    public Path path() {
        return folder;
    }

    /** Writes the configuration. */
    void write(TrainingConfig config) {
        AsideFile.writeText(folder.resolve(CONFIG_FILE), config.toYaml());
    }

    /**
     * Adds a checkpoint.
     *
     * @param writer fills the folder that it is given
     * @param keep which checkpoints to leave
     * @param loss on held-out text, not a number if it was not measured at this step
     * @return its folder
     * @throws UserError if the disk refuses
     */
    Path save(long step, Consumer<Path> writer, Keep keep, double loss) {
        Path checkpoints = folder.resolve(CHECKPOINTS);
        Path target = checkpoints.resolve(String.format("step-%06d", step));
        Path aside = aside(target);
        try {
            delete(aside);
            Files.createDirectories(aside);
            writer.accept(aside);
            Checksums.write(aside);
            remove(target);
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw UserError.file("write", target, e);
        } finally {
            // What was written so far must not go on filling a full disk.
            remove(aside);
        }
        AsideFile.writeText(checkpoints.resolve(LATEST_FILE), target.getFileName() + "\n");
        if (loss < bestLoss()) {
            AsideFile.writeText(checkpoints.resolve(BEST_FILE), target.getFileName() + "\n" + loss + "\n");
        }
        prune(checkpoints, keep);
        return target;
    }

    /**
     * Which checkpoints stay.
     *
     * @param latest how many of the newest ones, 0 for all
     * @param best whether the one with the lowest loss stays besides them
     */
    record Keep(int latest, boolean best) {}

    private void prune(Path checkpoints, Keep keep) {
        List<Path> saved = saved(checkpoints);
        Optional<Path> best = keep.best() ? best(folder) : Optional.empty();
        for (int i = 0; keep.latest() > 0 && i < saved.size() - keep.latest(); i++) {
            if (!best.equals(Optional.of(saved.get(i)))) {
                removeWhole(saved.get(i));
            }
        }
    }

    private static Path aside(Path checkpoint) {
        return checkpoint.resolveSibling(checkpoint.getFileName() + ASIDE);
    }

    /** Removes a checkpoint so that a crash on the way leaves nothing that looks like one. */
    private static void removeWhole(Path checkpoint) {
        Path aside = aside(checkpoint);
        try {
            delete(aside);
            Files.move(checkpoint, aside, StandardCopyOption.ATOMIC_MOVE);
            delete(aside);
        } catch (IOException e) {
            throw UserError.file("remove", checkpoint, e);
        }
    }

    /** Removes what a crash left half written. */
    private void sweep() {
        Path checkpoints = folder.resolve(CHECKPOINTS);
        if (!Files.isDirectory(checkpoints)) {
            return;
        }
        try (Stream<Path> entries = Files.list(checkpoints)) {
            entries.filter(path -> path.toString().endsWith(ASIDE)).forEach(RunFolder::remove);
        } catch (IOException e) {
            throw UserError.file("read", checkpoints, e);
        }
    }

    private static void remove(Path path) {
        try {
            delete(path);
        } catch (IOException e) {
            throw UserError.file("remove", path, e);
        }
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(path)) {
            for (Path entry : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(entry);
            }
        }
    }

    /** Unlocks the folder, and removes it again if nothing came into it. */
    @Override
    public void close() {
        try {
            lock.release();
            channel.close();
            try (Stream<Path> files = Files.list(folder)) {
                // Others may be waiting for the lock of a folder in use, so it stays.
                if (files.anyMatch(file -> !file.endsWith(LOCK_FILE))) {
                    return;
                }
            }
            Files.deleteIfExists(folder.resolve(LOCK_FILE));
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            throw UserError.file("unlock", folder, e);
        }
    }
}
