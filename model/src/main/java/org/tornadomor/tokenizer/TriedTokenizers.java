package org.tornadomor.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * The tokenizer files that the native library was seen to read and use: an empty file for each, named by the hash of the
 * tokenizer, the version of the library, and that of the trial. In the user's folder for caches, or in the temporary one where
 * that cannot be written; where neither can, every start tries again. Only a success is written down, and writing the same twice,
 * also by two processes at once, does no harm.
 */
final class TriedTokenizers {
    /** Another folder, for tests. */
    static final String PROPERTY = "tornadomor.cache";

    /** Changes with what {@link TokenizerProbe} tries. */
    private static final String TRIAL = "trial-1";

    private TriedTokenizers() {}

    /** Whether a file with this hash was tried. */
    static boolean holds(String hash) {
        return folders().stream().anyMatch(folder -> Files.isRegularFile(folder.resolve(record(hash))));
    }

    /** Writes down that a file with this hash was tried and is good. */
    static void add(String hash) {
        for (Path folder : folders()) {
            try {
                Files.createDirectories(folder);
                Files.createFile(folder.resolve(record(hash)));
                return;
            } catch (FileAlreadyExistsException e) {
                if (Files.isRegularFile(folder.resolve(record(hash)))) {
                    return;
                }
            } catch (IOException | SecurityException e) {
                // Then the next folder.
            }
        }
    }

    private static String record(String hash) {
        return hash + "-" + libraryVersion() + "-" + TRIAL;
    }

    private static List<Path> folders() {
        String asked = System.getProperty(PROPERTY);
        if (asked != null) {
            return List.of(Path.of(asked).resolve("tokenizers"));
        }
        List<Path> folders = new ArrayList<>();
        String caches = System.getenv("XDG_CACHE_HOME");
        String home = System.getProperty("user.home", "");
        if (caches != null && Path.of(caches).isAbsolute()) {
            folders.add(Path.of(caches));
        } else if (Path.of(home).isAbsolute()) {
            folders.add(Path.of(home, ".cache"));
        }
        String user = System.getProperty("user.name", "").replaceAll("\\W", "_");
        folders.add(Path.of(System.getProperty("java.io.tmpdir"), "cache-of-" + user));
        return folders.stream()
                .map(folder -> folder.resolve("tornado-mor").resolve("tokenizers"))
                .toList();
    }

    private static String libraryVersion() {
        try (InputStream in = ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.class.getResourceAsStream(
                "/native/lib/tokenizers.properties")) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
