package org.tornadomor.data;

import java.util.List;
import java.util.Locale;
import org.tornadomor.UserError;

/**
 * What is in a file, as far as its name says.
 *
 * @param compression around the format
 * @param format of the content
 */
public record FileKind(Compression compression, Format format) {
    /** How a file is compressed as a whole. */
    public enum Compression {
        NONE,
        GZIP,
        ZSTD
    }

    /** How documents lie in a file. */
    public enum Format {
        /** The file is a document. */
        TEXT,
        /** Documents or a text: the content tells. */
        JSON,
        /** A JSON object for each document. */
        JSON_LINES,
        /** A row for each document. */
        PARQUET,
        /** A file for each document. */
        ZIP,
        /** A file for each document. */
        TAR
    }

    /** What people may give by mistake, and what is certainly no text. */
    private static final List<String> UNREADABLE = List.of(
            ".7z",
            ".rar",
            ".bz2",
            ".xz",
            ".lz4",
            ".br",
            ".pdf",
            ".doc",
            ".docx",
            ".odt",
            ".epub",
            ".arrow",
            ".feather",
            ".avro",
            ".orc",
            ".bin",
            ".exe",
            ".class",
            ".so",
            ".npy",
            ".npz",
            ".pt",
            ".safetensors",
            ".png",
            ".jpg");

    /**
     * The kind of a file.
     *
     * @param name of the file, with or without folders
     * @throws UserError if it is known to be unreadable
     */
    public static FileKind of(String name) {
        String rest = name.toLowerCase(Locale.ROOT);
        if (rest.endsWith(".tgz")) {
            return new FileKind(Compression.GZIP, Format.TAR);
        }
        Compression compression = Compression.NONE;
        if (rest.endsWith(".gz")) {
            compression = Compression.GZIP;
        } else if (rest.endsWith(".zst")) {
            compression = Compression.ZSTD;
        }
        if (compression != Compression.NONE) {
            rest = rest.substring(0, rest.lastIndexOf('.'));
        }
        Format format = format(rest, name);
        if (compression != Compression.NONE && (format == Format.ZIP || format == Format.PARQUET)) {
            throw new UserError("cannot read " + name + ": such a file is compressed within, so unpack the outer "
                    + compression.name().toLowerCase(Locale.ROOT));
        }
        return new FileKind(compression, format);
    }

    private static Format format(String rest, String name) {
        for (String ending : UNREADABLE) {
            if (rest.endsWith(ending)) {
                throw new UserError("cannot read text from " + name + ": " + ending + " is none of plain text, .jsonl,"
                        + " .parquet, .zip, .tar, .gz and .zst; convert it, or leave it out with a filter");
            }
        }
        if (rest.endsWith(".json")) {
            return Format.JSON;
        }
        if (rest.endsWith(".jsonl") || rest.endsWith(".jsonlines") || rest.endsWith(".ndjson")) {
            return Format.JSON_LINES;
        }
        if (rest.endsWith(".parquet")) {
            return Format.PARQUET;
        }
        if (rest.endsWith(".zip") || rest.endsWith(".jar")) {
            return Format.ZIP;
        }
        return rest.endsWith(".tar") ? Format.TAR : Format.TEXT;
    }

    /** Whether it holds files, which a filter is for, and not documents of its own. */
    public boolean isArchive() {
        return format == Format.ZIP || format == Format.TAR;
    }
}
