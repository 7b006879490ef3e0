package org.tornadomor.cli.play;

import java.io.IOException;
import java.io.PrintWriter;
import org.jline.keymap.KeyMap;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.Reference;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.Terminal.SignalHandler;
import org.jline.terminal.TerminalBuilder;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.ExitCode;
import org.tornadomor.terminal.Terminal;
import org.tornadomor.terminal.TerminalPrinter;

/** Plays on a terminal: inputs of several lines with a history, answers that Ctrl-C stops. */
final class PlayTerminal implements PlaySession.Display, AutoCloseable {
    private static final String NEW_LINE = "new-line";

    /** What a shell shows for a program that Ctrl-C ended. */
    private static final int INTERRUPTED = 130;

    /** For terminals that do not know their size, such as pipes that act as a terminal. */
    private static final Size USUAL_SIZE = Size.of(80, 24);

    private final PlaySession session;
    private final PrintWriter out;
    private final org.jline.terminal.Terminal terminal;
    private final LineReader reader;
    private final DepthView view;
    private volatile boolean stops;

    PlayTerminal(PlaySession session, PrintWriter out) throws IOException {
        this.session = session;
        this.out = out;
        view = Terminal.showsColours() ? new DepthView(out, true) : null;
        // Without this setting JLine asks the terminal what it knows and waits; a terminal that does not answer may
        // show the
        // question.
        terminal = TerminalBuilder.builder().system(true).graphemeCluster(false).build();
        if (terminal.getSize().getColumns() == 0) {
            terminal.setSize(USUAL_SIZE);
        }
        reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .parser(new Lines())
                .completer(new StringsCompleter(PlaySession.COMMANDS))
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, ". ")
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .build();
        reader.getWidgets().put(NEW_LINE, () -> {
            reader.getBuffer().write('\n');
            return true;
        });
        for (String key : new String[] {"\r", "\n"}) {
            reader.getKeyMaps().get(LineReader.MAIN).bind(new Reference(NEW_LINE), KeyMap.alt(key));
        }
    }

    /** A line that ends in a backslash goes on in the next one; no other character has a special meaning. */
    private static final class Lines implements Parser {
        private final DefaultParser words =
                new DefaultParser().escapeChars(null).quoteChars(new char[0]);

        @Override
        public ParsedLine parse(String line, int cursor, ParseContext context) {
            if (context == ParseContext.ACCEPT_LINE && line.endsWith("\\")) {
                throw new EOFError(-1, cursor, "goes on");
            }
            return words.parse(line, cursor, context);
        }
    }

    /**
     * Plays until the person leaves.
     *
     * @return the exit code
     */
    int run(int recursions) {
        tell((session.chats() ? "A conversation" : "The model has no chat template: it continues what you write")
                + ". /help lists commands, Ctrl-D leaves.");
        tell(session.settings());
        if (view != null && recursions > 1) {
            view.legend(recursions);
        }
        boolean interrupted = false;
        while (true) {
            out.flush();
            try {
                String input = reader.readLine("> ").replace("\\\n", "\n");
                interrupted = false;
                if (!input.isEmpty() && take(input) == PlaySession.Outcome.LEFT) {
                    return ExitCode.OK;
                }
            } catch (UserInterruptException e) {
                if (interrupted && e.getPartialLine().isEmpty()) {
                    return INTERRUPTED;
                }
                interrupted = e.getPartialLine().isEmpty();
                if (interrupted) {
                    tell("Ctrl-C once more leaves.");
                }
            } catch (EndOfFileException e) {
                return ExitCode.OK;
            }
        }
    }

    private PlaySession.Outcome take(String input) {
        stops = false;
        SignalHandler before = terminal.handle(Signal.INT, signal -> stops = true);
        try {
            return session.take(input, this, () -> stops);
        } catch (UserError e) {
            tell(TerminalPrinter.line(out, UserError.oneLine(e.getMessage())));
            return PlaySession.Outcome.TOLD;
        } finally {
            terminal.handle(Signal.INT, before);
        }
    }

    @Override
    public void show(String text, int depth) {
        if (view != null) {
            view.show(text, depth);
        } else {
            out.print(text);
            out.flush();
        }
    }

    @Override
    public void figures(String line) {
        out.println();
        faint(line);
    }

    @Override
    public void tell(String text) {
        faint(text);
    }

    private void faint(String text) {
        if (view != null) {
            TerminalPrinter.send(out, "\u001b[2m");
        }
        out.print(text);
        if (view != null) {
            TerminalPrinter.send(out, "\u001b[0m");
        }
        out.println();
        out.flush();
    }

    @Override
    public void close() throws IOException {
        terminal.close();
    }
}
