package org.tornadomor.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.Folders;
import org.tornadomor.cli.Main;
import org.tornadomor.cli.Outcome;
import org.tornadomor.cli.Pty;
import org.tornadomor.cli.play.DepthView;

/** Texts cannot command a terminal, and reach everything else as they are. */
class TerminalPrinterTest {
    private static final Path PROMPT = Path.of("src/test/resources/terminal/esc_prompt.txt");
    private static final String TITLE = "\u001b]0;PWNED-TITLE\u0007";
    private static final String TITLE_SHOWN = "^[]0;PWNED-TITLE^G";

    @TempDir
    Path temp;

    /** A command line in this JVM, as on a terminal. */
    private static Outcome onTerminal(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(
                new TerminalPrinter(out, false, 80),
                new TerminalPrinter(err, true, 80),
                Stream.of(args).map(Object::toString).toArray(String[]::new));
        return new Outcome(code, out.toString(), err.toString());
    }

    private static String printed(String text) {
        StringWriter terminal = new StringWriter();
        try (PrintWriter printer = new TerminalPrinter(terminal, false, 80)) {
            printer.print(text);
        }
        return terminal.toString();
    }

    @Test
    void whatCommandsATerminalIsShown() {
        assertEquals("a^[[31mb^?^@^H", printed("a\u001b[31mb\u007f\0\b"));
        assertEquals("<U+009B>31m<U+0085>", printed("\u009b31m\u0085"));
        assertEquals("<U+202E>x<U+2069>", printed("\u202ex\u2069"));
        String plain = "lines\nand\ttabs, \u00e4\u20ac\ud83d\ude00 \u05d0\u200f\n";
        assertEquals(plain, printed(plain));
    }

    @Test
    void aReturnBelongsToALineEndOrIsShown() {
        assertEquals("a\r\nb^Mc^M\r\n^M", printed("a\r\nb\rc\r\r\n\r"));
        StringWriter terminal = new StringWriter();
        PrintWriter printer = new TerminalPrinter(terminal, true, 80);
        printer.print("a\r");
        printer.flush();
        TerminalPrinter.send(printer, "\u001b[0m");
        printer.print("\n");
        assertEquals("a\u001b[0m\r\n", terminal.toString());
    }

    @Test
    void ownSequencesAreSentAndTextsAreAsWideAsTheyLook() {
        StringWriter terminal = new StringWriter();
        PrintWriter printer = new TerminalPrinter(terminal, true, 80);
        DepthView view = new DepthView(printer, true);
        view.show("\u001b", 1);
        assertEquals("\u001b[38;5;39m^[\u001b[0m", terminal.toString());
        terminal.getBuffer().setLength(0);
        view = new DepthView(printer, false);
        view.show("a\u001bb\n", 2);
        assertEquals(String.format("a^[b%n2222%n"), terminal.toString());
        terminal.getBuffer().setLength(0);
        new TextTable("name", "n").row("x\ny\u001b", "1").row("longer", "2").print(printer);
        assertEquals(String.format("name    n%nx^Jy^[  1%nlonger  2%n"), terminal.toString());
    }

    @Test
    void promptsAndWhatAModelWrites() throws IOException {
        Path model = Folders.bytes(temp.resolve("model"));
        int written = 0;
        for (int seed = 1; seed <= 4; seed++) {
            Object[] command = {
                "generate", "--model", model, "--prompt-file", PROMPT, "-n", 40, "--temperature", 3, "--seed", seed
            };
            String piped = Outcome.of(command).succeeds().out();
            assertTrue(piped.contains(TITLE) && piped.contains(Files.readString(PROMPT)), piped);
            String shown = onTerminal(command).succeeds().out();
            assertTrue(shown.contains(TITLE_SHOWN), shown);
            assertFalse(controls(shown), shown);
            written += controls(piped.substring(piped.indexOf("red") + 3)) ? 1 : 0;
        }
        // An untrained model of bytes writes control characters of its own, unless it ends its text early.
        assertTrue(written > 1, written + " of 4");
    }

    private static boolean controls(String text) {
        return text.chars().anyMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\t');
    }

    @Test
    void messagesAndNamesOfFiles() throws IOException {
        for (Object[] command : new Object[][] {
            {"info", temp.resolve(TITLE)},
            {"no\u001b[2Jsuch"},
            {"params", "x\u001b[2J"},
            {"train", "--data", temp.resolve(TITLE), "--out", temp.resolve("run")},
        }) {
            Outcome outcome = onTerminal(command);
            assertTrue(outcome.code() != 0, outcome.err());
            assertTrue(outcome.err().contains("^["), outcome.err());
            assertFalse(controls(outcome.err()), outcome.err());
        }
        // A text of several lines in a message of one.
        String lines = onTerminal("no\nsuch").err();
        assertEquals(1, lines.lines().count(), lines);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void itReachesTheTerminalThatWayAndHelpKeepsItsColours() throws Exception {
        Path model = Folders.bytes(temp.resolve("model"));
        try (Pty terminal = Pty.start("generate", "--model", model, "--prompt-file", PROMPT, "-n", 1, "--show-depth")) {
            assertEquals(0, terminal.end(), terminal.output());
            assertTrue(terminal.output().contains(TITLE_SHOWN), terminal.output());
            assertTrue(terminal.output().contains("\u001b[38;5;"), terminal.output());
            assertFalse(terminal.output().contains(TITLE), terminal.output());
        }
        String forced = System.setProperty("picocli.ansi", "true");
        try {
            assertTrue(onTerminal("generate", "--help").succeeds().out().contains("\u001b["));
        } finally {
            if (forced == null) {
                System.clearProperty("picocli.ansi");
            } else {
                System.setProperty("picocli.ansi", forced);
            }
        }
    }
}
