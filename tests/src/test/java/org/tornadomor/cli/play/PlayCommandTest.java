package org.tornadomor.cli.play;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.Folders;
import org.tornadomor.cli.Outcome;
import org.tornadomor.cli.Pty;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;

class PlayCommandTest {
    private static final int LONG = 20_000;

    @TempDir
    static Path shared;

    private static Path model;

    @TempDir
    Path temp;

    @BeforeAll
    static void prepare() {
        model = Folders.bytes(shared.resolve("model"));
    }

    /** Plays without a terminal. */
    private static Outcome play(Path folder, String input, Object... options) {
        List<Object> args = new ArrayList<>(List.of("play", "--model", folder, "--max-new-tokens", 6));
        args.addAll(List.of(options));
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        try {
            return Outcome.of(args.toArray());
        } finally {
            System.setIn(before);
        }
    }

    /** What generate makes of a prompt with the same settings; its text alone, without the prompt, if {@code alone}. */
    private static String generated(String prompt, boolean alone, Object... options) {
        List<Object> args =
                new ArrayList<>(List.of("generate", "--model", model, "--max-new-tokens", 6, "--prompt", prompt));
        args.addAll(List.of(options));
        String text = Outcome.of(args.toArray()).succeeds().out();
        return alone ? text.substring(prompt.length()) : text;
    }

    /** The model with a chat template of its own. */
    private Path chatting() throws IOException {
        Path folder = Folders.bytes(temp.resolve("chat"));
        Files.writeString(
                folder.resolve("chat_template.jinja"),
                "{% for m in messages %}<{{ m.role[0] }}>{{ m.content }}{% endfor %}<a>");
        return folder;
    }

    @Test
    void eachLineIsContinued() {
        Outcome outcome = play(model, "class \n\nint x\n").succeeds();
        assertEquals(generated("class ", false) + generated("int x", false), outcome.out());
        assertTrue(outcome.err().contains("mean depth "), outcome.err());
        assertTrue(outcome.err().contains("6 tokens at "), outcome.err());
    }

    @Test
    void linesGoOnBehindABackslashAndCommandsMayBeText() {
        assertEquals(
                generated("a\nb", false), play(model, "a\\\nb\n").succeeds().out());
        assertEquals(
                generated("/** Returns", false),
                play(model, "/** Returns\n").succeeds().out());
        assertEquals(
                generated("/quit", false), play(model, "\\/quit\n").succeeds().out());
        assertEquals(generated("last", false), play(model, "last").succeeds().out());
    }

    @Test
    void settingsChangeOnTheWay() {
        Outcome outcome = play(model, "/depth 1\nab\n/depth 3\n/threshold 0\n/again\n/quit\nnever\n")
                .succeeds();
        assertEquals(
                generated("ab", false, "--max-depth", 1) + generated("ab", false, "--threshold", 0), outcome.out());
        assertTrue(outcome.err().contains("mean depth 1.00 of 3"), outcome.err());
        assertTrue(outcome.err().contains("mean depth 3.00 of 3, 0 %"), outcome.err());
        outcome = play(model, "/seed 9\n/temperature 1.5\nab\n/tokens 3\nab\n/settings\n")
                .succeeds();
        assertTrue(outcome.out().startsWith(generated("ab", false, "--seed", 9, "--temperature", 1.5)), outcome.out());
        assertTrue(outcome.err().contains("3 tokens at "), outcome.err());
        assertTrue(
                outcome.err().contains("threshold 0.5, depth 3 of 3, temperature 1.5, at most 3 tokens, seed 9"),
                outcome.err());
    }

    @Test
    void aTemplateMakesAConversation() throws IOException {
        Path chat = chatting();
        String out = play(chat, "Hi\nMore\n").succeeds().out();
        assertTrue(out.startsWith(generated("<u>Hi<a>", true)), out);
        String begun = "<u>Hi<a>" + out.substring(0, out.indexOf(System.lineSeparator())) + "<u>More<a>";
        assertTrue(out.endsWith(generated(begun, true)), out);
    }

    @Test
    void aQuestionIsAskedAgainAndForgotten() throws IOException {
        Path chat = chatting();
        String one = generated("<u>Hi<a>", true);
        assertEquals(one + one, play(chat, "Hi\n/again\n").succeeds().out());
        assertEquals(one + one, play(chat, "Hi\n/reset\nHi\n").succeeds().out());
        assertEquals(
                generated("<s>Be brief<u>Hi<a>", true),
                play(chat, "Hi\n", "--system", "Be brief").succeeds().out());
        assertEquals(
                generated("<s>Be brief<u>Hi<a>", true) + one,
                play(chat, "/system Be brief\nHi\n/system\n/again\n").succeeds().out());
        assertEquals(
                generated("Hi", false),
                play(chat, "Hi\n", "--chat-template", "none").succeeds().out());
    }

