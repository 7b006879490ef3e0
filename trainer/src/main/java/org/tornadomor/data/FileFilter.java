package org.tornadomor.data;

import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;
import org.tornadomor.UserError;

/** Which files of a folder or archive are wanted, by a glob on their path within it and by their extension. */
public final class FileFilter implements Predicate<String> {
    private final String glob;
    private final PathMatcher matcher;
    private final boolean nameOnly;
    private final List<String> endings;

    private FileFilter(String glob, PathMatcher matcher, List<String> extensions) {
        this.glob = glob;
        this.matcher = matcher;
        // "*.java" is meant for every folder, although a star does not cross a slash.
        this.nameOnly = !glob.contains("/") && !glob.contains("**");
        this.endings = extensions.stream()
                .map(extension -> (extension.startsWith(".") ? extension : "." + extension).toLowerCase(Locale.ROOT))
                .toList();
    }

    /**
     * The filter of a glob and of extensions.
     *
     * @param glob null or blank takes everything
     * @param extensions empty takes everything
     */
    static FileFilter of(String glob, List<String> extensions) {
        if (glob == null || glob.isBlank()) {
            return new FileFilter("", path -> true, extensions);
        }
        return new FileFilter(glob, matcher(glob), extensions);
    }

    /** What is wanted of sources. */
    public static FileFilter of(PrepareSettings settings) {
        return settings.unlimited().fileFilter();
    }

    /** Whether something has the characters of a glob. */
    public static boolean isGlob(String spec) {
        return spec.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0);
    }

    /** The folder before the first part of a glob that has a wildcard; a dot for none. */
    public static String base(String glob) {
        int wild = 0;
        while ("*?[{".indexOf(glob.charAt(wild)) < 0) {
            wild++;
        }
        int slash = glob.lastIndexOf('/', wild);
        return slash < 0 ? "." : slash == 0 ? "/" : glob.substring(0, slash);
    }

    /**
     * Whether a file is wanted that a glob matches.
     *
     * @param name behind the folder of the glob
     */
    public boolean takesOfGlob(String name) {
        // A filter is for the files in an archive, not for its own name.
        return isArchive(name) || test(name);
    }

    /**
     * Whether a file of a folder is wanted.
     *
     * @param name behind the folder
     */
    public boolean takesOfFolder(String name) {
        return !("/" + name).contains("/.") && takesOfGlob(name);
    }

    private static boolean isArchive(String name) {
        return name.matches("(?i).*\\.(zip|jar|tar|tgz|tar\\.gz|tar\\.zst)");
    }

    /**
     * What a glob matches.
     *
     * @throws UserError if it is none
     */
    public static PathMatcher matcher(String glob) {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + glob);
        } catch (PatternSyntaxException e) {
            throw new UserError(
                    "file filter '" + glob + "' is not a glob (" + e.getDescription()
                            + "): write it like java.base/java/** or *.txt",
                    e);
        }
    }

    /**
     * Whether a file of an archive is wanted.
     *
     * @throws UserError if its name has a NUL, which no system allows
     */
    boolean testEntry(String name, Path archive) {
        if (name.indexOf('\0') >= 0) {
            throw new UserError("a file in " + archive + " has a NUL in its name ('" + name.replace("\0", "\\0")
                    + "'): the archive is damaged, or was made to do harm; pack it again");
        }
        return test(name);
    }

    @Override
    public boolean test(String name) {
        Path path = path(name);
        return matcher.matches(nameOnly && path.getFileName() != null ? path.getFileName() : path)
                && hasEnding(name.toLowerCase(Locale.ROOT));
    }

    /** A name as this system can spell it: other ones allow more characters. */
    private static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            return Path.of(name.replaceAll("[\\p{Cntrl}<>:\"|?*]", "_").strip());
        }
    }

    private boolean hasEnding(String name) {
        return endings.isEmpty() || endings.stream().anyMatch(name::endsWith);
    }

    /** Glob and extensions in parentheses for a description, or nothing. */
    public String suffix() {
        String all = String.join(" ", glob, String.join(" ", endings)).strip();
        return all.isEmpty() ? "" : " (" + all + ")";
    }
}
