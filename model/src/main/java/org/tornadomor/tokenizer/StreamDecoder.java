package org.tornadomor.tokenizer;

/**
 * Decodes one stream of ids as they come. Text is held back until no later id can change it: the pieces of a multi-byte
 * character come out together. For one stream and one thread.
 */
public interface StreamDecoder {
    /** Takes the next id and returns the text that is now complete, often empty or several ids' worth. */
    String accept(int id);

    /** Returns what was held back, with replacement characters for what never became complete, and starts afresh. */
    String flush();
}
