package org.tornadomor.cli.play;

import java.io.PrintWriter;
import java.util.Locale;
import org.tornadomor.language.Generation;
import org.tornadomor.terminal.TerminalPrinter;

/**
 * Shows text with the recursion depth of each piece: as colours on a terminal, elsewhere as a line of digits under each line of
 * text.
 */
public final class DepthView {
    /** Depth 1, 2, 3, ... : from cool to warm (256-colour codes). */
    private static final int[] COLOURS = {39, 48, 220, 208, 196, 201};

    private static final String RESET = "\u001b[0m";

    private final PrintWriter out;
    private final boolean colours;
    private final StringBuilder line = new StringBuilder();
    private final StringBuilder digits = new StringBuilder();

    public DepthView(PrintWriter out, boolean colours) {
        this.out = out;
        this.colours = colours;
    }

    /** Shows a piece of text. @param depth its depth, or 0 for text that has none */
    public void show(String text, int depth) {
        if (colours) {
            if (depth == 0) {
                out.print(text);
            } else {
                coloured(text, depth);
            }
            out.flush();
            return;
        }
        char digit = depth == 0 ? ' ' : depth > 9 ? '+' : (char) ('0' + depth);
        text.codePoints().forEach(c -> {
            if (c == '\n') {
                endLine();
            } else {
                String shown = TerminalPrinter.shown(out, Character.toString(c));
                line.append(shown);
                digits.repeat(c == '\t' ? '\t' : digit, shown.codePointCount(0, shown.length()));
            }
        });
    }

    private void coloured(String text, int depth) {
        TerminalPrinter.send(out, "\u001b[38;5;" + COLOURS[Math.min(depth, COLOURS.length) - 1] + "m");
        out.print(text);
        TerminalPrinter.send(out, RESET);
    }

    private void endLine() {
        out.println(line);
        if (!digits.toString().isBlank()) {
            out.println(digits.toString().stripTrailing());
        }
        out.flush();
        line.setLength(0);
        digits.setLength(0);
    }

    /** A line with the colour of each depth. */
    void legend(int recursions) {
        out.print("depth ");
        for (int depth = 1; depth <= recursions; depth++) {
            coloured(Integer.toString(depth), depth);
            out.print(' ');
        }
        out.println();
    }

    /** Ends the text and says what its depths mean. */
    public void finish(Generation generation, int recursions) {
        if (colours) {
            out.println();
            legend(recursions);
        } else {
            endLine();
        }
        if (generation.tokens().length == 0) {
            out.println("no new tokens: the first was an end");
        } else {
            out.printf(
                    Locale.ROOT,
                    "mean depth %.2f of %d, %.0f %% of the layers' compute saved%n",
                    generation.meanDepth(),
                    recursions,
                    100 * generation.computeSaved());
        }
        out.flush();
    }
}
