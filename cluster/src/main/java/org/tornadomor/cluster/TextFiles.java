package org.tornadomor.cluster;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.tornadomor.UserError;
import org.tornadomor.data.FileFilter;
import org.tornadomor.data.FileKind;
import org.tornadomor.data.PieceReader;
import org.tornadomor.data.PrepareSettings;
import org.tornadomor.data.TextCluster;
import org.tornadomor.data.TextSource;

/** The files of sources, as Spark's file systems have them, cut into pieces. */
final class TextFiles {
    /** What is read of a file to see whether it has lines. */
    private static final int START = 1 << 20;

    private final Configuration places;
    private final PrepareSettings settings;
    private final FileFilter filter;
    private final long pieceBytes;

    private final List<TextPiece> pieces = new ArrayList<>();
    private final List<TextPiece> tables = new ArrayList<>();
    private final List<TextCluster.Found> found = new ArrayList<>();
    private long bytes;

    /** A file, and what its documents are called. */
    private record Named(FileStatus status, String name) {}

    /**
     * Files of nothing yet.
     *
     * @param pieceBytes larger files of JSON lines are cut into pieces of that size
     */
    TextFiles(Configuration places, PrepareSettings settings, long pieceBytes) {
        this.places = places;
        this.settings = settings;
        this.filter = FileFilter.of(settings);
        this.pieceBytes = pieceBytes;
    }

    /** What is read as a stream. */
    List<TextPiece> pieces() {
        return pieces;
    }

    /** Files of Parquet. */
    List<TextPiece> tables() {
        return tables;
    }

    /** What there is, by source. */
    List<TextCluster.Found> found() {
        return found;
    }

    /** Of all files as they are stored. */
    long bytes() {
        return bytes;
    }

    /**
     * Adds a source.
     *
     * @throws UserError if there is nothing there, or something that a cluster does not read
     */
    void add(String spec) {
        try {
            Path path = new Path(spec);
            FileSystem system = path.getFileSystem(places);
            FileStatus status = status(system, path);
            if (status == null) {
                addGlob(spec, system);
            } else if (status.isDirectory()) {
                addFolder(spec, system, status.getPath());
            } else {
                boolean archive = FileKind.of(spec).isArchive();
                String description = archive ? "archive " + spec + filter.suffix() : "file " + spec;
                add(description, List.of(new Named(status, spec)), archive, file -> false);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new UserError(
                    "cannot find " + spec + " (" + e.getMessage() + "): check the address, and add what"
                            + " Spark needs to read it with --spark-conf",
                    e);
        }
    }

    private static FileStatus status(FileSystem system, Path path) throws IOException {
        try {
            return system.getFileStatus(path);
        } catch (FileNotFoundException e) {
            return null;
        }
    }

    private void addFolder(String spec, FileSystem system, Path root) throws IOException {
        List<Named> files = new ArrayList<>();
        walk(system, root, (status, name) -> {
            if (filter.takesOfFolder(name)) {
                files.add(new Named(status, name));
            }
        });
        add("folder " + spec + filter.suffix(), files, true, local(system, root, filter::takesOfFolder));
    }

    private void addGlob(String spec, FileSystem system) throws IOException {
        Path base = FileFilter.isGlob(spec) ? system.makeQualified(new Path(FileFilter.base(spec))) : null;
        if (base == null || status(system, base) == null) {
            throw new UserError("no text at " + spec + (base == null ? "" : ", where " + base + " is missing")
                    + ": give a file, a folder or a glob that Spark finds, such as hdfs://HOST/FOLDER or file:/FOLDER");
        }
        String pattern = new Path(spec).toUri().getPath();
        PathMatcher matcher = FileFilter.matcher(pattern);
        List<Named> files = new ArrayList<>();
        walk(system, base, (status, name) -> {
            if (matcher.matches(java.nio.file.Path.of(status.getPath().toUri().getPath()))
                    && filter.takesOfGlob(name)) {
                files.add(new Named(status, status.getPath().toUri().getPath()));
            }
        });
        if (files.isEmpty()) {
            throw new UserError("no file matches " + spec + filter.suffix()
                    + ": check the path and the filter; ** stands for any folders");
        }
        add("files " + spec + filter.suffix(), files, true, local(system, base, name -> {
            String path = base.toUri().getPath() + "/" + name;
            return matcher.matches(java.nio.file.Path.of(path)) && filter.takesOfGlob(name);
        }));
    }

    /** Takes a file. */
    private interface Visitor {
        void visit(FileStatus file, String name);
    }

    /** All files below a folder; their names go on from it. */
    private static void walk(FileSystem system, Path root, Visitor visitor) throws IOException {
        String above = root.toUri().getPath().replaceAll("/+$", "") + "/";
        RemoteIterator<LocatedFileStatus> files = system.listFiles(root, true);
        while (files.hasNext()) {
            FileStatus file = files.next();
            visitor.visit(file, file.getPath().toUri().getPath().substring(above.length()));
        }
    }

    /** Whether a file of this machine is in a folder, and wanted by its name behind it. */
    private static Predicate<java.nio.file.Path> local(FileSystem system, Path root, Predicate<String> wanted) {
        if (!system.getUri().getScheme().equals("file")) {
            return file -> false;
        }
        java.nio.file.Path folder =
                TextSource.place(java.nio.file.Path.of(root.toUri().getPath()));
        return file -> {
            java.nio.file.Path place = TextSource.place(file);
            return place.startsWith(folder)
                    && wanted.test(folder.relativize(place).toString().replace('\\', '/'));
        };
    }

    private void add(String description, List<Named> files, boolean many, Predicate<java.nio.file.Path> reads)
            throws IOException {
        int source = found.size();
        Set<TextSource.Choice> heeds = EnumSet.noneOf(TextSource.Choice.class);
        if (many) {
            heeds.add(TextSource.Choice.FILTER);
            heeds.add(TextSource.Choice.EXTENSIONS);
        }
        long before = bytes;
        List<Named> sorted =
                files.stream().sorted(Comparator.comparing(Named::name)).toList();
        for (Named file : sorted) {
            FileKind kind = FileKind.of(file.name());
            if (kind.format() == FileKind.Format.ZIP) {
                throw new UserError("cannot read " + file.status().getPath() + " on a cluster, since a .zip or .jar is"
                        + " read from its end: unpack it, or make it a .tar");
            }
            if (kind.format() != FileKind.Format.TEXT) {
                // Of an archive nobody knows before it is read.
                heeds.add(TextSource.Choice.TEXT_FIELD);
            }
            cut(source, file, kind);
            bytes += file.status().getLen();
        }
        found.add(new TextCluster.Found(description, List.copyOf(heeds), bytes - before, reads));
    }

    private void cut(int source, Named file, FileKind kind) throws IOException {
        String address = file.status().getPath().toString();
        long length = file.status().getLen();
        if (kind.format() == FileKind.Format.PARQUET) {
            tables.add(new TextPiece(source, address, file.name(), 0, -1));
        } else if (length > pieceBytes
                && kind.equals(new FileKind(FileKind.Compression.NONE, FileKind.Format.JSON_LINES))
                && hasParts(file.status().getPath())) {
            for (long from = 0; from < length; from += pieceBytes) {
                pieces.add(new TextPiece(source, address, file.name(), from, Math.min(length, from + pieceBytes)));
            }
        } else {
            pieces.add(new TextPiece(source, address, file.name(), 0, -1));
        }
    }

    private boolean hasParts(Path file) throws IOException {
        try (InputStream in = file.getFileSystem(places).open(file)) {
            return PieceReader.hasParts(in.readNBytes(START));
        }
    }
}
