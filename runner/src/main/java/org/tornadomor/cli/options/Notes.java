package org.tornadomor.cli.options;

import java.io.PrintWriter;
import org.tornadomor.terminal.Terminal;
import org.tornadomor.terminal.TerminalPrinter;

/** Lines for a person that are no results. */
public final class Notes {
    private Notes() {}

    /** Prints a line to standard error, behind the name of the command. */
    public static void say(String text) {
        PrintWriter err = Terminal.messages();
        err.println(Installation.NAME + ": " + TerminalPrinter.line(err, text));
    }
}
