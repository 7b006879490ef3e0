package org.tornadomor.serving;

import org.tornadomor.PublicApi;

/** No requests are taken any more: the loop is being closed, or it broke. */
@PublicApi
public final class ClosingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClosingException(String message) {
        super(message);
    }
}
