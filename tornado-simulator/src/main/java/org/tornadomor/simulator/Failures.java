package org.tornadomor.simulator;

/** Carries unchecked exceptions from one thread to another. */
final class Failures {

    private Failures() {}

    /** Throws what another thread caught; null is no failure. */
    static void rethrow(Throwable unchecked) {
        if (unchecked instanceof RuntimeException e) {
            throw e;
        }
        if (unchecked instanceof Error e) {
            throw e;
        }
    }
}
