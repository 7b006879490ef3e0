package org.tornadomor.data;

/** Hears how far the preparation of a corpus is. */
public interface PrepareListener {
    /** Nobody listens. */
    PrepareListener NONE = new PrepareListener() {};

    /**
     * More was done; called often.
     *
     * @param share of the whole, from 0 to 1; 0 if nobody knows
     * @param textBytes bytes of text that were tokenised, or found in finished shards
     */
    default void progress(double share, long textBytes) {}

    /** What a person should know. */
    default void message(String text) {}
}
