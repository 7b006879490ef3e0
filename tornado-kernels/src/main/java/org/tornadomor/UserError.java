package org.tornadomor;

/**
 * A mistake that the person at the keyboard can put right. The message is one line with the cause and the fix; the command
 * line prints it without a stack trace.
 */
public final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UserError(String message) {
        super(message);
    }

    public UserError(String message, Throwable cause) {
        super(message, cause);
    }
}
