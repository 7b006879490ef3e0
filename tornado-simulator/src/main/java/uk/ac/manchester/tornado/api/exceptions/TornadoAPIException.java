package uk.ac.manchester.tornado.api.exceptions;

/** The API found no runtime behind it. */
public class TornadoAPIException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message. */
    public TornadoAPIException(String message) {
        super(message);
    }

    /** With a message and what caused it. */
    public TornadoAPIException(String message, Exception cause) {
        super(message, cause);
    }
}
