package org.tornadomor.data;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;

/** Makes text sources from what a person writes behind {@code --data}. */
public final class TextSources {
    /** The source code of the running JDK; {@code jdk:GLOB} for a part of it. */
    public static final String JDK = "jdk";

    private TextSources() {}

    /**
     * One source of all that is asked for, in the given order.
     *
     * @param specs {@code jdk}, {@code jdk:GLOB}, {@code synthetic:KIND} ({@link Synthetic}), or paths or globs of files,
     *     folders and archives; a file named {@code jdk} is {@code ./jdk}
     * @throws UserError if a source is missing or of an unknown kind, or a glob malformed
     */
    public static TextSource parse(List<String> specs, SourceOptions options) {
        if (specs.isEmpty()) {
            throw new UserError("no training text: give --data with 'jdk', a text file, a folder or an archive");
        }
        List<TextSource> parts =
                specs.stream().map(spec -> parse(spec, options)).toList();
        return new Joined(parts, options.maxBytes() == 0 ? Long.MAX_VALUE : options.maxBytes());
    }

    /** As {@link #parse(List, SourceOptions)}, with a glob, a limit and what stands in for a JDK without its source. */
    public static TextSource parse(List<String> specs, String filter, long maxBytes, Path jdkFallback) {
        return parse(specs, SourceOptions.of(filter, maxBytes, jdkFallback));
    }

    private static TextSource parse(String spec, SourceOptions options) {
        if (Synthetic.is(spec)) {
            return Synthetic.parse(spec);
        }
        if (spec.equals(JDK)) {
            return JdkSources.open(options.filter(), options);
        }
        if (spec.startsWith(JDK + ":")) {
            return new OwnFilter(JdkSources.open(spec.substring(JDK.length() + 1), options));
        }
        FileFilter filter = options.fileFilter();
        if (isGlob(spec)) {
            return FileSource.glob(spec, filter, options.textField());
        }
        Path path = InputFile.path(spec);
        if (!Files.exists(path)) {
            throw new UserError("no text at " + spec + ": give 'jdk', a text file, a folder, a glob or an archive");
        }
        if (PreparedCorpus.isAt(path)) {
            throw new UserError(spec + " is a prepared corpus, which holds tokens: give it alone, or the text itself");
        }
        return Files.isDirectory(path)
                ? FileSource.folder(path, filter, options.textField())
                : FileSource.file(path, filter, options.textField(), List.of());
    }

    /** Whether something is a pattern of paths and not a path. */
    private static boolean isGlob(String spec) {
        return FileFilter.isGlob(spec) && !exists(spec);
    }

    /** Whether something means the source of the JDK, or a part of it. */
    public static boolean isJdk(String spec) {
        return spec.equals(JDK) || spec.startsWith(JDK + ":");
    }

    /** Whether something is the path of a file. */
    static boolean exists(String spec) {
        try {
            return Files.exists(Path.of(spec));
        } catch (InvalidPathException e) {
            // Windows allows no stars in paths.
            return false;
        }
    }

    /** A source whose own filter goes before the one that is asked for. */
    private record OwnFilter(TextSource source) implements TextSource {
        @Override
        public String describe() {
            return source.describe();
        }

        @Override
        public boolean heeds(Choice choice) {
            return choice != Choice.FILTER && source.heeds(choice);
        }

        @Override
        public List<String> notices() {
            return source.notices();
        }

        @Override
        public long storedBytes() {
            return source.storedBytes();
        }

        @Override
        public void forEach(DocumentConsumer consumer, LongConsumer stored) {
            source.forEach(consumer, stored);
        }
    }

    /** Sources one after another, up to a size. */
    private record Joined(List<TextSource> parts, long maxBytes) implements TextSource {
        @Override
        public String describe() {
            String all = parts.stream().map(TextSource::describe).collect(Collectors.joining(", "));
            return maxBytes == Long.MAX_VALUE ? all : all + ", the first " + maxBytes + " bytes";
        }

        @Override
        public boolean reads(Path file) {
            return parts.stream().anyMatch(part -> part.reads(file));
        }

        @Override
        public boolean heeds(Choice choice) {
            return parts.stream().anyMatch(part -> part.heeds(choice));
        }

        @Override
        public List<String> notices() {
            return parts.stream().flatMap(part -> part.notices().stream()).toList();
        }

        @Override
        public long storedBytes() {
            return parts.stream().mapToLong(TextSource::storedBytes).sum();
        }

        @Override
        public void forEach(DocumentConsumer consumer, LongConsumer stored) {
            Limited limited = new Limited(consumer, maxBytes);
            for (TextSource part : parts) {
                part.forEach(limited, stored);
                if (!limited.wanted) {
                    return;
                }
            }
        }
    }

    /** Hands documents on up to a size. */
    private static final class Limited implements DocumentConsumer {
        private final DocumentConsumer consumer;
        private long left;
        private boolean wanted = true;

        Limited(DocumentConsumer consumer, long maxBytes) {
            this.consumer = consumer;
            this.left = maxBytes;
        }

        @Override
        public boolean accept(Document document) {
            Document taken = document.truncate(left);
            left -= document.utf8().length;
            wanted = consumer.accept(taken) && left > 0;
            return wanted;
        }

        @Override
        public void invalid(UserError error) {
            consumer.invalid(error);
        }
    }
}
