package org.tornadomor.data;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The files of a tar archive that are wanted, in their order. An archive has to end with its mark, a record of zeros: one
 * that was cut off between two files would look like a shorter one otherwise.
 */
final class TarEntries {
    private static final int RECORD = TarConstants.DEFAULT_RCDSIZE;

    private static final int SKIP = 1 << 16;

    private final Path archive;
    private final FileFilter filter;
    private final Position position;
    private final TarArchiveInputStream tar;

    /** @param in the content of the archive, to be closed by whoever opened it */
    TarEntries(InputStream in, Path archive, FileFilter filter) {
        this.archive = archive;
        this.filter = filter;
        this.position = new Position(in);
        // In blocks of one record, since the stream would skip the rest of its last block.
        this.tar = new TarArchiveInputStream(position, RECORD, RECORD);
    }

    /**
     * The next wanted file, which {@link #content} is then at; null behind the last one.
     *
     * @throws IOException if the archive is damaged, cut off, or followed by anything
     */
    TarArchiveEntry next() throws IOException {
        while (true) {
            // Goes to the end of the file before: the mark must stand behind what remains of that file's last record.
            if (tar.getCurrentEntry() != null) {
                tar.transferTo(OutputStream.nullOutputStream());
            }
            long end = Math.ceilDiv(position.bytes, RECORD) * RECORD;
            TarArchiveEntry entry = tar.getNextEntry();
            if (entry == null) {
                requireEnd(end);
                return null;
            }
            byte type = entry.getLinkFlag();
            boolean file = type == TarConstants.LF_NORMAL
                    || type == TarConstants.LF_OLDNORM
                    || type == TarConstants.LF_CONTIG
                    || entry.isSparse();
            if (file && !entry.isDirectory() && filter.testEntry(entry.getName(), archive)) {
                return entry;
            }
        }
    }

    InputStream content() {
        return tar;
    }

    private void requireEnd(long end) throws IOException {
        if (position.bytes < end + RECORD || position.zeros < RECORD) {
            throw new IOException("it ends without its end mark");
        }
        for (int b = position.read(); b >= 0; b = position.read()) {
            if (b != 0) {
                throw new IOException("something follows its end mark; other programs pass over that");
            }
        }
    }

    /** Counts what was read, and how many zeros come last. */
    private static final class Position extends FilterInputStream {
        private long bytes;
        private long zeros;

        Position(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = super.read(into, offset, length);
            bytes += Math.max(0, count);
            int other = offset + Math.max(0, count);
            while (other > offset && into[other - 1] == 0) {
                other--;
            }
            zeros = (other == offset ? zeros : 0) + offset + Math.max(0, count) - other;
            return count;
        }

        @Override
        public long skip(long count) throws IOException {
            return readNBytes((int) Math.min(count, SKIP)).length;
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
