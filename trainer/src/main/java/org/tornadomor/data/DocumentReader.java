package org.tornadomor.data;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;

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
            try (InputStream raw = new BufferedInputStream(new Counted(InputFile.open(file)), BUFFER);
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

    /**
     * Reads a file that Java's file systems do not have. A {@code .json} that holds no documents is a text.
     *
     * @param raw its bytes as they are stored; closed
     * @param name by which its kind is known; may begin with a scheme
     * @throws UserError if it is unreadable, damaged, or of a kind that cannot be read from a stream
     */
    void read(InputStream raw, String name) {
        FileKind kind = FileKind.of(name);
        Path file = Path.of(name.replaceFirst("^[A-Za-z][A-Za-z0-9+.-]+:", ""));
        try (InputStream in = decompress(new BufferedInputStream(new Counted(raw), BUFFER), kind.compression())) {
            readStream(in, name, kind, file);
        } catch (IOException e) {
            throw damaged(file, kind, e);
        }
    }

    private static UserError damaged(Path file, FileKind kind, IOException e) {
        if (kind.isArchive() || kind.compression() != FileKind.Compression.NONE) {
            return new UserError(
                    "cannot read archive " + file + " (" + e.getMessage()
                            + "): it is cut off or damaged, or no such archive; fetch it again",
                    e);
        }
        return UserError.file("read", file, e);
    }

    private static InputStream decompress(InputStream in, FileKind.Compression compression) throws IOException {
        return switch (compression) {
            case NONE -> in;
            // Java's own reader ignores whatever follows the first part of a file of several parts, unless that is
            // whole.
            case GZIP ->
                GzipCompressorInputStream.builder()
                        .setInputStream(in)
                        .setDecompressConcatenated(true)
                        .get();
            case ZSTD -> new ZstdInputStream(notEmpty(in)).setLongMax(ZSTD_WINDOW);
        };
    }

    private static InputStream notEmpty(InputStream in) throws IOException {
        PushbackInputStream pushback = new PushbackInputStream(in);
        int first = pushback.read();
        if (first < 0) {
            throw new EOFException("it is empty");
        }
        pushback.unread(first);
        return pushback;
    }

    private boolean readStream(InputStream in, String name, FileKind kind, Path file) throws IOException {
        return switch (kind.format()) {
            case TEXT -> readText(in, name);
            case JSON -> readJson(in, name);
            case JSON_LINES -> new JsonLines(name, textField, this).read(in);
            case TAR -> readTar(in, file);
            case ZIP, PARQUET ->
                throw new UserError("cannot read " + name + " within " + file + ": unpack the outer archive");
        };
    }

    private boolean readJson(InputStream stream, String name) throws IOException {
        InputStream in = stream.markSupported() ? stream : new BufferedInputStream(stream, BUFFER);
        return JsonStart.isDocuments(JsonStart.peek(in), textField)
                ? new JsonLines(name, textField, this).read(in)
                : readText(in, name);
    }

    private boolean readZip(Path archive) throws IOException {
        try (ZipEntries zip = new ZipEntries(archive, filter)) {
            for (ZipArchiveEntry entry : zip.wanted()) {
                try (InputStream in = zip.open(entry)) {
                    if (!readEntry(in, entry.getName(), archive)) {
                        return false;
                    }
                }
                stored.accept(entry.getCompressedSize());
            }
            return true;
        }
    }

    /** Whether any file of an archive has fields of which one is the text. */
    boolean hasTextField(Path archive, FileKind kind) {
        try {
            if (kind.format() == FileKind.Format.ZIP) {
                try (ZipEntries zip = new ZipEntries(archive, filter)) {
                    for (ZipArchiveEntry entry : zip.wanted()) {
                        if (hasTextField(entry.getName(), () -> zip.open(entry))) {
                            return true;
                        }
                    }
                    return false;
                }
            }
            try (InputStream raw = new BufferedInputStream(InputFile.open(archive), BUFFER)) {
                TarEntries tar = new TarEntries(decompress(raw, kind.compression()), archive, filter);
                for (TarArchiveEntry entry = tar.next(); entry != null; entry = tar.next()) {
                    if (hasTextField(entry.getName(), tar::content)) {
                        return true;
                    }
                }
                return false;
            }
        } catch (IOException e) {
            throw damaged(archive, kind, e);
        }
    }

    private boolean hasTextField(String name, Opener content) throws IOException {
        FileKind kind = FileKind.of(name);
        if (kind.format() != FileKind.Format.JSON) {
            return kind.format() == FileKind.Format.JSON_LINES;
        }
        InputStream in = new BufferedInputStream(decompress(content.open(), kind.compression()), BUFFER);
        return JsonStart.isDocuments(JsonStart.peek(in), textField);
    }

    /** Opens the content of a file, which is closed with the archive. */
    private interface Opener {
        InputStream open() throws IOException;
    }

    private boolean readTar(InputStream in, Path archive) throws IOException {
        TarEntries tar = new TarEntries(in, archive, filter);
        for (TarArchiveEntry entry = tar.next(); entry != null; entry = tar.next()) {
            if (!readEntry(tar.content(), entry.getName(), archive)) {
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

    /** Whether a file holds documents in JSON, as far as its first bytes say. */
    static boolean isJsonDocuments(Path file, String name, String textField) {
        try (InputStream raw = new BufferedInputStream(InputFile.open(file), BUFFER);
                InputStream in = new BufferedInputStream(
                        decompress(raw, FileKind.of(name).compression()), BUFFER)) {
            return JsonStart.isDocuments(JsonStart.peek(in), textField);
        } catch (IOException e) {
            throw damaged(file, FileKind.of(name), e);
        }
    }

    private boolean readText(InputStream in, String name) throws IOException {
        byte[] piece = in.readNBytes(largestText);
        String encoding = TextEncoding.other(piece, piece.length);
        if (encoding != null) {
            refuseEncoding(name, encoding);
            return true;
        }
        int mark = TextEncoding.markLength(piece, piece.length);
        if (piece.length < largestText) {
            return give(name, mark == 0 ? piece : Arrays.copyOfRange(piece, mark, piece.length));
        }
        // Files of gigabytes are lists of texts rather than one text.
        long from = mark;
        int kept = piece.length - mark;
        System.arraycopy(piece, mark, piece, 0, kept);
        kept += in.readNBytes(piece, kept, mark);
        while (kept > 0) {
            boolean last = kept < largestText;
            int end = last ? kept : cut(piece, kept);
            if (!give(from == mark ? name : name + ", from byte " + from, Arrays.copyOf(piece, end))) {
                return false;
            }
            from += end;
            System.arraycopy(piece, end, piece, 0, kept - end);
            kept -= end;
            kept += last ? 0 : in.readNBytes(piece, kept, largestText - kept);
        }
        return true;
    }

    /** Where to cut so many bytes: behind the last line end in their second half, or else between two characters. */
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

    /**
     * Reports what cannot be read; reading goes on if this returns.
     *
     * @throws UserError unless such documents may be left out
     */
    void refuse(String message, Exception cause) {
        consumer.invalid(new UserError(message, cause));
    }

    /** As {@link #refuse}, for a text of another encoding. */
    void refuseEncoding(String name, String encoding) {
        refuse(
                name + " is " + encoding + " and not UTF-8: convert it, as with iconv -f " + encoding
                        + " -t UTF-8, or leave it out with a file filter",
                null);
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
