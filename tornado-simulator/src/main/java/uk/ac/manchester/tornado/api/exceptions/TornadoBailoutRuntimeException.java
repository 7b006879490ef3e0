package uk.ac.manchester.tornado.api.exceptions;

/** A kernel that cannot be compiled or launched. */
public class TornadoBailoutRuntimeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message. */
    public TornadoBailoutRuntimeException(String message) {
        super(message);
    }

    /** With a message and what caused it. */
    public TornadoBailoutRuntimeException(String message, Exception cause) {
        super(message, cause);
    }
}
