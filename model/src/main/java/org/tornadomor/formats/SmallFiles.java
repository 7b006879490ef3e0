package org.tornadomor.formats;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.tornadomor.UserError;

/**
 * Temporary folders with the small files (all but the weights) of checkpoints in other formats than Hugging Face's. They are
 * removed when the program ends.
 */
final class SmallFiles {
    private static final Map<Key, Path> FOLDERS = new HashMap<>();

    private SmallFiles() {}

    /** What a folder was made of. @param version tells contents of the checkpoint apart */
    private record Key(Path checkpoint, List<Object> version) {}

    /**
     * Writes files into a new folder, once for each content of a checkpoint. Its name ends in that of the checkpoint, so that
     * messages about what is in it say where it came from.
     *
     * @param tokenizer where the tokenizer comes from if not from the checkpoint, or null
     * @param how what else tells readings of a checkpoint apart: each gets a folder of its own
     * @param contents makes the files, by name
     * @throws UserError if the disk refuses
     */
    static synchronized Path folder(
            Path checkpoint, Path tokenizer, Object how, Supplier<Map<String, byte[]>> contents) {
        try {
            Key key = new Key(
                    checkpoint.toRealPath(),
                    List.of(
                            Files.size(checkpoint),
                            Files.getLastModifiedTime(checkpoint),
                            tokenizer == null ? "" : tokenizer.toAbsolutePath(),
                            how));
            Path known = FOLDERS.get(key);
            return known != null ? known : write(key, contents.get());
        } catch (IOException e) {
            throw refused(e);
        }
    }

    /**
     * The same for a checkpoint that is itself a folder, in another format than Hugging Face's.
     *
     * @throws UserError if the disk refuses
     */
    static synchronized Path folder(Path checkpoint, Map<String, byte[]> contents) {
        List<Object> version = new ArrayList<>();
        contents.forEach((name, bytes) -> version.addAll(List.of(name, ByteBuffer.wrap(bytes))));
        try {
            Key key = new Key(checkpoint.toRealPath(), version);
            Path known = FOLDERS.get(key);
            return known != null ? known : write(key, contents);
        } catch (IOException e) {
            throw refused(e);
        }
    }

    private static Path write(Key key, Map<String, byte[]> files) throws IOException {
        Path above = Files.createTempDirectory("tornado-mor-");
        if (FOLDERS.isEmpty()) {
            Runtime.getRuntime().addShutdownHook(new Thread(SmallFiles::deleteAll));
        }
        Path folder =
                Files.createDirectory(above.resolve(key.checkpoint.getFileName().toString()));
        FOLDERS.put(key, folder);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path target = folder.resolve(file.getKey());
            Files.createDirectories(target.getParent());
            Files.write(target, file.getValue());
        }
        return folder;
    }

    private static UserError refused(IOException e) {
        return UserError.file("write", Path.of(System.getProperty("java.io.tmpdir")), e);
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

    /** A text with the checkpoint in the place of its temporary folder. */
    static synchronized String shown(String text) {
        String shown = text;
        for (Map.Entry<Key, Path> folder : FOLDERS.entrySet()) {
            shown = shown.replace(
                    folder.getValue().toString(), folder.getKey().checkpoint.toString());
        }
        return shown;
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
