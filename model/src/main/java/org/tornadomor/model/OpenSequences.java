package org.tornadomor.model;

import java.util.Arrays;

/** The sequences that a {@link Decoder} has places for, and which of them are open. */
final class OpenSequences {
    private final Line[] lines;
    private final int[] open;
    private int count;

    /** A sequence. */
    static final class Line {
        /** Recursions of each token that has left. */
        final int[] depths;
        /** Tokens so far. */
        int length;
        /** The most recursions of a token. */
        int deepest;
        /** Logit above which a token goes on. */
        float threshold;

        /** The rule by which tokens leave earlier; prompts, up to {@link #exitsFrom}, never do. */
        ExitRule exit = ExitRule.NONE;

        int exitsFrom;

        private boolean open;

        /** The rule by which a token at a position may leave, or null. */
        ExitRule exitAt(int position) {
            return exit.by() == ExitRule.By.NONE || position < exitsFrom ? null : exit;
        }

        /** How many of the first {@code count} tokens have the same keys in every sequence that begins alike. */
        int common(int count) {
            return exit.by() == ExitRule.By.NONE ? count : Math.min(count, exitsFrom);
        }

        private Line(int context) {
            depths = new int[context];
        }
    }

    OpenSequences(int sequences, int context) {
        lines = new Line[sequences];
        Arrays.setAll(lines, s -> new Line(context));
        open = new int[sequences];
    }

    /** How many are open. */
    int count() {
        return count;
    }

    /** The i-th of those that are open, in the order of their numbers. */
    int number(int i) {
        return open[i];
    }

    Line line(int sequence) {
        return lines[sequence];
    }

    /** Opens a sequence that is not open. @return its number, or -1 if all are open */
    int open() {
        for (int s = 0; s < lines.length; s++) {
            if (!lines[s].open) {
                lines[s].open = true;
                lines[s].length = 0;
                int at = count++;
                for (; at > 0 && open[at - 1] > s; at--) {
                    open[at] = open[at - 1];
                }
                open[at] = s;
                return s;
            }
        }
        return -1;
    }

    /** @throws IllegalStateException unless it is open */
    void close(int sequence) {
        if (!lines[sequence].open) {
            throw new IllegalStateException("sequence " + sequence + " is not open");
        }
        lines[sequence].open = false;
        int at = 0;
        while (open[at] != sequence) {
            at++;
        }
        System.arraycopy(open, at + 1, open, at, --count - at);
    }
}
