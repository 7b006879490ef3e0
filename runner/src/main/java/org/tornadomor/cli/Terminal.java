package org.tornadomor.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Whether a person is looking, and at what. */
final class Terminal {
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

    /** Those that lead to a terminal. Looked at once: standard output may be taken over later. */
    private static final List<String> FOUND =
            STREAMS.keySet().stream().filter(Terminal::leadsToTerminal).toList();

    /** Back to the start of the line, and nothing on it. */
    static final String CLEAR_LINE = "\r\u001b[K";

    private Terminal() {}

    /** Whether standard output goes to a terminal. */
    static boolean showsResults() {
        return isTerminal("out");
    }

    /** Whether standard output goes to a terminal that shows colours; {@code NO_COLOR} turns them off. */
    static boolean showsColours() {
        return System.getenv("NO_COLOR") == null && showsResults();
    }

    /** Whether standard error goes to a terminal, which progress can be drawn on. */
    static boolean showsProgress() {
        return isTerminal("err");
    }

    /** Standard error, as a terminal or anything else needs it. */
    static PrintWriter messages() {
        return TerminalPrinter.on(System.err, System.err.charset(), showsProgress(), true);
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

    /** How many characters fit into a line. */
    private static int columns() {
        int columns = Integer.getInteger(COLUMNS_PROPERTY, 0);
        return columns < FEWEST_COLUMNS ? USUAL_COLUMNS : columns;
    }

    /**
     * A bar on standard error. The library is told how wide the terminal is: where it looks by itself it takes signals away from the
     * JVM, and Ctrl-C would end a run that should be saved.
     *
     * @param draw draws the bar, on a thread of its own
     */
    static ProgressBarBuilder bar(String task, Consumer<String> draw) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                .setConsumer(new DelegatingProgressBarConsumer(draw, columns() - 1));
    }
}
