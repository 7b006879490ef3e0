package org.tornadomor.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;

/** Files, in any format that {@link FileKind} knows. */
final class FileSource implements TextSource {
    /** A file, and what its document is called. */
    private record Named(Path file, String name) {}

    private final String description;
    private final List<Named> files;
    private final FileFilter filter;
    private final String textField;
    private final List<String> notices;
    private final Origin origin;

    /** The paths that files of this source have. */
    private final Predicate<Path> pattern;

    /** What the name that somebody gave is of. */
    private enum Origin {
        FILE,
        ARCHIVE,
        FOLDER,
        GLOB
    }

    private FileSource(
            Origin origin,
            String description,
            List<Named> files,
            FileFilter filter,
            String textField,
            List<String> notices,
            Predicate<Path> pattern) {
        this.origin = origin;
        this.pattern = pattern;
        this.description = description;
        this.files = files;
        this.filter = filter;
        this.textField = textField;
        this.notices = notices;
    }

    /** One file, which the filter does not concern unless it is an archive. */
    static FileSource file(Path file, FileFilter filter, String textField, List<String> notices) {
        boolean archive = FileKind.of(InputFile.require(file).toString()).isArchive();
        return new FileSource(
                archive ? Origin.ARCHIVE : Origin.FILE,
                (archive ? "archive " + file + filter.suffix() : "file " + file),
                List.of(new Named(file, file.toString())),
                filter,
                textField,
                notices,
                path -> false);
    }

    /** The files of a folder and its subfolders by name, without those whose names have a leading dot. */
    static FileSource folder(Path folder, FileFilter filter, String textField) {
        try {
            // Links to folders are followed at the top only: further down they can lead in circles.
            Path root = folder.toRealPath();
            List<Named> files = walk(root)
                    .filter(filter::takesOfFolder)
                    .sorted()
                    .map(name -> new Named(root.resolve(name), name))
                    .toList();
            return new FileSource(
                    Origin.FOLDER,
                    "folder " + folder + filter.suffix(),
                    files,
                    filter,
                    textField,
                    List.of(),
                    path -> path.startsWith(root) && filter.takesOfFolder(name(root, path)));
        } catch (IOException | UncheckedIOException e) {
            throw new UserError("cannot list folder " + folder + " (" + e.getMessage() + "): check its permissions", e);
        }
    }

    /**
     * The files that a glob matches, by name, of those that the filter takes too.
     *
     * @throws UserError if there are none
     */
    static FileSource glob(String glob, FileFilter filter, String textField) {
        Path base = Path.of(FileFilter.base(glob));
        PathMatcher matcher = FileFilter.matcher(glob);
        Predicate<Path> wanted = path -> matcher.matches(path) && filter.takesOfGlob(name(base, path));
        try {
            List<Named> files = walk(base)
                    .map(base::resolve)
                    // A walk of the working directory gives ./a for a.
                    .map(path -> glob.startsWith(".") ? path : path.normalize())
                    .filter(wanted)
                    .sorted()
                    .map(path -> new Named(path, path.toString()))
                    .toList();
            if (files.isEmpty()) {
                throw new UserError("no file matches " + glob + filter.suffix()
                        + ": check the path and the filter; ** stands for any folders");
            }
            return new FileSource(
                    Origin.GLOB,
                    "files " + glob + filter.suffix(),
                    files,
                    filter,
                    textField,
                    List.of(),
                    path -> wanted.test(asGiven(base, path)));
        } catch (IOException | UncheckedIOException e) {
            throw new UserError("cannot list folder " + base + " (" + e.getMessage() + "): check the path", e);
        }
    }

    /** A path below the folder of a glob as the glob spells it. */
    private static Path asGiven(Path base, Path file) {
        Path place = TextSource.place(base);
        return file.startsWith(place) ? base.resolve(place.relativize(file)).normalize() : file;
    }

    private static String name(Path base, Path file) {
        Path folder = base.toAbsolutePath().normalize();
        return folder.relativize(file.toAbsolutePath().normalize()).toString().replace('\\', '/');
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
    public boolean reads(Path file) {
        return pattern.test(TextSource.place(file));
    }

    @Override
    public boolean heeds(Choice choice) {
        return switch (choice) {
            case FILTER, EXTENSIONS -> origin != Origin.FILE;
            case TEXT_FIELD -> files.stream().anyMatch(this::hasTextField);
        };
    }

    private boolean hasTextField(Named named) {
        FileKind kind = FileKind.of(named.name());
        return switch (kind.format()) {
            case TEXT -> false;
            case JSON_LINES, PARQUET -> true;
            case JSON -> DocumentReader.isJsonDocuments(named.file(), named.name(), textField);
            case ZIP, TAR ->
                new DocumentReader(filter, textField, 0, document -> false, bytes -> {})
                        .hasTextField(named.file(), kind);
        };
    }

    @Override
    public List<String> notices() {
        if (origin != Origin.FILE && origin != Origin.GLOB) {
            // Folders and archives hold all sorts of files, such as the settings of programs among their sources.
            return notices;
        }
        List<String> whole = files.stream()
                .filter(it -> FileKind.of(it.name()).format() == FileKind.Format.JSON)
                .filter(it -> !DocumentReader.isJsonDocuments(it.file(), it.name(), textField))
                .map(Named::name)
                .toList();
        return whole.isEmpty()
                ? notices
                : Stream.concat(
                                notices.stream(),
                                Stream.of(whole.getFirst()
                                        + (whole.size() == 1 ? " is" : " and " + (whole.size() - 1) + " more are")
                                        + " taken as plain text: neither objects with a field '" + textField
                                        + "', one a line, nor an array of such"))
                        .toList();
    }

    @Override
    public long storedBytes() {
        long bytes = 0;
        for (Named named : files) {
            try {
                bytes += named.name().matches("(?i).*\\.(zip|jar)") ? zipBytes(named.file()) : Files.size(named.file());
            } catch (IOException e) {
                // What is wrong with the file is told when it is read.
                continue;
            }
        }
        return bytes;
    }

    private long zipBytes(Path archive) throws IOException {
        try (ZipEntries zip = new ZipEntries(archive, filter)) {
            return zip.storedBytes();
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
