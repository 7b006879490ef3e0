package org.tornadomor.data;

import java.io.Serial;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Predicate;

/**
 * Other processes that read, hash and tokenise text: all that {@link Preparation} knows of a cluster. What each of them
 * does with text is in {@link PieceReader} and {@link DocumentEncoder}. One thread uses it.
 */
public interface TextCluster extends AutoCloseable {
    /**
     * What every process needs.
     *
     * @param settings of the corpus
     * @param tokenizer its files by name; none for that of bytes
     * @param fingerprint of the tokenizer
     */
    record Plan(PrepareSettings settings, SortedMap<String, byte[]> tokenizer, String fingerprint)
            implements Serializable {
        @Serial
        private static final long serialVersionUID = 1;
    }

    /**
     * What there is of a source.
     *
     * @param description in one line
     * @param heeds what can change which documents come
     * @param storedBytes of its files
     * @param reads whether a file of this machine would be read as one of its documents, were it there
     */
    record Found(String description, List<TextSource.Choice> heeds, long storedBytes, Predicate<Path> reads) {
        public Found {
            heeds = List.copyOf(heeds);
        }
    }

    /** What comes of text: a document, or what became of others of its source. */
    sealed interface Outcome extends Serializable permits Prepared, Left {
        /** Index of the source. */
        int source();
    }

    /**
     * A document that stays.
     *
     * @param hash of its text
     * @param tokens as bytes of a shard
     * @param textBytes of its text
     * @param special how many special tokens its text became
     */
    record Prepared(int source, ContentHash hash, byte[] tokens, int textBytes, long special) implements Outcome {
        @Serial
        private static final long serialVersionUID = 1;
    }

    /** What became of documents of a source that do not stay. */
    record Left(int source, Tally tally) implements Outcome {
        @Serial
        private static final long serialVersionUID = 1;
    }

    /** Takes what comes of text. */
    interface Taker {
        /** Something came. */
        void accept(Outcome outcome);

        /** How much of the work before the first outcome is done, from 0 to 1. */
        void progress(double share);
    }

    /**
     * What there is of each source.
     *
     * @throws org.tornadomor.UserError if one is missing, or of a kind that the cluster does not read
     */
    List<Found> find(PrepareSettings settings);

    /**
     * Reads and tokenises everything that {@link #find} found last. Documents come in the order of their hashes, those of
     * the same text once unless all are wanted, as ones of the first source that has them.
     *
     * @throws org.tornadomor.UserError if something cannot be read, or the cluster gives up
     */
    void forEach(Plan plan, Taker taker);

    @Override
    void close();
}
