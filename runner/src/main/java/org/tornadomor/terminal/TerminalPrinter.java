package org.tornadomor.terminal;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.Charset;
import java.util.Locale;

/**
 * Prints to a terminal. Texts come from anywhere: prompts, models, names of files. What would command the terminal is shown instead of
 * sent: {@code ^[} for an escape and likewise for the other control characters, {@code <U+202E>} for those beyond ASCII and for those
 * that change the direction of what follows. Line ends and tabs stay. What this program itself has to say to a terminal goes through
 * {@link #send}.
 */
public final class TerminalPrinter extends PrintWriter {
    private static final char ESCAPED = 0x40;
    private static final char DELETE = 0x7f;

    private final Writer terminal;
    private final int columns;

    /** A printer to a terminal of this width. @param autoFlush whether each line is shown at once */
    public TerminalPrinter(Writer terminal, boolean autoFlush, int columns) {
        super(new Visible(terminal), autoFlush);
        this.terminal = terminal;
        this.columns = columns;
    }

    /** How many characters fit into a line; where no terminal is, any number. */
    public static int columns(PrintWriter out) {
        return out instanceof TerminalPrinter printer ? printer.columns : Integer.MAX_VALUE;
    }

    /** A printer to a stream: this one if it leads to a terminal, else one that leaves everything as it is. */
    public static PrintWriter on(OutputStream stream, Charset charset, boolean toTerminal, boolean autoFlush) {
        Writer writer = new BufferedWriter(new OutputStreamWriter(stream, charset));
        return toTerminal
                ? new TerminalPrinter(writer, autoFlush, Terminal.columns())
                : new PrintWriter(writer, autoFlush);
    }

    /** Prints a control sequence of this program. */
    public static void send(PrintWriter out, String sequence) {
        if (out instanceof TerminalPrinter printer) {
            printer.send(sequence);
        } else {
            out.print(sequence);
        }
    }

    private void send(String sequence) {
        synchronized (lock) {
            try {
                terminal.write(sequence);
            } catch (IOException e) {
                setError();
            }
        }
    }

    /** To the same place, with nothing changed: for text of this program that has colours in it. */
    public static PrintWriter unchanged(PrintWriter out) {
        return out instanceof TerminalPrinter printer ? new PrintWriter(printer.terminal, true) : out;
    }

    /** How a text shows, for callers that count its columns. */
    public static String shown(PrintWriter out, String text) {
        return out instanceof TerminalPrinter ? visible(text, false) : text;
    }

    /** How a text shows that must not end its line, such as the cell of a table. */
    public static String line(PrintWriter out, String text) {
        return out instanceof TerminalPrinter ? visible(text, true) : text;
    }

    private static String visible(String text, boolean oneLine) {
        StringBuilder result = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isSafe(c) && !(oneLine && Character.isISOControl(c))) {
                result.append(c);
            } else {
                show(c, result);
            }
        }
        return result.toString();
    }

    private static boolean isSafe(char c) {
        return c == '\n' || c == '\t' || !Character.isISOControl(c) && !turnsText(c);
    }

    /** Embeddings, overrides and isolates of the bidirectional algorithm, which make a text look like another. */
    private static boolean turnsText(char c) {
        return c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069';
    }

    private static void show(char c, StringBuilder to) {
        if (c <= DELETE) {
            to.append('^').append((char) (c ^ ESCAPED));
        } else {
            to.append(String.format(Locale.ROOT, "<U+%04X>", (int) c));
        }
    }

    /** The text as it is shown. */
    private static final class Visible extends Writer {
        private final Writer terminal;
        private final StringBuilder shown = new StringBuilder();
        /** A carriage return alone would write over the line; before a line feed it is part of a line end. */
        private boolean returns;

        Visible(Writer terminal) {
            this.terminal = terminal;
        }

        @Override
        public void write(char[] text, int offset, int length) throws IOException {
            synchronized (lock) {
                shown.setLength(0);
                for (int i = offset; i < offset + length; i++) {
                    add(text[i]);
                }
                terminal.append(shown);
            }
        }

        private void add(char c) {
            if (returns) {
                returns = false;
                if (c == '\n') {
                    shown.append('\r');
                } else {
                    show('\r', shown);
                }
            }
            if (c == '\r') {
                returns = true;
            } else if (isSafe(c)) {
                shown.append(c);
            } else {
                show(c, shown);
            }
        }

        @Override
        public void flush() throws IOException {
            terminal.flush();
        }

        @Override
        public void close() throws IOException {
            if (returns) {
                terminal.write("^M");
                returns = false;
            }
            terminal.close();
        }
    }
}
