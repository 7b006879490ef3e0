package uk.ac.manchester.tornado.api.exceptions;

/** A kernel that the compiler refuses. */
public class TornadoCompilationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message. */
    public TornadoCompilationException(String message) {
        super(message);
    }
}
