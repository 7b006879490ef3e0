package org.tornadomor.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.tornadomor.UserError;

/** The entries of a zip archive (a jar is one) by name. */
final class ZipSource implements TextSource {
    private final Path archive;
    private final FileFilter filter;
    private final List<String> notices;

    ZipSource(Path archive, FileFilter filter, List<String> notices) {
        this.archive = archive;
        this.filter = filter;
        this.notices = notices;
    }

    @Override
    public String describe() {
        return "archive " + archive + filter.suffix();
    }

    @Override
    public List<String> notices() {
        return notices;
    }

    @Override
    public void forEach(DocumentConsumer consumer) {
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            List<? extends ZipEntry> entries = zip.stream()
                    .filter(entry -> !entry.isDirectory() && filter.test(entry.getName()))
                    .sorted(Comparator.comparing(ZipEntry::getName))
                    .toList();
            for (ZipEntry entry : entries) {
                if (!consumer.accept(read(zip, entry))) {
                    return;
                }
            }
        } catch (IOException e) {
            throw new UserError(
                    "cannot read archive " + archive + " (" + e.getMessage() + "): it may be cut off or no zip file",
                    e);
        }
    }

    private static Document read(ZipFile zip, ZipEntry entry) throws IOException {
        try (InputStream in = zip.getInputStream(entry)) {
            return new Document(entry.getName(), in.readAllBytes());
        }
    }
}
