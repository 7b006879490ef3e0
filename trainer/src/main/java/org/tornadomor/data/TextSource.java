package org.tornadomor.data;

import java.util.List;
import java.util.function.LongConsumer;

/** A place that texts come from. The same place gives the same documents in the same order each time. */
public interface TextSource {
    /** What it is, in one line. */
    String describe();

    /** What the person who asked for it should know, such as that another source stands in for it. */
    default List<String> notices() {
        return List.of();
    }

    /** The bytes of its files as they are stored, compressed ones as such; 0 if nobody knows. */
    default long storedBytes() {
        return 0;
    }

    /**
     * Reads the documents until there are no more or none are wanted.
     *
     * @param stored is told, now and then, how many more of the stored bytes were read
     * @throws org.tornadomor.UserError if something is missing, unreadable or not UTF-8
     */
    void forEach(DocumentConsumer consumer, LongConsumer stored);

    /** As {@link #forEach(DocumentConsumer, LongConsumer)}, where nobody watches. */
    default void forEach(DocumentConsumer consumer) {
        forEach(consumer, bytes -> {});
    }
}
