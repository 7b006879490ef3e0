package org.tornadomor.terminal;

import java.util.List;
import me.tongfei.progressbar.ProgressBar;

/** How far a long task is: a bar on standard error where that is a terminal, nothing elsewhere. */
public final class Progress implements AutoCloseable {
    private static final double NANOS = 1e9;

    private final ProgressLine line;
    private final String unit;
    private final long began = System.nanoTime();
    /** Null without a terminal. */
    private final ProgressBar bar;

    private long done;

    private Progress(ProgressLine line, String unit, ProgressBar bar) {
        this.line = line;
        this.unit = unit;
        this.bar = bar;
    }

    /**
     * Begins a task.
     *
     * @param unit what is counted, such as {@code tok}
     * @param total how many there are, or -1 if nobody knows
     */
    public static Progress start(String task, String unit, long total) {
        if (!Terminal.showsProgress()) {
            return new Progress(null, unit, null);
        }
        ProgressLine line = new ProgressLine(task, System.err.charset());
        return new Progress(
                line,
                unit,
                Terminal.bar(line, Progress::write).setInitialMax(total).build());
    }

    private static void write(String text) {
        System.err.print("\r" + text);
        System.err.flush();
    }

    /** So many more are done. */
    public void advance(long count) {
        if (bar != null) {
            done += count;
            double rate = done * NANOS / Math.max(1, System.nanoTime() - began);
            line.details(List.of(Figures.scaled(rate) + " " + unit + "/s", Figures.scaled(done) + " " + unit));
            bar.stepBy(count);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            write(Terminal.clearLine());
        }
    }
}
