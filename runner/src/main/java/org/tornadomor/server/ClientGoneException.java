package org.tornadomor.server;

import java.io.IOException;
import org.eclipse.jetty.io.QuietException;

/** Nobody is there any more for an answer. Quiet, since Jetty logs the trace of any other exception. */
final class ClientGoneException extends IOException implements QuietException {
    private static final long serialVersionUID = 1L;

    ClientGoneException(String message) {
        super(message);
    }
}
