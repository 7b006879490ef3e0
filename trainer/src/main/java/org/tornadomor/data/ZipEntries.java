package org.tornadomor.data;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.archivers.zip.ZipMethod;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;

/**
 * The files of a zip archive that are wanted, by name. Names in the encoding of another system are read too, with wrong letters
 * where this system cannot know the right ones.
 */
final class ZipEntries implements AutoCloseable {
    /** What a file in an archive begins with. */
    private static final byte[] ENTRY = {'P', 'K', 3, 4};

    private final Path archive;
    private final ZipFile zip;
    private final List<ZipArchiveEntry> wanted;

    /** @throws IOException if it is no zip archive, or cut off */
    ZipEntries(Path archive, FileFilter filter) throws IOException {
        this.archive = archive;
        this.zip = ZipFile.builder()
                .setPath(InputFile.require(archive))
                .setIgnoreLocalFileHeader(true)
                .get();
        try {
            requireFirst();
            this.wanted = Collections.list(zip.getEntries()).stream()
                    // The content of a link is the path that it leads to.
                    .filter(entry -> !entry.isDirectory() && !entry.isUnixSymlink())
                    .filter(entry -> filter.testEntry(entry.getName(), archive))
                    .sorted(Comparator.comparing(ZipArchiveEntry::getName))
                    .toList();
        } catch (RuntimeException | IOException e) {
            zip.close();
            throw e;
        }
    }

    /**
     * Refuses two archives one after the other: only the directory of the last is found, so the files of the first would be
     * missing.
     */
    private void requireFirst() throws IOException {
        if (zip.getFirstLocalFileHeaderOffset() > 0) {
            try (InputStream in = Files.newInputStream(archive)) {
                if (Arrays.equals(in.readNBytes(ENTRY.length), ENTRY)) {
                    throw new UserError(
                            archive + " has another zip archive in front of its own files: unpack both, and give"
                                    + " the folder");
                }
            }
        }
    }

    List<ZipArchiveEntry> wanted() {
        return wanted;
    }

    /** The bytes that the wanted files take in the archive. */
    long storedBytes() {
        return wanted.stream().mapToLong(ZipArchiveEntry::getCompressedSize).sum();
    }

    /**
     * Opens a file; reading to its end fails if the content is not what was put in.
     *
     * @throws UserError if it is encrypted, or compressed in a way that is not known here
     */
    InputStream open(ZipArchiveEntry entry) throws IOException {
        if (entry.getGeneralPurposeBit().usesEncryption()) {
            throw new UserError("'" + entry.getName() + "' in " + archive
                    + " is encrypted: unpack the archive with its password, and give the folder");
        }
        if (!zip.canReadEntryData(entry)) {
            ZipMethod method = ZipMethod.getMethodByCode(entry.getMethod());
            throw new UserError("'" + entry.getName() + "' in " + archive + " is compressed with method "
                    + entry.getMethod() + (method == null ? "" : " (" + method + ")")
                    + ", which cannot be read here: unpack the archive, and give the folder");
        }
        return new Checked(zip.getInputStream(entry), entry);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }

    /** Compares length and checksum at the end. */
    private static final class Checked extends FilterInputStream {
        private final CRC32 sum = new CRC32();
        private final ZipArchiveEntry entry;
        private long length;

        Checked(InputStream in, ZipArchiveEntry entry) {
            super(in);
            this.entry = entry;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            int read = super.read(into, offset, count);
            if (read > 0) {
                sum.update(into, offset, read);
                length += read;
            } else if (read < 0 && (length != entry.getSize() || sum.getValue() != entry.getCrc())) {
                throw new IOException("'" + entry.getName() + "' does not have the checksum that was written with it");
            }
            return read;
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        @Override
        public long skip(long count) throws IOException {
            return readNBytes((int) Math.min(count, 1 << 16)).length;
        }
    }
}
