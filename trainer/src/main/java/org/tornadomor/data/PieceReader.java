package org.tornadomor.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.io.Serializable;
import java.util.List;
import java.util.function.BiConsumer;
import org.tornadomor.UserError;

/**
 * Reads pieces of sources where a cluster has them: whole files from streams, parts of files of JSON lines, rows of tables.
 * Everything that is read is told by its hash, which decides where it goes.
 */
public final class PieceReader {
    private final PrepareSettings settings;
    private final BiConsumer<ContentHash, Read> taker;
    private final DocumentReader reader;

    /**
     * What was read.
     *
     * @param utf8 a document; null if it does not stay
     * @param fault what is wrong with it; null for one that can be read
     */
    public record Read(byte[] utf8, String fault) implements Serializable {
        @Serial
        private static final long serialVersionUID = 1;

        /** Whether the document has not the size that is asked for. */
        public boolean filtered() {
            return utf8 == null && fault == null;
        }
    }

    /** A reader; what it reads goes to the taker. */
    public PieceReader(PrepareSettings settings, BiConsumer<ContentHash, Read> taker) {
        this.settings = settings;
        this.taker = taker;
        reader = new DocumentReader(
                settings.unlimited().fileFilter(),
                settings.textField(),
                DocumentReader.LARGEST_TEXT,
                new Consumer(),
                bytes -> {});
    }

    /** Hashes documents. */
    private final class Consumer implements DocumentConsumer {
        @Override
        public boolean accept(Document document) {
            if (document.utf8().length > 0) {
                boolean stays = settings.takes(document);
                taker.accept(ContentHash.of(document), new Read(stays ? document.utf8() : null, null));
            }
            return true;
        }

        @Override
        public void invalid(UserError error) {
            settings.requireSkipped(error);
            taker.accept(ContentHash.of(error.getMessage()), new Read(null, error.getMessage()));
        }
    }

    /**
     * Whether a file of JSON lines may be read in parts.
     *
     * @param start its first bytes, a mebibyte of them or all
     */
    public static boolean hasParts(byte[] start) {
        return TextEncoding.other(start, start.length) == null && JsonStart.hasLines(start);
    }

    /**
     * Reads a file.
     *
     * @param in its bytes as they are stored; closed
     * @param name by which its kind is known
     * @throws UserError if it is unreadable, damaged, or of a kind that cannot be read from a stream
     */
    public void file(InputStream in, String name) {
        reader.read(in, name);
    }

    /**
     * Reads the lines of a file that begin in a part of it.
     *
     * @param in from the byte before the part, or from the start of the file
     * @param from where the part begins
     * @param to where it ends
     */
    public void lines(InputStream in, String name, long from, long to) throws IOException {
        InputStream part = LinePart.of(in, from, to);
        String its = from == 0 ? name : name + ", from byte " + from;
        new JsonLines(its, settings.textField(), reader).readPart(part, from == 0);
    }

    /**
     * Reads the text of a row.
     *
     * @param lines of the text, in UTF-8; a text that is no list is one
     */
    public void row(List<byte[]> lines, String name) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i) == null) {
                ParquetText.refuseNull(reader, name);
                return;
            }
            if (i > 0) {
                text.write('\n');
            }
            text.writeBytes(lines.get(i));
        }
        reader.give(name, text.toByteArray());
    }
}
