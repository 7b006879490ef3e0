package org.tornadomor.terminal;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarBuilder;

/** Whether a person is looking, and at what. */
public final class Terminal {
    /** Set by the launcher, which can ask; Java itself knows only whether input and output both are terminals. */
    private static final String PROPERTY = "tornadomor.terminals";

    /** Set by the launcher: how many characters fit into a line. */
    private static final String COLUMNS_PROPERTY = "tornadomor.columns";

    private static final int USUAL_COLUMNS = 80;
    private static final int FEWEST_COLUMNS = 20;
    private static final int REDRAW_MILLIS = 500;

    /** Where Linux says what a stream is, by the launcher's names of streams. */
    private static final Map<String, Path> STREAMS =
            Map.of("out", Path.of("/proc/self/fd/1"), "err", Path.of("/proc/self/fd/2"));

    /** The streams that lead to a terminal. They are looked at once: standard output may be taken over later. */
    private static final List<String> FOUND =
            STREAMS.keySet().stream().filter(Terminal::leadsToTerminal).toList();

    private Terminal() {}

    /** Whether standard output goes to a terminal. */
    public static boolean showsResults() {
        return isTerminal("out");
    }

    /** Whether standard output goes to a terminal that shows colours; {@code NO_COLOR} turns them off, unless it is empty. */
    public static boolean showsColours() {
        String unwanted = System.getenv("NO_COLOR");
        return (unwanted == null || unwanted.isEmpty()) && !isDumb() && showsResults();
    }

    /** Whether standard error goes to a terminal, which progress can be drawn on. */
    public static boolean showsProgress() {
        return showsMessages() && !isDumb();
    }

    private static boolean showsMessages() {
        return isTerminal("err");
    }

    /** Whether the terminal says that it prints and no more: it knows no colours and never goes back. */
    private static boolean isDumb() {
        return "dumb".equals(System.getenv("TERM"));
    }

    /** Standard error, as a terminal or anything else needs it. */
    public static PrintWriter messages() {
        return TerminalPrinter.on(System.err, System.err.charset(), showsMessages(), true);
    }

    private static boolean isTerminal(String stream) {
        String terminals = System.getProperty(PROPERTY);
        return terminals != null ? terminals.contains(stream) : FOUND.contains(stream);
    }

    private static boolean leadsToTerminal(String stream) {
        try {
            String target = Files.readSymbolicLink(STREAMS.get(stream)).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return System.console() != null && System.console().isTerminal();
        }
    }

    /** How many characters fit into a line of the terminal. */
    static int columns() {
        int columns = Integer.getInteger(COLUMNS_PROPERTY, 0);
        return columns < FEWEST_COLUMNS ? USUAL_COLUMNS : columns;
    }

    /** What empties a line that has text in it, and goes back to its start. No escape sequence, which NO_COLOR would not expect. */
    public static String clearLine() {
        return "\r" + " ".repeat(columns() - 1) + "\r";
    }

    /**
     * A bar on standard error. The library is told how wide the terminal is: where it looks by itself it takes signals away from the
     * JVM, and Ctrl-C would end a run that should be saved.
     *
     * @param line what is drawn
     * @param draw draws it, on a thread of its own
     */
    public static ProgressBarBuilder bar(ProgressLine line, Consumer<String> draw) {
        return new ProgressBarBuilder()
                .setRenderer(line)
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                .setConsumer(new DelegatingProgressBarConsumer(draw, columns() - 1));
    }
}
