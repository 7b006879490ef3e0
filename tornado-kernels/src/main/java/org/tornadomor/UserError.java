package org.tornadomor;

/**
 * A problem that the user can mend: a wrong option, a damaged file, a model that cannot run.
 *
 * <p>The message is one line that says the cause and the fix. The command line prints it without a stack trace.
 */
public final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** An error with a one-line message; line breaks in it (from quoted text) become spaces. */
    public UserError(String message) {
        super(oneLine(message));
    }

    /** As {@link #UserError(String)}, keeping what led to it for the log. */
    public UserError(String message, Throwable cause) {
        super(oneLine(message), cause);
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
