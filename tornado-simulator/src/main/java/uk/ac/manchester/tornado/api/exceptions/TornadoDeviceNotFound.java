package uk.ac.manchester.tornado.api.exceptions;

/** There is no device of that index. */
public class TornadoDeviceNotFound extends TornadoRuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message. */
    public TornadoDeviceNotFound(String message) {
        super(message);
    }
}
