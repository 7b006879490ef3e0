package org.tornadomor.cli;

/** Whether a person is looking. */
final class Terminal {
    /** Set by the launcher, which can ask; Java itself knows only whether input and output both are terminals. */
    private static final String PROPERTY = "tornadomor.terminals";

    /** Back to the start of the line, and nothing on it. */
    static final String CLEAR_LINE = "\r\u001b[K";

    private Terminal() {}

    /** Whether standard output goes to a terminal that shows colours; {@code NO_COLOR} turns them off. */
    static boolean showsColours() {
        return System.getenv("NO_COLOR") == null && isTerminal("out");
    }

    /** Whether standard error goes to a terminal, which progress can be drawn on. */
    static boolean showsProgress() {
        return isTerminal("err");
    }

    private static boolean isTerminal(String stream) {
        String terminals = System.getProperty(PROPERTY);
        return terminals != null
                ? terminals.contains(stream)
                : System.console() != null && System.console().isTerminal();
    }
}
