package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.files.Checksums;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.TinyRuns;

/** Ctrl-C in a terminal, where the bar is drawn. */
@DisabledOnOs(OS.WINDOWS)
class InterruptTest {
    private static final int ENDED = 130;

    @TempDir
    Path temp;

    private Path run;
    private Path config;

    @BeforeEach
    void makeConfig() throws IOException {
        run = temp.resolve("run");
        config = temp.resolve("tiny.yaml");
        Files.writeString(config, TinyRuns.config(TinyRuns.text(temp)).toYaml());
    }

    private Pty train(Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of("train", "--config", config, "--out", run, "--steps", 10_000_000));
        args.addAll(List.of(more));
        return Pty.start(args.toArray());
    }

    /** Says so, and leaves a checkpoint that a run can go on from. */
    private void saves(Pty terminal) throws InterruptedException {
        assertEquals(ENDED, terminal.end(), terminal.output());
        String shown = terminal.output();
        assertTrue(shown.contains("stopping: "), shown);
        assertTrue(shown.contains("--resume --out " + run), shown);
        Path checkpoint = RunFolder.latest(run);
        assertTrue(shown.contains("saved in " + checkpoint), shown);
        Checksums.verify(checkpoint);
    }

    /** The quick tests below interrupt under the bar too. */
    @Test
    @Tag("slow")
    void underTheBarItSaves() throws Exception {
        try (Pty terminal = train("--eval-every", 0, "--save-every", 0)) {
            saves(terminal.shows("loss ").interrupt());
        }
    }

    @Test
    void whileItEvaluatesItSaves() throws Exception {
        try (Pty terminal = train("--eval-every", 1, "--save-every", 0, "--set", "eval_samples=400")) {
            saves(terminal.shows("validation loss").interrupt());
        }
    }

    @Test
    void whileItSavesItFinishesThat() throws Exception {
        try (Pty terminal = train("--eval-every", 0, "--save-every", 1)) {
            saves(terminal.shows("step 2  saved").interrupt());
        }
    }

    @Test
    void theSecondTimeItEndsAtOnce() throws Exception {
        // The first evaluation would take hours.
        Path text = temp.resolve("long.txt");
        Files.writeString(text, "The quick brown fox jumps over the lazy dog.\n".repeat(40_000));
        Object[] more = {"--data", text, "--hold-out", "50%", "--set", "eval_samples=10000000", "--eval-every", 1};
        try (Pty terminal = train(more)) {
            terminal.shows("loss ").interrupt().shows("stopping: ").interrupt();
            assertEquals(ENDED, terminal.end(), terminal.output());
            assertFalse(Files.exists(run.resolve("checkpoints/latest")), terminal.output());
        }
    }

    @Test
    void beforeThereIsAnythingToSaveItEndsAtOnce() throws Exception {
        Path text = temp.resolve("long.txt");
        Files.writeString(text, "The quick brown fox jumps over the lazy dog.\n".repeat(1_000_000));
        // Bytes would be read in no time.
        Path tokenizer = Path.of("src/test/resources/tokenizer/byte-level");
        try (Pty terminal = Pty.start("train", "--data", text, "--tokenizer", tokenizer, "--out", run)) {
            assertEquals(ENDED, terminal.shows("reading ").interrupt().end(), terminal.output());
            assertFalse(terminal.output().contains("stopping: "), terminal.output());
        }
        // Nothing is in the way of another attempt.
        Outcome.of("train", "--config", config, "--out", run, "--steps", 1).succeeds();
    }

    @Test
    @Tag("slow")
    void theDemoSaves() throws Exception {
        try (Pty terminal = Pty.start("demo", "--out", run)) {
            assertEquals(ENDED, terminal.shows("loss ").interrupt().end(), terminal.output());
            assertTrue(terminal.output().contains("The model is in " + RunFolder.latest(run)), terminal.output());
        }
    }
}
