package org.tornadomor.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.tornadomor.UserError;

/** A text file, or the files of a folder and its subfolders by name. Names with a leading dot are left out. */
final class FileSource implements TextSource {
    private final Path root;
    private final FileFilter filter;

    FileSource(Path root, FileFilter filter) {
        this.root = root;
        this.filter = filter;
    }

    @Override
    public String describe() {
        return Files.isDirectory(root) ? "folder " + root + filter.suffix() : "file " + root;
    }

    @Override
    public void forEach(DocumentConsumer consumer) {
        if (!Files.isDirectory(root)) {
            consumer.accept(read(root, root.toString()));
            return;
        }
        for (String name : names()) {
            if (!consumer.accept(read(root.resolve(name), name))) {
                return;
            }
        }
    }

    private List<String> names() {
        try {
            // Links to folders are followed at the top only: further down they can lead in circles.
            return names(root.toRealPath());
        } catch (IOException | UncheckedIOException e) {
            throw new UserError("cannot list folder " + root + " (" + e.getMessage() + "): check its permissions", e);
        }
    }

    private List<String> names(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> folder.relativize(path).toString().replace('\\', '/'))
                    .filter(name -> !("/" + name).contains("/."))
                    .filter(filter)
                    .sorted()
                    .toList();
        }
    }

    private static Document read(Path file, String name) {
        try {
            return new Document(name, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": check that it is there and readable", e);
        } catch (OutOfMemoryError e) {
            throw new UserError(file + " is too large to read at once: split it, or give Java more memory (-Xmx)", e);
        }
    }
}
