package org.tornadomor.terminal;

import java.nio.charset.Charset;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * One line that says how far a task is: its name, per cent, a bar, details and the time that is left. Where the line is short, the bar
 * shrinks first, then details go, the last first. Nothing is ever cut.
 */
public final class ProgressLine implements ProgressBarRenderer {
    private static final int SHORTEST_BAR = 8;
    private static final int LONGEST_BAR = 40;
    private static final int BRACKETS = 2;
    private static final String BETWEEN = ", ";
    private static final double MILLIS = 1000;

    private final String task;
    private final char full;
    private volatile List<String> details = List.of();

    /** @param charset what the terminal is sent: without blocks in it, the bar is made of number signs */
    public ProgressLine(String task, Charset charset) {
        this.task = task;
        this.full = charset.newEncoder().canEncode('\u2588') ? '\u2588' : '#';
    }

    /** What to show behind the bar from now on, the most important first. */
    public void details(List<String> texts) {
        details = List.copyOf(texts);
    }

    @Override
    public String render(ProgressState state, int width) {
        String line;
        if (state.isIndefinite() || state.getMax() < 0) {
            line = draw(-1, "", width);
        } else {
            double share = state.getMax() == 0 ? 0 : Math.min(1, (double) state.getCurrent() / state.getMax());
            line = draw(share, left(state), width);
        }
        // A longer one may have stood there.
        return line + " ".repeat(width - line.length());
    }

    /** The time that the rest takes if it goes as before; nothing where that is not known yet. */
    private static String left(ProgressState state) {
        long done = state.getCurrent() - state.getStart();
        long rest = state.getMax() - state.getCurrent();
        Duration taken = state.getElapsedAfterStart();
        return done <= 0 || rest <= 0 ? "" : Figures.duration(taken.toMillis() / MILLIS * rest / done) + " left";
    }

    /**
     * The line.
     *
     * @param share how much is done, 0 to 1, or negative if nobody knows how much there is
     * @param left the time that is left, in words, or nothing
     * @param width how many characters it may take
     */
    String draw(double share, String left, int width) {
        String head = share < 0 ? task : task + String.format("%4d %%", (int) (100 * share));
        List<String> shown = new ArrayList<>(details);
        String tail = tail(left, shown);
        int room = width - head.length() - tail.length() - 1 - BRACKETS;
        while (!shown.isEmpty() && (share < 0 ? room < 0 : room < SHORTEST_BAR)) {
            shown.removeLast();
            tail = tail(left, shown);
            room = width - head.length() - tail.length() - 1 - BRACKETS;
        }
        if (share < 0 || room < SHORTEST_BAR) {
            String line = head + tail;
            return line.length() <= width ? line : head.length() <= width ? head : "";
        }
        int cells = Math.min(room, LONGEST_BAR);
        int done = (int) (share * cells);
        return head + " |" + String.valueOf(full).repeat(done) + " ".repeat(cells - done) + "|" + tail;
    }

    private static String tail(String left, List<String> details) {
        List<String> parts = new ArrayList<>();
        if (!left.isEmpty()) {
            parts.add(left);
        }
        parts.addAll(details);
        return parts.isEmpty() ? "" : " " + String.join(BETWEEN, parts);
    }
}
