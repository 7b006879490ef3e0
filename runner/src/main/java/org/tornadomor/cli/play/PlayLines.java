package org.tornadomor.cli.play;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.ExitCode;

/** Plays without a terminal: each line of standard input is an input. Texts go to standard output, the rest to standard error. */
final class PlayLines implements PlaySession.Display {
    private final PlaySession session;
    private final PrintWriter out;
    private final PrintWriter err;

    PlayLines(PlaySession session, PrintWriter out, PrintWriter err) {
        this.session = session;
        this.out = out;
        this.err = err;
    }

    /**
     * Plays until the lines end.
     *
     * @return the exit code
     * @throws UserError if an input makes no sense: nobody is there to try another
     */
    int run() {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8.newDecoder()));
        try {
            for (String input = next(lines); input != null; input = next(lines)) {
                if (!input.isEmpty() && session.take(input, this, () -> false) == PlaySession.Outcome.LEFT) {
                    break;
                }
            }
        } catch (CharacterCodingException e) {
            throw new UserError("standard input is not valid UTF-8: convert it", e);
        } catch (IOException e) {
            throw new UserError("cannot read standard input: " + e.getMessage(), e);
        }
        return ExitCode.OK;
    }

    /** A line, with those that it goes on in; null at the end. */
    private static String next(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        StringBuilder input = new StringBuilder();
        while (line != null && line.endsWith("\\")) {
            input.append(line, 0, line.length() - 1).append('\n');
            line = lines.readLine();
        }
        return line == null && input.isEmpty()
                ? null
                : input.append(line == null ? "" : line).toString();
    }

    @Override
    public void show(String text, int depth) {
        out.print(text);
        out.flush();
    }

    @Override
    public void figures(String line) {
        out.println();
        out.flush();
        tell(line);
    }

    @Override
    public void tell(String text) {
        err.println(text);
        err.flush();
    }
}
