package org.tornadomor;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A problem that the user can mend: a wrong option, a damaged file, a model that cannot run.
 *
 * <p>The message is one line that says the cause and the fix. The command line prints it without a stack trace.
 */
@PublicApi
public final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The longest message, in chars; of a longer one, this much of the beginning and of the end is kept. */
    private static final int LONGEST = 2000;

    private static final int BEGINNING = 1400;
    private static final int END = 400;

    /** An error with a one-line message; line breaks in it (from quoted text) become spaces, and a long one is cut. */
    public UserError(String message) {
        super(oneLine(message));
    }

    /** As {@link #UserError(String)}, and keeps the cause for the log. */
    public UserError(String message, Throwable cause) {
        super(oneLine(message), cause);
    }

    /**
     * What went wrong with a file, in words.
     *
     * @param doing what was tried, such as "read" or "write"
     */
    public static UserError file(String doing, Path file, IOException cause) {
        return new UserError("Cannot " + doing + " " + file + ": " + reason(doing, cause), cause);
    }

    private static String reason(String doing, IOException cause) {
        String message = String.valueOf(
                cause instanceof FileSystemException e && e.getReason() != null ? e.getReason() : cause.getMessage());
        String lower = message.toLowerCase(Locale.ROOT);
        if (lower.contains("no space left")
                || lower.contains("out of disk space")
                || lower.contains("not enough space")
                || lower.contains("quota exceeded")) {
            return "no space left on the device; free some or choose another folder";
        }
        if (lower.contains("read-only file system")) {
            return "the file system is read-only; choose another folder";
        }
        return switch (cause) {
            case NoSuchFileException e ->
                doing.startsWith("write")
                        ? "its folder does not exist; make it or choose another path"
                        : "it does not exist; check the path";
            case AccessDeniedException e -> "permission denied; check its owner and permissions";
            case FileAlreadyExistsException e -> "a file of that name is in the way; move it or choose another name";
            case NotDirectoryException e -> "it is not a folder; check the path";
            case CharacterCodingException e -> "it is not valid UTF-8; convert it";
            default -> message + "; check the path and its permissions";
        };
    }

    /**
     * A message as one line of bounded length. The middle of a long one is cut out: it was quoted from a file, while the cause
     * and the fix stand at the ends.
     */
    public static String oneLine(String message) {
        String text = message.strip();
        if (text.length() > LONGEST) {
            int from = text.offsetByCodePoints(0, text.codePointCount(0, BEGINNING));
            int to = text.length() - END;
            to -= Character.isLowSurrogate(text.charAt(to)) ? 1 : 0;
            text = text.substring(0, from) + " ... (" + (to - from) + " letters) ... " + text.substring(to);
        }
        return text.replaceAll("\\s*\\R\\s*", " ");
    }
}