    @Test
    void anyModelHasThePlainTemplateOrOneOfAFile() throws IOException {
        assertEquals(
                generated("user: Hi\nassistant:", true, "--stop", "\nuser:"),
                play(model, "Hi\n", "--chat-template", "plain").succeeds().out());
        Path file = Files.writeString(temp.resolve("own.jinja"), "[{{ messages[-1].content }}]");
        assertEquals(
                generated("[Hi]", true),
                play(model, "Hi\n", "--chat-template", file).succeeds().out());
        play(model, "Hi\n", "--chat-template", temp.resolve("none.jinja")).failsWith(1, "none.jinja");
        Path bad = Files.writeString(temp.resolve("bad.jinja"), "{% if %}");
        play(model, "Hi\n", "--chat-template", bad).failsWith(1, "Cannot use the chat template", "bad.jinja");
    }

    @Test
    void refusesWithOneLine() {
        play(model, "/nonsense\n").failsWith(1, "/nonsense", "/help");
        play(model, "/depth 4\n").failsWith(1, "not from 1 to 3");
        play(model, "/depth x\n").failsWith(1, "whole number");
        play(model, "/threshold 2\n").failsWith(1, "not a probability");
        play(model, "/again\n").failsWith(1, "no input yet");
        play(model, "/system x\n").failsWith(1, "--chat-template plain");
        play(model, "a".repeat(Folders.POSITIONS + 1)).failsWith(1, "longer than the model's context");
        play(model, "", "--system", "x").failsWith(1, "--system changes nothing");
        play(model, "", "--max-depth", 4).failsWith(1, "--max-depth 4");
        play(model, "", "--greedy", "--top-k", 5).failsWith(1, "--top-k changes nothing");
        play(temp.resolve("nowhere"), "").failsWith(1, "nowhere");
    }

    @Test
    void aConversationThatIsTooLongCanBeForgotten() throws IOException {
        String input = "a".repeat(40) + "\n" + "b".repeat(40) + "\n";
        Outcome outcome = play(chatting(), input);
        assertEquals(1, outcome.code());
        assertTrue(outcome.err().contains("/reset begins anew"), outcome.err());
    }

    /** A model that writes for a while. */
    private Path longWriter() {
        Path folder = temp.resolve("long");
        ModelConfig config =
                new ModelConfig(257, 32, 64, 8, 4, 2, 8, 1e-5, 10000, LONG, true, 0.1, MorConfig.expertChoice(3));
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            Checkpoints.save(engine, weights, folder, DType.F32);
        }
        return folder;
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void onATerminalCtrlCStopsAnAnswerAndTwiceLeaves() throws Exception {
        try (Pty terminal = Pty.start("play", "--model", longWriter(), "--greedy", "-n", LONG - 100, "--threads", 1)) {
            terminal.shows("> ").type("go\r").thenShows("\u001b[38;5;").interrupt();
            terminal.thenShows("mean depth").thenShows("compute saved").thenShows("> ");
            terminal.type("/tokens 2\r").thenShows("at most 2 tokens").thenShows("> ");
            terminal.type("once more\r").thenShows("2 tokens at").thenShows("> ");
            terminal.interrupt()
                    .thenShows("Ctrl-C once more leaves.")
                    .thenShows("> ")
                    .interrupt();
            assertEquals(130, terminal.end(), terminal.output());
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void onATerminalInputsHaveLinesAndAHistory() throws Exception {
        try (Pty terminal = Pty.start("play", "--model", model, "-n", 2, "--chat-template", "plain")) {
            terminal.shows("> ").type("/nonsense\r").thenShows("there is no command /nonsense");
            terminal.thenShows("> ").type("\u0010\r").thenShows("there is no command /nonsense");
            terminal.thenShows("> ").type("/system one\u001b\rtwo\r").thenShows("The model is told so");
            terminal.thenShows("> ")
                    .type("/tokens \\\r")
                    .thenShows("\n. ")
                    .type("7\r")
                    .thenShows("at most 7 tokens");
            terminal.thenShows("> ").type("/quit\r");
            assertEquals(0, terminal.end(), terminal.output());
            assertFalse(terminal.output().contains("Exception"), terminal.output());
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void theEndOfInputLeaves() throws Exception {
        try (Pty terminal = Pty.start("play", "--model", model)) {
            terminal.shows("> ").type("\u0004");
            assertEquals(0, terminal.end(), terminal.output());
        }
    }
}
