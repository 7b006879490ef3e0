package org.tornadomor.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;

/** A place that texts come from. The same place gives the same documents in the same order each time. */
public interface TextSource {
    /** A setting of {@link SourceOptions} that only some sources have a use for. */
    enum Choice {
        /** {@link SourceOptions#filter}. */
        FILTER,
        /** {@link SourceOptions#extensions}. */
        EXTENSIONS,
        /** {@link SourceOptions#textField}. */
        TEXT_FIELD
    }

    /** What it is, in one line. */
    String describe();

    /** Whether a choice can change which documents come; may look into the files. */
    default boolean heeds(Choice choice) {
        return false;
    }

    /** Whether a file would be read as one of its documents, were it there. */
    default boolean reads(Path file) {
        return false;
    }

    /** Where a path leads, links resolved as far as there is anything. */
    static Path place(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        for (Path there = absolute; there != null; there = there.getParent()) {
            try {
                return there.toRealPath().resolve(there.relativize(absolute)).normalize();
            } catch (IOException e) {
                // Then its folder is tried.
                continue;
            }
        }
        return absolute;
    }

    /** What the person who asked for this source should know, such as that another stands in for it. */
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
     * @throws org.tornadomor.UserError if something is missing or unreadable
     */
    void forEach(DocumentConsumer consumer, LongConsumer stored);

    /** As {@link #forEach(DocumentConsumer, LongConsumer)}, without reports. */
    default void forEach(DocumentConsumer consumer) {
        forEach(consumer, bytes -> {});
    }
}
