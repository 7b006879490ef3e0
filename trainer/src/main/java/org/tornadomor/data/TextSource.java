package org.tornadomor.data;

import java.util.List;

/** A place that texts come from. The same place gives the same documents in the same order each time. */
public interface TextSource {
    /** What it is, in one line. */
    String describe();

    /** What the person who asked for it should know, such as that another source stands in for it. */
    default List<String> notices() {
        return List.of();
    }

    /**
     * Reads the documents until there are no more or none are wanted.
     *
     * @throws org.tornadomor.UserError if something is missing, unreadable or not UTF-8
     */
    void forEach(DocumentConsumer consumer);
}
