package org.tornadomor.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.Tokenizer;

/** The folder of a corpus while it is being prepared, locked for everyone else. */
final class PreparedFolder implements AutoCloseable {
    private static final String LOCK_FILE = ".lock";

    private final Path folder;
    private final FileChannel channel;
    private final FileLock lock;
    private final Tokenizer tokenizer;
    private Manifest manifest;
    private boolean complete;

    private PreparedFolder(Path folder, FileChannel channel, FileLock lock, Tokenizer tokenizer) {
        this.folder = folder;
        this.channel = channel;
        this.lock = lock;
        this.tokenizer = tokenizer;
    }

    /**
     * Opens a folder for these settings.
     *
     * @throws UserError if it holds anything else, or somebody else is at work in it
     */
    static PreparedFolder open(Path folder, PrepareSettings settings, Tokenizer tokenizer) {
        try {
            Files.createDirectories(folder);
            FileChannel channel =
                    FileChannel.open(folder.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            PreparedFolder prepared = new PreparedFolder(folder, channel, lock(folder, channel), tokenizer);
            try {
                prepared.read(settings);
                return prepared;
            } catch (RuntimeException | IOException e) {
                prepared.close();
                throw e;
            }
        } catch (IOException e) {
            throw UserError.file("prepare a corpus in", folder, e);
        }
    }

    private static FileLock lock(Path folder, FileChannel channel) throws IOException {
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // The lock is held within this JVM.
        }
        if (lock == null) {
            channel.close();
            throw new UserError("a corpus is being prepared in " + folder + " already: wait, or choose another folder");
        }
        return lock;
    }

    private void read(PrepareSettings settings) throws IOException {
        Manifest.TokenizerId id = new Manifest.TokenizerId(
                tokenizer instanceof ByteTokenizer ? tokenizer.name() : Manifest.TOKENIZER_FILE,
                tokenizer.fingerprint(),
                tokenizer.vocabSize(),
                tokenizer.endOfText());
        manifest = new Manifest(
                Manifest.FORMAT, id, MappedTokens.tokenBytes(tokenizer.vocabSize()), settings, List.of(), List.of());
        complete = Files.exists(folder.resolve(Manifest.FILE));
        Path file = folder.resolve(complete ? Manifest.FILE : Manifest.PROGRESS_FILE);
        if (Files.exists(file)) {
            Manifest found = Manifest.read(file);
            if (!found.tokenizer().equals(id) || !found.settings().equals(settings)) {
                throw new UserError(folder + (complete ? " holds a corpus" : " holds an unfinished corpus")
                        + " that was made with other settings (" + difference(found) + "): choose another folder, or"
                        + " remove it");
            }
            manifest = found;
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            if (files.anyMatch(path -> !path.endsWith(LOCK_FILE))) {
                throw new UserError(folder + " is not empty and holds no corpus: choose another folder");
            }
        }
    }

    private String difference(Manifest found) {
        if (!found.tokenizer().equals(manifest.tokenizer())) {
            return "tokenizer " + found.tokenizer().kind() + " of "
                    + found.tokenizer().vocabSize() + " ids, and now "
                    + manifest.tokenizer().kind() + " of "
                    + manifest.tokenizer().vocabSize();
        }
        return found.settings().difference(manifest.settings());
    }

    Path path() {
        return folder;
    }

    /** Whether all is done. */
    boolean isComplete() {
        return complete;
    }

    /** The shards that are in place. */
    List<Manifest.Shard> finished() {
        return manifest.shards();
    }

    /** Refuses finished shards that have changed. */
    void verifyFinished() {
        finished().forEach(shard -> PreparedCorpus.verify(folder, manifest, shard));
    }

    /** Writes what a person would need to go on. */
    void begin() {
        tokenizer.save(folder);
        manifest.write(folder, Manifest.PROGRESS_FILE);
    }

    /** Notes that a shard is in place. */
    void add(Manifest.Shard shard) {
        List<Manifest.Shard> shards = new ArrayList<>(manifest.shards());
        shards.add(shard);
        replace(List.of(), shards);
        manifest.write(folder, Manifest.PROGRESS_FILE);
    }

    private void replace(List<Manifest.Source> sources, List<Manifest.Shard> shards) {
        manifest = new Manifest(
                manifest.format(), manifest.tokenizer(), manifest.tokenBytes(), manifest.settings(), sources, shards);
    }

    /** Notes that all shards are in place. */
    void complete(List<Manifest.Source> sources) {
        // The order in which they were finished depends on interruptions.
        replace(
                sources,
                manifest.shards().stream()
                        .sorted(Comparator.comparingInt(Manifest.Shard::source).thenComparing(Manifest.Shard::file))
                        .toList());
        manifest.write(folder, Manifest.FILE);
        complete = true;
        try {
            Files.deleteIfExists(folder.resolve(Manifest.PROGRESS_FILE));
            sweep();
        } catch (IOException e) {
            throw UserError.file("tidy up", folder, e);
        }
    }

    /** Removes what a crash left half written. */
    private void sweep() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".tmp")).toList()) {
                Files.delete(file);
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
                boolean empty = files.allMatch(path -> path.endsWith(LOCK_FILE));
                if (!empty && !complete) {
                    return;
                }
                Files.deleteIfExists(folder.resolve(LOCK_FILE));
                if (empty) {
                    Files.delete(folder);
                }
            }
        } catch (IOException e) {
            throw UserError.file("unlock", folder, e);
        }
    }
}
