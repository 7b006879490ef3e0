package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.trainer.TinyRuns;

/** Terminals that know less, or whose owner wants less. */
@DisabledOnOs(OS.WINDOWS)
class PlainTerminalTest {
    private static final String ESCAPE = "\u001b";

    @TempDir
    Path temp;

    private Path config;

    @BeforeEach
    void makeConfig() throws IOException {
        config = Files.writeString(
                temp.resolve("tiny.yaml"), TinyRuns.config(TinyRuns.text(temp)).toYaml());
    }

    private String shown(Map<String, String> environment, Object... args) throws Exception {
        try (Pty terminal = Pty.program(environment, args)) {
            assertEquals(0, terminal.end(), terminal.output());
            // What the terminal itself makes of line ends.
            return terminal.output().replace("\r\n", "\n");
        }
    }

    @Test
    void oneThatOnlyPrintsGetsLines() throws Exception {
        Map<String, String> dumb = Map.of("TERM", "dumb");
        String train =
                shown(dumb, "train", "--config", config, "--steps", 2, "--samples", 0, "--out", temp.resolve("run"));
        assertFalse(train.contains(ESCAPE), train);
        assertFalse(train.contains("\r"), train);
        assertTrue(train.contains("step 1 (50.0 %)"), train);
        String help = shown(dumb, "help", "train");
        assertFalse(help.contains(ESCAPE), help);
    }

    @Test
    void withoutColoursThereAreNoEscapeSequences() throws Exception {
        Map<String, String> plain = Map.of("TERM", "xterm", "NO_COLOR", "1");
        String train =
                shown(plain, "train", "--config", config, "--steps", 2, "--samples", 0, "--out", temp.resolve("run"));
        assertFalse(train.contains(ESCAPE), train);
        assertTrue(train.contains("\rtrain "), train);
        Path model = Folders.bytes(temp.resolve("model"));
        String depths = shown(plain, "generate", model, "ab", "-n", 2, "--show-depth");
        assertFalse(depths.contains(ESCAPE), depths);
        assertTrue(depths.contains("mean depth"), depths);
    }

    @Test
    void coloursComeWhereNothingSpeaksAgainstThem() throws Exception {
        String help = shown(Map.of("TERM", "xterm", "NO_COLOR", ""), "help");
        assertTrue(help.contains(ESCAPE), help);
    }
}
