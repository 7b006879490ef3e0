package org.tornadomor.server;

import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Requests with more texts than found a place in the queue at once. They go before new requests, in the order in which they came: else
 * those would take every place that gets free, and a large request would never end. For any thread.
 */
final class Line {
    private final ConcurrentLinkedQueue<Work> waiting = new ConcurrentLinkedQueue<>();

    /** Joins the end of the line, unless it stands there already. */
    void join(Work work) {
        if (!waiting.contains(work)) {
            waiting.add(work);
        }
    }

    void leave(Work work) {
        waiting.remove(work);
    }

    /** Whether no other request stands before this one, which may be in the line or about to join it. */
    boolean isFirst(Work work) {
        Work first = waiting.peek();
        return first == null || first == work;
    }
}
