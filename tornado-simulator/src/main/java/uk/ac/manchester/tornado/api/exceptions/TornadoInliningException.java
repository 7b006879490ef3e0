package uk.ac.manchester.tornado.api.exceptions;

/** A helper method that is too large to be inlined into a kernel. */
public class TornadoInliningException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message. */
    public TornadoInliningException(String message) {
        super(message);
    }
}
