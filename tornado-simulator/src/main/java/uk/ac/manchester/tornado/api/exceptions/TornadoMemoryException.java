package uk.ac.manchester.tornado.api.exceptions;

/** A misuse of device memory. */
public class TornadoMemoryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message. */
    public TornadoMemoryException(String message) {
        super(message);
    }
}
