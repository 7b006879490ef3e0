package org.tornadomor.data;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;
import org.tornadomor.UserError;

/** Which files of a folder or archive are wanted, by a glob on their path within it. */
final class FileFilter implements Predicate<String> {
    private final String glob;
    private final PathMatcher matcher;
    private final boolean nameOnly;

    private FileFilter(String glob, PathMatcher matcher) {
        this.glob = glob;
        this.matcher = matcher;
        // "*.java" is meant for every folder, although a star does not cross a slash.
        this.nameOnly = !glob.contains("/") && !glob.contains("**");
    }

    /** The filter of a glob; null or blank takes everything. */
    static FileFilter of(String glob) {
        if (glob == null || glob.isBlank()) {
            return new FileFilter("", path -> true);
        }
        try {
            return new FileFilter(glob, FileSystems.getDefault().getPathMatcher("glob:" + glob));
        } catch (PatternSyntaxException e) {
            throw new UserError(
                    "file filter '" + glob + "' is not a glob (" + e.getDescription()
                            + "): write it like java.base/java/** or *.txt",
                    e);
        }
    }

    @Override
    public boolean test(String name) {
        Path path = Path.of(name);
        return matcher.matches(nameOnly ? path.getFileName() : path);
    }

    /** The glob in parentheses for a description, or nothing. */
    String suffix() {
        return glob.isEmpty() ? "" : " (" + glob + ")";
    }
}
