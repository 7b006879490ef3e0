package uk.ac.manchester.tornado.api.exceptions;

/** A failure during execution. */
public class TornadoFailureException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message. */
    public TornadoFailureException(String message) {
        super(message);
    }

    /** With the exception behind it. */
    public TornadoFailureException(Exception cause) {
        super(cause);
    }
}
