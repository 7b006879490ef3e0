package org.tornadomor.serving;

import org.tornadomor.PublicApi;

/** As many requests wait as may. */
@PublicApi
public final class QueueFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int retryAfterSeconds;

    QueueFullException(int underWay, int retryAfterSeconds) {
        super("the queue is full, " + underWay + " requests are under way; try again in " + retryAfterSeconds + " s");
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** In how many seconds there may be room, by how fast requests ended lately; at least 1. */
    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
