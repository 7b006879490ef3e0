package org.tornadomor.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.tornadomor.files.AsideFile;

/** Writes one shard: the tokens as they come, and the ends of the documents when it is done. */
final class ShardWriter implements AutoCloseable {
    private final Path folder;
    private final String name;
    private final int tokenBytes;
    private final AsideFile file;
    private final MessageDigest tokensHash = ContentHash.sha256();
    private final MessageDigest contentHash = ContentHash.sha256();
    private long[] ends = new long[1024];
    private int documents;
    private long textBytes;
    private long tokens;
    private long special;

    /**
     * Begins a shard.
     *
     * @param name of the file
     * @throws org.tornadomor.UserError if the disk refuses
     */
    ShardWriter(Path folder, String name, int tokenBytes) {
        this.folder = folder;
        this.name = name;
        this.tokenBytes = tokenBytes;
        this.file = AsideFile.create(folder.resolve(name));
    }

    /**
     * Adds a document: its tokens as bytes of the file.
     *
     * @param specialParsed how many of the tokens were special tokens in its text
     */
    void add(byte[] encoded, ContentHash hash, long bytesOfText, long specialParsed) {
        special += specialParsed;
        tokensHash.update(encoded);
        file.write(ByteBuffer.wrap(encoded), tokens * tokenBytes);
        tokens += encoded.length / tokenBytes;
        textBytes += bytesOfText;
        add(contentHash, hash);
        if (documents == ends.length) {
            ends = Arrays.copyOf(ends, 2 * documents);
        }
        ends[documents++] = tokens;
    }

    /** Adds to the hash over the texts of a shard. */
    static void add(MessageDigest content, ContentHash hash) {
        ByteBuffer bytes = ByteBuffer.allocate(ContentHash.BYTES);
        hash.put(bytes);
        content.update(bytes.array());
    }

    long tokens() {
        return tokens;
    }

    /** Puts the files in place. */
    Manifest.Shard commit(int source, boolean validation) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(documents, Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < documents; i++) {
            bytes.putLong(ends[i]);
        }
        byte[] documentsHash = ContentHash.sha256().digest(bytes.array());
        Manifest.Shard shard = new Manifest.Shard(
                name,
                source,
                validation,
                new Manifest.Amount(documents, textBytes, tokens),
                HexFormat.of().formatHex(tokensHash.digest()),
                HexFormat.of().formatHex(documentsHash),
                HexFormat.of().formatHex(contentHash.digest()),
                special == 0 ? null : special);
        file.commit();
        try (AsideFile documentsFile = AsideFile.create(folder.resolve(shard.documentsFile()))) {
            documentsFile.write(bytes.flip(), 0);
            documentsFile.commit();
        }
        return shard;
    }

    @Override
    public void close() {
        file.close();
    }
}
