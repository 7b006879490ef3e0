package org.tornadomor.formats;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.tornadomor.UserError;

/** Temporary folders with the small files of checkpoints that are one file. They go when the program ends. */
final class SmallFiles {
    private static final Map<Key, Path> FOLDERS = new HashMap<>();

    private SmallFiles() {}

    /** What a folder was made of. */
    private record Key(Path checkpoint, long size, FileTime changed, Path tokenizer, Object how) {}

    /**
     * Writes files into a new folder, once for each content of a checkpoint. Its name ends in that of the checkpoint, so that
     * messages about what is in it say where it came from.
     *
     * @param tokenizer where the tokenizer comes from if not from the checkpoint, or null
     * @param how else the files may be told apart: other readings of a checkpoint get other folders
     * @param contents makes the files, by name
     * @throws UserError if the disk refuses
     */
    static synchronized Path folder(
            Path checkpoint, Path tokenizer, Object how, Supplier<Map<String, byte[]>> contents) {
        try {
            Key key = new Key(
                    checkpoint.toRealPath(),
                    Files.size(checkpoint),
                    Files.getLastModifiedTime(checkpoint),
                    tokenizer == null ? null : tokenizer.toAbsolutePath(),
                    how);
            Path known = FOLDERS.get(key);
            if (known != null) {
                return known;
            }
            Map<String, byte[]> files = contents.get();
            Path above = Files.createTempDirectory("tornado-mor-");
            if (FOLDERS.isEmpty()) {
                Runtime.getRuntime().addShutdownHook(new Thread(SmallFiles::deleteAll));
            }
            Path folder =
                    Files.createDirectory(above.resolve(checkpoint.getFileName().toString()));
            FOLDERS.put(key, folder);
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Files.write(folder.resolve(file.getKey()), file.getValue());
            }
            return folder;
        } catch (IOException e) {
            throw UserError.file("write", Path.of(System.getProperty("java.io.tmpdir")), e);
        }
    }

    /** The checkpoint whose folder a path lies in, else the path itself. */
    static synchronized Path origin(Path path) {
        for (Map.Entry<Key, Path> folder : FOLDERS.entrySet()) {
            if (path.startsWith(folder.getValue())) {
                return folder.getKey().checkpoint;
            }
        }
        return path;
    }

    private static synchronized void deleteAll() {
        FOLDERS.values().forEach(folder -> delete(folder.getParent()));
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            // A file in the temporary folder that stays there does no harm.
        }
    }
}
