package org.tornadomor.data;

import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;

/**
 * What is wanted from the text sources.
 *
 * @param filter a glob on the paths within folders, globs and archives (without a slash: on the names), or null for all; a glob
 *     behind {@code jdk:} goes before it
 * @param extensions of the files within folders, globs and archives, as {@code java}, without a dot; empty for all
 * @param textField the field of JSON objects or the column of Parquet that holds the text
 * @param maxBytes how many bytes of text to take at most, the last document cut at a character; 0 for all
 * @param jdkFallback an archive of Java sources for where the JDK comes without its own, or null
 */
public record SourceOptions(String filter, List<String> extensions, String textField, long maxBytes, Path jdkFallback) {
    /** The field that holds the text unless another is named. */
    public static final String TEXT_FIELD = "text";

    /** Everything. */
    public static final SourceOptions ALL = new SourceOptions(null, List.of(), TEXT_FIELD, 0, null);

    /** @throws UserError if a size or a name makes no sense */
    public SourceOptions {
        extensions = List.copyOf(extensions);
        if (maxBytes < 0) {
            throw new UserError("a size limit of " + maxBytes + " bytes makes no sense: give a positive number");
        }
        if (textField.isBlank()) {
            throw new UserError("the name of the text field is empty: leave it away for '" + TEXT_FIELD + "'");
        }
    }

    /** Everything that a glob takes, up to a size. */
    public static SourceOptions of(String filter, long maxBytes, Path jdkFallback) {
        return new SourceOptions(filter, List.of(), TEXT_FIELD, maxBytes, jdkFallback);
    }

    FileFilter fileFilter() {
        return FileFilter.of(filter, extensions);
    }

    FileFilter fileFilter(String glob) {
        return FileFilter.of(glob, extensions);
    }
}
