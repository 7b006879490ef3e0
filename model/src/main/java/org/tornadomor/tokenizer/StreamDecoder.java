package org.tornadomor.tokenizer;

/**
 * Decodes one stream of ids as they come. Text is held back until no later id can change it, so that what came out is the
 * start of what {@link Tokenizer#decode} makes of all ids: the pieces of a multi-byte character come out together, a run of
 * byte tokens behind its end. Takes time and memory only for what is held back, however long the stream is. For one stream and
 * one thread.
 */
public interface StreamDecoder {
    /**
     * Takes the next id and returns the text that is now certain, often empty or several ids' worth.
     *
     * @throws IllegalArgumentException if the tokenizer has no such id
     */
    String accept(int id);

    /** Whether text is held back that {@link #finish} would return. */
    boolean holds();

    /** Returns what was held back, with replacement characters for what never became complete, and starts afresh. */
    String finish();
}
