package org.tornadomor.serving;

/** No requests are taken any more: the loop is being closed, or it broke. */
public final class ClosingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClosingException(String message) {
        super(message);
    }
}
