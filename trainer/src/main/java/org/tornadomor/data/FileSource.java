package org.tornadomor.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.tornadomor.UserError;

/** Files, in any format that {@link FileKind} knows. */
final class FileSource implements TextSource {
    /** A file, and what its document is called. */
    private record Named(Path file, String name) {}

    private final String description;
    private final List<Named> files;
    private final FileFilter filter;
    private final String textField;
    private final List<String> notices;

    private FileSource(
            String description, List<Named> files, FileFilter filter, String textField, List<String> notices) {
        this.description = description;
        this.files = files;
        this.filter = filter;
        this.textField = textField;
        this.notices = notices;
    }

    /** One file, which the filter does not concern unless it is an archive. */
    static FileSource file(Path file, FileFilter filter, String textField, List<String> notices) {
        boolean archive = FileKind.of(file.toString()).isArchive();
        return new FileSource(
                (archive ? "archive " + file + filter.suffix() : "file " + file),
                List.of(new Named(file, file.toString())),
                filter,
                textField,
                notices);
    }

    /** The files of a folder and its subfolders by name, without those whose names have a leading dot. */
    static FileSource folder(Path folder, FileFilter filter, String textField) {
        try {
            // Links to folders are followed at the top only: further down they can lead in circles.
            Path root = folder.toRealPath();
            List<Named> files = walk(root)
                    .filter(name -> !("/" + name).contains("/."))
                    .filter(name -> isArchive(name) || filter.test(name))
                    .sorted()
                    .map(name -> new Named(root.resolve(name), name))
                    .toList();
            return new FileSource("folder " + folder + filter.suffix(), files, filter, textField, List.of());
        } catch (IOException | UncheckedIOException e) {
            throw new UserError("cannot list folder " + folder + " (" + e.getMessage() + "): check its permissions", e);
        }
    }

    /** An archive's own name is not what a filter is for. */
    private static boolean isArchive(String name) {
        return name.matches("(?i).*\\.(zip|jar|tar|tgz|tar\\.gz|tar\\.zst)");
    }

    /**
     * The files that a glob matches, by name.
     *
     * @throws UserError if there are none
     */
    static FileSource glob(String glob, FileFilter filter, String textField) {
        Path base = base(glob);
        PathMatcher matcher = FileFilter.matcher(glob);
        try {
            List<Named> files = walk(base)
                    .map(base::resolve)
                    // A walk of the working directory gives ./a for a.
                    .map(path -> glob.startsWith(".") ? path : path.normalize())
                    .filter(matcher::matches)
                    .sorted()
                    .map(path -> new Named(path, path.toString()))
                    .toList();
            if (files.isEmpty()) {
                throw new UserError("no file matches " + glob + ": check the path; ** stands for any folders");
            }
            return new FileSource("files " + glob + filter.suffix(), files, filter, textField, List.of());
        } catch (IOException | UncheckedIOException e) {
            throw new UserError("cannot list folder " + base + " (" + e.getMessage() + "): check the path", e);
        }
    }

    /** The folder before the first part with a wildcard. */
    private static Path base(String glob) {
        int wild = 0;
        while ("*?[{".indexOf(glob.charAt(wild)) < 0) {
            wild++;
        }
        int slash = glob.lastIndexOf('/', wild);
        return Path.of(slash < 0 ? "." : slash == 0 ? "/" : glob.substring(0, slash));
    }

    private static Stream<String> walk(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths
                    .filter(Files::isRegularFile)
                    .map(path -> folder.relativize(path).toString().replace('\\', '/'))
                    .toList()
                    .stream();
        }
    }

    @Override
    public String describe() {
        return description;
    }

    @Override
    public List<String> notices() {
        return notices;
    }

    @Override
    public long storedBytes() {
        long bytes = 0;
        for (Named named : files) {
            try {
                bytes += named.name().matches("(?i).*\\.(zip|jar)") ? zipBytes(named.file()) : Files.size(named.file());
            } catch (IOException e) {
                // Reading it tells what is wrong with it.
                continue;
            }
        }
        return bytes;
    }

    private long zipBytes(Path archive) throws IOException {
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            return DocumentReader.wanted(zip, filter).stream()
                    .mapToLong(entry -> entry.getCompressedSize())
                    .sum();
        }
    }

    @Override
    public void forEach(DocumentConsumer consumer, LongConsumer stored) {
        DocumentReader reader = new DocumentReader(filter, textField, DocumentReader.LARGEST_TEXT, consumer, stored);
        for (Named named : files) {
            if (!reader.read(named.file(), named.name())) {
                return;
            }
        }
    }
}
