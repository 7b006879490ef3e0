package org.tornadomor.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.tornadomor.UserError;

/** The source code of a JDK: real text that is on every developer's machine. */
final class JdkSources {
    private static final String JAVA_FILES = "**.java";

    private JdkSources() {}

    /**
     * The source of the JDK that runs the program, or of the one in {@code JAVA_HOME}.
     *
     * @param glob which files, or null for all
     */
    static TextSource open(String glob, SourceOptions options) {
        List<Path> homes = Stream.of(System.getProperty("java.home"), System.getenv("JAVA_HOME"))
                .filter(Objects::nonNull)
                .map(Path::of)
                .distinct()
                .toList();
        return open(glob, homes, options);
    }

    static TextSource open(String glob, List<Path> homes, SourceOptions options) {
        Optional<Path> archive = homes.stream()
                .map(home -> home.resolve("lib").resolve("src.zip"))
                // Distribution packages can leave a link to a package that is not installed.
                .filter(Files::isRegularFile)
                .findFirst();
        if (archive.isPresent()) {
            return archive(archive.get(), glob == null ? JAVA_FILES : glob, options, List.of());
        }
        String missing = "the JDK in " + homes.getFirst() + " comes without its source (lib/src.zip)";
        Path fallback = options.jdkFallback();
        if (fallback == null || !Files.isRegularFile(fallback)) {
            throw new UserError(missing + ": install its source package, or point JAVA_HOME to a JDK that has it, or"
                    + " give other text with --data");
        }
        // A filter for the JDK's modules would leave nothing of another archive.
        return archive(fallback, JAVA_FILES, options, List.of(missing + "; taking " + fallback.getFileName()));
    }

    private static TextSource archive(Path file, String glob, SourceOptions options, List<String> notices) {
        return FileSource.file(file, options.fileFilter(glob), options.textField(), notices);
    }
}
