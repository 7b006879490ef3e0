package org.tornadomor.server;

import java.io.IOException;

/** Nobody is there any more for an answer. */
final class ClientGoneException extends IOException {
    private static final long serialVersionUID = 1L;

    ClientGoneException(String message) {
        super(message);
    }
}
