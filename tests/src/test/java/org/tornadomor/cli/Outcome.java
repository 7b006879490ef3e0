package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What a command printed, and how it ended. */
public record Outcome(int code, String out, String err) {

    /** Runs a command line in this JVM. */
    public static Outcome of(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] words = new String[args.length];
        for (int i = 0; i < args.length; i++) {
            words[i] = args[i].toString();
        }
        int code = Main.run(new PrintWriter(out), new PrintWriter(err), words);
        return new Outcome(code, out.toString(), err.toString());
    }

    /** It did what was asked. */
    public Outcome succeeds() {
        assertEquals(0, code, err);
        return this;
    }

    /** It ended with this code and one line, in which these words stand; standard output stayed empty. */
    public void failsWith(int expectedCode, String... words) {
        assertEquals("", out);
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.startsWith("tornado-mor: "), err);
        assertTrue(err.endsWith(System.lineSeparator()), err);
        for (String word : words) {
            assertTrue(err.contains(word), "'" + word + "' is not in: " + err);
        }
        assertEquals(expectedCode, code, err);
    }
}
