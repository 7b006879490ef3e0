package org.tornadomor.data;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.tornadomor.UserError;

/**
 * The shards of one source and part, in their order: the finished ones of an earlier attempt, whose documents are only
 * compared, then new ones.
 */
final class ShardStream implements AutoCloseable {
    private final Path folder;
    private final int source;
    private final boolean validation;
    private final int tokenBytes;
    private final long shardTokens;
    private final List<Manifest.Shard> finished;
    private final Consumer<Manifest.Shard> done;
    private final String description;

    /** The number of the finished shard that documents are compared with. */
    private int compared;

    private long documentsCompared;
    private MessageDigest content = ContentHash.sha256();
    private int written;
    private ShardWriter writer;

    /**
     * A stream of shards.
     *
     * @param description of the source
     * @param finished shards of an earlier attempt
     * @param done takes each new shard
     */
    ShardStream(
            Path folder,
            int source,
            boolean validation,
            int tokenBytes,
            long shardTokens,
            String description,
            List<Manifest.Shard> finished,
            Consumer<Manifest.Shard> done) {
        this.folder = folder;
        this.source = source;
        this.validation = validation;
        this.tokenBytes = tokenBytes;
        this.shardTokens = shardTokens;
        this.description = description;
        this.finished = finished;
        this.done = done;
    }

    /** Whether the next document, in the order of reading, is in a finished shard. */
    boolean has(ContentHash hash) {
        if (compared == finished.size()) {
            if (compared > 0 && finished.getLast().amount().tokens() < shardTokens) {
                // Only the last shard of a source is shorter, so there is more text than there was.
                throw changed();
            }
            return false;
        }
        ShardWriter.add(content, hash);
        documentsCompared++;
        Manifest.Shard shard = finished.get(compared);
        if (documentsCompared == shard.amount().documents()) {
            if (!HexFormat.of().formatHex(content.digest()).equals(shard.content())) {
                throw changed();
            }
            compared++;
            documentsCompared = 0;
            content = ContentHash.sha256();
        }
        return true;
    }

    private UserError changed() {
        return new UserError("the text of " + description + " changed since " + folder
                + " was begun: remove that folder and prepare the corpus anew, or restore the text");
    }

    /** Writes a document that no finished shard has. */
    void write(byte[] encoded, ContentHash hash, long bytesOfText, long specialParsed) {
        if (writer == null) {
            String name = String.format(
                    Locale.ROOT,
                    "source%02d-%s-%05d.tokens",
                    source,
                    validation ? Corpus.VALIDATION : Corpus.TRAINING,
                    finished.size() + written);
            writer = new ShardWriter(folder, name, tokenBytes);
        }
        writer.add(encoded, hash, bytesOfText, specialParsed);
        if (writer.tokens() >= shardTokens) {
            commit();
        }
    }

    /** Ends the stream: there are no more documents. */
    void finish() {
        if (compared < finished.size()) {
            throw changed();
        }
        if (writer != null) {
            commit();
        }
    }

    private void commit() {
        done.accept(writer.commit(source, validation));
        writer = null;
        written++;
    }

    @Override
    public void close() {
        if (writer != null) {
            writer.close();
        }
    }
}
