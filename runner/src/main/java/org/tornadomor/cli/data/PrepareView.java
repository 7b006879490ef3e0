package org.tornadomor.cli.data;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import org.tornadomor.data.PrepareListener;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Layout;
import org.tornadomor.terminal.ProgressLine;
import org.tornadomor.terminal.Terminal;
import org.tornadomor.terminal.TerminalPrinter;

/** Shows how far the preparation of a corpus is: a bar on a terminal, a line every few seconds elsewhere. */
final class PrepareView implements PrepareListener, AutoCloseable {
    private static final long LINE_NANOS = 5_000_000_000L;
    private static final long BAR_NANOS = 100_000_000L;
    private static final int STEPS = 1000;
    private static final double NANOS = 1e9;
    private static final double MEGA = 1e6;

    private final PrintWriter err;
    private final ProgressLine line;
    private final ProgressBar bar;
    private final long began = System.nanoTime();
    private long lastShown = began;

    private PrepareView(PrintWriter err, boolean terminal) {
        this.err = err;
        this.line = new ProgressLine("prepare", System.err.charset());
        this.bar = terminal
                ? Terminal.bar(line, text -> write("\r", text))
                        .setInitialMax(STEPS)
                        .build()
                : null;
    }

    /** A view on standard error. */
    static PrepareView on(PrintWriter err) {
        return new PrepareView(err, Terminal.showsProgress());
    }

    @Override
    public void progress(double share, long textBytes) {
        long now = System.nanoTime();
        if (now - lastShown < (bar == null ? LINE_NANOS : BAR_NANOS)) {
            return;
        }
        lastShown = now;
        double seconds = (now - began) / NANOS;
        double rate = textBytes / seconds / MEGA;
        if (bar != null) {
            bar.stepTo((long) (share * STEPS));
            line.details(List.of(
                    String.format(Locale.ROOT, "%.1f MB/s", rate),
                    String.format(Locale.ROOT, "%,.0f MB of text", textBytes / MEGA)));
        } else {
            write(
                    "",
                    String.format(
                            Locale.ROOT,
                            "%.1f %%  %,.1f MB of text, %.1f MB/s%s%n",
                            100 * share,
                            textBytes / MEGA,
                            rate,
                            share > 0 ? "  " + Figures.duration(seconds * (1 - share) / share) + " left" : ""));
        }
    }

    @Override
    public void message(String text) {
        String lines = String.join(System.lineSeparator(), Layout.wrap(text, "", "  ", TerminalPrinter.columns(err)));
        write(bar == null ? "" : Terminal.clearLine(), lines + System.lineSeparator());
    }

    /** The bar draws on a thread of its own. */
    private synchronized void write(String control, String text) {
        TerminalPrinter.send(err, control);
        err.print(text);
        err.flush();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            write(Terminal.clearLine(), "");
        }
    }
}
