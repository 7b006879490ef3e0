package uk.ac.manchester.tornado.api.exceptions;

/** A failure of the runtime: a graph, a grid or a device that cannot be used as asked. */
public class TornadoRuntimeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message. */
    public TornadoRuntimeException(String message) {
        super(message);
    }

    /** With the exception behind it. */
    public TornadoRuntimeException(Exception cause) {
        super(cause);
    }
}
