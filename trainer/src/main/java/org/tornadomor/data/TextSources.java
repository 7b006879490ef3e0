package org.tornadomor.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.tornadomor.UserError;

/** Makes text sources of what a person writes behind {@code --data}. */
public final class TextSources {
    /** The source code of the running JDK; {@code jdk:GLOB} for a part of it. */
    public static final String JDK = "jdk";

    private TextSources() {}

    /** As {@link #parse(List, String, long, Path)}, with nothing to stand in for a JDK without its source. */
    public static TextSource parse(List<String> specs, String filter, long maxBytes) {
        return parse(specs, filter, maxBytes, null);
    }

    /**
     * One source of all that is asked for, in the given order.
     *
     * @param specs {@code jdk}, {@code jdk:GLOB}, or paths of text files, folders, and zip or jar archives; a file named
     *     {@code jdk} is {@code ./jdk}
     * @param filter a glob on the paths within folders and archives (without a slash: on the names), or null for all; a
     *     glob behind {@code jdk:} goes before it
     * @param maxBytes how many bytes of text to take at most, the last document cut at a character; 0 for all
     * @param jdkFallback an archive of Java sources for where the JDK comes without its own, or null
     * @throws UserError if a source is missing or a glob malformed
     */
    public static TextSource parse(List<String> specs, String filter, long maxBytes, Path jdkFallback) {
        if (specs.isEmpty()) {
            throw new UserError("no training text: give --data with 'jdk', a text file, a folder or a zip archive");
        }
        if (maxBytes < 0) {
            throw new UserError("a size limit of " + maxBytes + " bytes makes no sense: give a positive number");
        }
        List<TextSource> parts = new ArrayList<>();
        for (String spec : specs) {
            parts.add(parse(spec, filter, jdkFallback));
        }
        return new Joined(List.copyOf(parts), maxBytes == 0 ? Long.MAX_VALUE : maxBytes);
    }

    private static TextSource parse(String spec, String filter, Path jdkFallback) {
        if (spec.equals(JDK)) {
            return JdkSources.open(filter, jdkFallback);
        }
        if (spec.startsWith(JDK + ":")) {
            return JdkSources.open(spec.substring(JDK.length() + 1), jdkFallback);
        }
        Path path = Path.of(spec);
        if (!Files.exists(path)) {
            throw new UserError("no text at " + spec + ": give 'jdk', a text file, a folder or a zip archive");
        }
        String name = path.toString().toLowerCase(Locale.ROOT);
        if (Files.isRegularFile(path) && (name.endsWith(".zip") || name.endsWith(".jar"))) {
            return new ZipSource(path, FileFilter.of(filter), List.of());
        }
        return new FileSource(path, FileFilter.of(filter));
    }

    /** Sources one after another, up to a size. */
    private record Joined(List<TextSource> parts, long maxBytes) implements TextSource {
        @Override
        public String describe() {
            String all = parts.stream().map(TextSource::describe).collect(Collectors.joining(", "));
            return maxBytes == Long.MAX_VALUE ? all : all + ", the first " + maxBytes + " bytes";
        }

        @Override
        public List<String> notices() {
            return parts.stream().flatMap(part -> part.notices().stream()).toList();
        }

        @Override
        public void forEach(DocumentConsumer consumer) {
            long[] left = {maxBytes};
            boolean[] wanted = {true};
            for (TextSource part : parts) {
                part.forEach(document -> {
                    Document taken = document.truncate(left[0]);
                    left[0] -= document.utf8().length;
                    wanted[0] = consumer.accept(taken) && left[0] > 0;
                    return wanted[0];
                });
                if (!wanted[0]) {
                    return;
                }
            }
        }
    }
}
