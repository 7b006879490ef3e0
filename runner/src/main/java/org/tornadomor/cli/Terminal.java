package org.tornadomor.cli;

/** Whether a person is looking. */
final class Terminal {
    private Terminal() {}

    /** Whether standard output goes to a terminal that shows colours; {@code NO_COLOR} turns them off. */
    static boolean showsColours() {
        return System.getenv("NO_COLOR") == null
                && System.console() != null
                && System.console().isTerminal();
    }
}
