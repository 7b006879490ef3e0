package org.tornadomor.data;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tornadomor.UserError;

/**
 * Takes the documents out of files of every {@link FileKind}, one at a time: of a file of any size no more than
 * {@link #LARGEST_TEXT} of plain text, or one document, is in memory.
 */
final class DocumentReader {
    /** Plain text is cut here, at the end of a line, into documents. */
    static final int LARGEST_TEXT = 16 << 20;

    private static final int BUFFER = 1 << 16;

    /** The largest window that a frame may ask for: 2 GiB, as of {@code zstd --long=31}. */
    private static final int ZSTD_WINDOW = 31;

    private final FileFilter filter;
    private final String textField;
    private final int largestText;
    private final DocumentConsumer consumer;
    private final LongConsumer stored;

    /**
     * A reader that gives documents to a consumer.
     *
     * @param filter which files of archives are wanted
     * @param stored is told what was read of the files
     */
    DocumentReader(
            FileFilter filter, String textField, int largestText, DocumentConsumer consumer, LongConsumer stored) {
        this.filter = filter;
        this.textField = textField;
        this.largestText = largestText;
        this.consumer = consumer;
        this.stored = stored;
    }

    /**
     * Reads a file.
     *
     * @param name what its documents are called
     * @return whether more documents are wanted
     * @throws UserError if it is missing, unreadable or damaged
     */
    boolean read(Path file, String name) {
        FileKind kind = FileKind.of(name);
        try {
            if (kind.format() == FileKind.Format.ZIP) {
                return readZip(file);
            }
            if (kind.format() == FileKind.Format.PARQUET) {
                return new ParquetText(file, textField, this, stored).read();
            }
            try (InputStream raw = new BufferedInputStream(new Counted(Files.newInputStream(file)), BUFFER);
                    InputStream in = decompress(raw, kind.compression())) {
                return readStream(in, name, kind, file);
            }
        } catch (IOException e) {
            throw damaged(file, kind, e);
        } catch (OutOfMemoryError e) {
            throw new UserError(
                    "a document of " + file + " is too large to read at once: split it, or give Java more memory"
                            + " (-Xmx)",
                    e);
        }
    }

    private static UserError damaged(Path file, FileKind kind, IOException e) {
        if (kind.isArchive() || kind.compression() != FileKind.Compression.NONE) {
            return new UserError(
                    "cannot read archive " + file + " (" + e.getMessage()
                            + "): it may be cut off or damaged, or no such archive; fetch it again",
                    e);
        }
        return UserError.file("read", file, e);
    }

    private static InputStream decompress(InputStream in, FileKind.Compression compression) throws IOException {
        return switch (compression) {
            case NONE -> in;
            case GZIP -> new GZIPInputStream(in, BUFFER);
            case ZSTD -> new ZstdInputStream(in).setLongMax(ZSTD_WINDOW);
        };
    }

    private boolean readStream(InputStream in, String name, FileKind kind, Path file) throws IOException {
        return switch (kind.format()) {
            case TEXT -> readText(in, name);
            case JSON_LINES -> new JsonLines(name, textField, this).read(in);
            case TAR -> readTar(in, file);
            case ZIP, PARQUET ->
                throw new UserError("cannot read " + name + " within " + file + ": unpack the outer archive");
        };
    }

    private boolean readZip(Path archive) throws IOException {
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            for (ZipEntry entry : wanted(zip, filter)) {
                try (InputStream in = zip.getInputStream(entry)) {
                    if (!readEntry(in, entry.getName(), archive)) {
                        return false;
                    }
                }
                stored.accept(entry.getCompressedSize());
            }
            return true;
        }
    }

    /** The files of a zip archive that are wanted, by name. */
    static List<? extends ZipEntry> wanted(ZipFile zip, FileFilter filter) {
        return zip.stream()
                .filter(entry -> !entry.isDirectory() && filter.test(entry.getName()))
                .sorted(Comparator.comparing(ZipEntry::getName))
                .toList();
    }

    private boolean readTar(InputStream in, Path archive) throws IOException {
        // Closing it is for who opened the stream below.
        TarArchiveInputStream tar = new TarArchiveInputStream(in);
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            if (entry.isFile() && filter.test(entry.getName()) && !readEntry(tar, entry.getName(), archive)) {
                return false;
            }
        }
        return true;
    }

    private boolean readEntry(InputStream in, String name, Path archive) throws IOException {
        FileKind kind = FileKind.of(name);
        if (kind.isArchive()) {
            throw new UserError("cannot read " + name + " within " + archive + ": unpack the outer archive");
        }
        return readStream(decompress(in, kind.compression()), name, kind, archive);
    }

    private boolean readText(InputStream in, String name) throws IOException {
        byte[] piece = in.readNBytes(largestText);
        if (piece.length < largestText) {
            return give(name, piece);
        }
        // Files of gigabytes are lists of texts rather than one.
        long from = 0;
        int kept = piece.length;
        while (kept > 0) {
            boolean last = kept < largestText;
            int end = last ? kept : cut(piece, kept);
            if (!give(from == 0 ? name : name + ", from byte " + from, Arrays.copyOf(piece, end))) {
                return false;
            }
            from += end;
            System.arraycopy(piece, end, piece, 0, kept - end);
            kept -= end;
            kept += last ? 0 : in.readNBytes(piece, kept, largestText - kept);
        }
        return true;
    }

    /** Where to cut so many bytes: behind the last line end of their latter half, or else between two characters. */
    private static int cut(byte[] bytes, int length) {
        for (int i = length; i > length / 2; i--) {
            if (bytes[i - 1] == '\n') {
                return i;
            }
        }
        int end = length - 1;
        while (end > length / 2 && (bytes[end] & 0xC0) == 0x80) {
            end--;
        }
        return end;
    }

    /** Hands a document on and says whether more are wanted. */
    boolean give(String name, byte[] utf8) {
        Document document;
        try {
            document = new Document(name, utf8);
        } catch (UserError e) {
            consumer.invalid(e);
            return true;
        }
        return consumer.accept(document);
    }

    /** Reports what is read. */
    private final class Counted extends FilterInputStream {
        Counted(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            stored.accept(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = super.read(into, offset, length);
            stored.accept(Math.max(0, count));
            return count;
        }
    }
}
