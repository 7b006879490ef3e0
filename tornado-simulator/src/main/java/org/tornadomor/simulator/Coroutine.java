package org.tornadomor.simulator;

import java.util.concurrent.locks.LockSupport;

/**
 * A work-item on a virtual thread of its own that hands control back at every barrier. Exactly one side runs at a time, so
 * that the lane always knows the current work-item and runs are repeatable.
 */
final class Coroutine {

    /** Ends a work-item whose group has failed. */
    private static final class Cancelled extends Error {
        private static final long serialVersionUID = 1L;

        private Cancelled() {
            super("the work-group has failed", null, false, false);
        }
    }

    private final String name;
    private final Runnable body;
    private Thread owner;
    private Thread thread;
    private volatile boolean running;
    private boolean cancelled;
    private Barrier waiting;
    private Throwable failure;

    /** @param name of the thread, which a debugger shows */
    Coroutine(String name, Runnable body) {
        this.name = name;
        this.body = body;
    }

    /** {@return the barrier that the work-item waits at, or null when it has ended} */
    Barrier step() {
        owner = Thread.currentThread();
        waiting = null;
        running = true;
        if (thread == null) {
            thread = Thread.ofVirtual().name(name).unstarted(this::run);
            thread.start();
        } else {
            LockSupport.unpark(thread);
        }
        while (running) {
            LockSupport.park(this);
        }
        Failures.rethrow(failure);
        return waiting;
    }

    /** Called by the work-item at a barrier. */
    void suspend(boolean global) {
        waiting = new Barrier(line(), global);
        handBack();
        while (!running) {
            LockSupport.park(this);
        }
        if (cancelled) {
            throw new Cancelled();
        }
    }

    /** Ends a work-item that waits at a barrier. */
    void cancel() {
        if (waiting != null) {
            cancelled = true;
            step();
        }
    }

    private void run() {
        try {
            body.run();
        } catch (Cancelled expected) {
            waiting = null;
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        handBack();
    }

    private void handBack() {
        Thread to = owner;
        running = false;
        LockSupport.unpark(to);
    }

    private static int line() {
        String place = Lane.place();
        return place.isEmpty() ? 0 : Integer.parseInt(place.substring(place.lastIndexOf(':') + 1));
    }
}
