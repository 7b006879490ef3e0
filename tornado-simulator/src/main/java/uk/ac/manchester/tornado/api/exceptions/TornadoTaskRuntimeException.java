package uk.ac.manchester.tornado.api.exceptions;

/** A task that cannot be added to a graph. */
public class TornadoTaskRuntimeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message. */
    public TornadoTaskRuntimeException(String message) {
        super(message);
    }

    /** With a message and what caused it. */
    public TornadoTaskRuntimeException(String message, Exception cause) {
        super(message, cause);
    }
}
