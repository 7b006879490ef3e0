package uk.ac.manchester.tornado.api.exceptions;

/** An execution plan that could not be closed. */
public class TornadoExecutionPlanException extends Exception {

    private static final long serialVersionUID = 1L;

    /** With a message. */
    public TornadoExecutionPlanException(String message) {
        super(message);
    }

    /** With a message and what caused it. */
    public TornadoExecutionPlanException(String message, Throwable cause) {
        super(message, cause);
    }
}
