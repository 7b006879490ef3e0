package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Named pipes and devices, which would make a program wait without a word, wherever a file is named. */
@DisabledOnOs(OS.WINDOWS)
class OddFilesTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private Path out;

    @BeforeEach
    void nameOut() {
        out = folder.resolve("out");
    }

    private Path pipe(String name) throws IOException {
        Path pipe = folder.resolve(name);
        Files.createDirectories(pipe.getParent());
        try {
            assertEquals(
                    0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return pipe;
    }

    private static void refused(Object... command) {
        Outcome outcome = assertTimeoutPreemptively(LIMIT, () -> Outcome.of(command), List.of(command)::toString);
        outcome.failsWith(1);
    }

    @Test
    void pipesAreRefusedWhereverAFileIsNamed() throws IOException {
        Path pipe = pipe("pipe");
        Path zip = pipe("pipe.zip");
        refused("data", "prepare", pipe, "-o", out);
        refused("data", "prepare", zip, "-o", out);
        refused("data", "prepare", pipe("pipe.parquet"), "-o", out);
        refused("data", "prepare", pipe("pipe.json.gz"), "-o", out);
        refused("data", "prepare", folder.resolve("texts"), "--tokenizer", pipe, "-o", out);
        refused("train", "--data", pipe, "--out", out);
        refused("train", "--config", pipe, "--out", out);
        refused("train", "--init", pipe, "--out", out);
        refused("tokenizer", "train", pipe, "-o", out);
        refused("tokenizer", "info", pipe);
        refused("tokenizer", "info", "bytes", "--data", pipe);
        refused("experiment", pipe, "--dry-run");
        refused("params", pipe);
        refused("info", pipe);
        refused("report", pipe);
        refused("generate", "--model", pipe, "--prompt", "x");
        refused("data", "info", pipe);
    }

    @Test
    void pipesWithinFoldersAreRefused() throws IOException {
        for (String name : List.of("corpus/manifest.json", "corpus2/progress.json")) {
            Path pipe = pipe(name);
            refused("data", "info", pipe.getParent());
        }
        Path config = pipe("model/config.json");
        refused("info", config.getParent());
        refused("evaluate", "--model", config.getParent(), "--data", folder);
        Path checkpoints = pipe("run/checkpoints/latest").getParent();
        refused("info", checkpoints.getParent());
        Path metrics = pipe("run2/metrics.jsonl");
        Files.writeString(metrics.resolveSibling("config.yaml"), "steps: 1");
        refused("report", metrics.getParent());
        // In a folder of text they are passed over, as everything is that is no file.
        Path texts = pipe("texts/pipe.txt").getParent();
        Files.writeString(texts.resolve("a.txt"), "some words");
        Outcome outcome = assertTimeoutPreemptively(
                LIMIT, () -> Outcome.of("data", "prepare", texts, "--hold-out", 0, "-o", out));
        assertTrue(outcome.succeeds().out().contains("10"));
    }

    @Test
    void devicesAreRefused() {
        refused("data", "prepare", "/dev/zero", "-o", out);
        refused("train", "--config", "/dev/zero", "--out", out);
        refused("tokenizer", "info", "/dev/zero");
    }

    @Test
    void folderOfAReportIsMade() {
        refused("report", folder.resolve("none"), "-o", folder + "/x/y/z.html");
        Outcome.of("report", folder, "-o", folder.resolve("new") + "/").failsWith(1, "give the name of a file");
    }

    @Test
    void errorsAreBounded() throws IOException {
        Path file = folder.resolve("x.jsonl");
        Files.writeString(file, "{\"" + "k".repeat(40_000) + "\": 1, \"" + "l".repeat(40_000) + "\": 1}");
        Outcome keys = Outcome.of("data", "prepare", file, "-o", out);
        keys.failsWith(1, "no field 'text' in", "--text-field");
        assertTrue(keys.err().length() < 2500, () -> keys.err().length() + "");
        Outcome option = Outcome.of("data", "prepare", file, "-o", out, "--hold-out", "9".repeat(100_000) + "x");
        option.failsWith(1, "--hold-out");
        assertTrue(option.err().length() < 2500, () -> option.err().length() + "");
        Outcome usage = Outcome.of("data", "prepare", "--" + "x".repeat(100_000));
        assertEquals(2, usage.code());
        assertTrue(usage.err().length() < 2500, () -> usage.err().length() + "");
    }
}
