package org.tornadomor;

/**
 * A mistake that the person at the keyboard can mend: a bad file, flag, checkpoint or prompt. The message is one line that
 * says the cause and the fix; the command line prints it without a stack trace and exits with a non-zero status.
 */
public class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Creates an error from one line that says the cause and the fix. */
    public UserError(String message) {
        super(message);
    }

    /** As {@link #UserError(String)}, keeping the exception that revealed the mistake for debugging. */
    public UserError(String message, Throwable cause) {
        super(message, cause);
    }
}
