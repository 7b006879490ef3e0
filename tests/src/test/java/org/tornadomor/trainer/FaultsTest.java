package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;
import org.tornadomor.files.Checksums;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.io.CheckpointFolder;
import tools.jackson.databind.json.JsonMapper;

/** Whatever happens to a run, it says so in a line and loses nothing that it had saved. */
class FaultsTest {
    private static final int MOST_STEPS_OF_A_LIFE = 4;
    private static final long MOST_NANOS_AFTER_A_STEP = 4_000_000;
    private static final long DEADLINE_SECONDS = 60;
    private static final int BLOCK = 1 << 10;

    @TempDir
    Path temp;

    private TrainingConfig config;
    private Path run;

    @BeforeEach
    void makeConfig() {
        config = TinyRuns.with(
                TinyRuns.config(TinyRuns.text(temp)), "schedule=constant", "eval_every=4", "save_every=3");
        run = temp.resolve("run");
    }

    /** All that is computed, at full precision: steps and losses of the log. */
    private static List<String> curve(Path folder) throws IOException {
        return Files.readAllLines(folder.resolve(MetricsLog.FILE)).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .map(line -> line.path("step") + " " + line.path("loss") + " " + line.path("grad_norm") + " "
                        + line.path("val_loss") + " " + line.path("val_loss_causal"))
                .toList();
    }

    @Test
    void killedTwiceTheCurveIsTheSame() throws Exception {
        killed(2);
    }

    @Tag("slow")
    @Test
    void killedTwentyTimesTheCurveIsTheSame() throws Exception {
        killed(20);
    }

    private void killed(int times) throws Exception {
        TrainingConfig whole = TinyRuns.with(
                config,
                "model.mor={num_recursions: 2, router: expert_choice}",
                "accumulate=1",
                "steps=" + (times + 1) * MOST_STEPS_OF_A_LIFE);
        Path yaml = Files.writeString(temp.resolve("config.yaml"), whole.toYaml());
        Path straight = temp.resolve("straight");
        TinyRuns.train(whole, straight);
        Random random = new Random(times);
        for (int i = 0; i < times; i++) {
            assertEquals(137, life(yaml, random.nextInt(MOST_STEPS_OF_A_LIFE), random), "killed " + i);
        }
        assertEquals(0, life(yaml, Integer.MAX_VALUE, random));
        assertEquals(curve(straight), curve(run));
        ResumeTest.assertSame(straight, run);
    }

    /** Lets a JVM train, and kills it some time after it took so many steps. @return its exit code */
    private int life(Path yaml, int steps, Random random) throws IOException, InterruptedException {
        Path errors = temp.resolve("errors.txt");
        Process process = start(yaml, ProcessBuilder.Redirect.to(errors.toFile()));
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            int taken = 0;
            while (taken < steps && lines.readLine() != null) {
                taken++;
            }
            if (taken == steps) {
                LockSupport.parkNanos(random.nextLong(MOST_NANOS_AFTER_A_STEP));
                process.destroyForcibly();
            }
        }
        assertTrue(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS), "it ends");
        assertFalse(Files.readString(errors).contains("Exception"), Files.readString(errors));
        return process.exitValue();
    }

    /** A run in a JVM of its own. */
    private Process start(Path yaml, ProcessBuilder.Redirect errors) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledRun.class.getName(),
                        yaml.toString(),
                        run.toString())
                .redirectError(errors)
                .start();
    }

    /** The disk is full at one place after the other. */
    @Test
    void aFullDiskIsSaidAndNothingIsLost() throws IOException {
        TrainingConfig whole = config.with("steps", "9");
        Path straight = temp.resolve("straight");
        TinyRuns.train(whole, straight);
        long needed = size(straight);
        int failures = 0;
        for (int i : new int[] {1, 3, 5, 7, 9, 24}) {
            Path copy = temp.resolve("copy" + i);
            boolean full;
            try (FileSystem disk = Jimfs.newFileSystem(Configuration.unix().toBuilder()
                    .setBlockSize(BLOCK)
                    .setMaxSize(needed * i / 8)
                    .build())) {
                Path folder = disk.getPath("/work/run");
                full = isFull(whole, folder);
                copy(folder, copy);
            }
            failures += full ? 1 : 0;
            if (full && Files.exists(copy.resolve(RunFolder.CONFIG_FILE))) {
                TinyRuns.resume(RunFolder.config(copy), copy);
                assertEquals(curve(straight), curve(copy));
                ResumeTest.assertSame(straight, copy);
            }
        }
        assertEquals(5, failures, "disks that were full");
    }

    private static boolean isFull(TrainingConfig config, Path folder) {
        try {
            TinyRuns.train(config, folder);
            return false;
        } catch (UserError e) {
            assertTrue(e.getMessage().contains("no space left on the device"), e.getMessage());
            assertEquals(1, e.getMessage().lines().count());
            return true;
        }
    }

    private static long size(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.mapToLong(file -> file.toFile().length() + BLOCK).sum();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        if (!Files.exists(from)) {
            return;
        }
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    /** Whoever runs this: nobody may write below /proc or /sys. */
    @ParameterizedTest
    @ValueSource(strings = {"/proc", "/sys", "/sys/kernel"})
    void aReadOnlyFolderIsSaid(String folder) {
        assumeTrue(Files.isDirectory(Path.of(folder)));
        UserError error = assertThrows(UserError.class, () -> TinyRuns.train(config, Path.of(folder, "run")));
        assertTrue(error.getMessage().startsWith("Cannot create " + folder + "/run: "), error.getMessage());
        assertEquals(1, error.getMessage().lines().count());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {TensorSource.MODEL_FILE, CheckpointFolder.TRAINING_STATE_FILE, CheckpointFolder.CONFIG_FILE})
    void aDamagedCheckpointIsRefusedAndTheOneBeforeGoesOn(String name) throws IOException {
        TrainingConfig whole = config.with("steps", "8");
        Path straight = temp.resolve("straight");
        TinyRuns.train(whole, straight);
        TinyRuns.train(whole, run, 6, TrainingListener.NONE);
        Path newest = RunFolder.latest(run);
        Path file = newest.resolve(name);
        byte[] bytes = Files.readAllBytes(file);
        byte[] flipped = bytes.clone();
        flipped[flipped.length - 3] ^= 4;
        Files.write(file, flipped);
        refused(newest, name);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 50));
        refused(newest, name);
        Files.delete(file);
        refused(newest, name);
        deleteFolder(newest);
        TinyRuns.resume(RunFolder.config(run), run);
        assertEquals(curve(straight), curve(run));
        ResumeTest.assertSame(straight, run);
    }

    private void refused(Path checkpoint, String file) throws IOException {
        List<String> before = curve(run);
        String message = assertThrows(UserError.class, () -> TinyRuns.resume(RunFolder.config(run), run))
                .getMessage();
        assertTrue(message.contains(checkpoint + " is damaged (") && message.contains(file), message);
        assertTrue(message.endsWith("remove the folder " + checkpoint + " to resume from step-000003"), message);
        assertEquals(before, curve(run), "the log stays as it was");
        assertTrue(Files.exists(checkpoint), "it is not for the program to remove it");
    }

    private static void deleteFolder(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void checkpointsWithoutChecksumsGoOn() throws IOException {
        TrainingConfig whole = config.with("steps", "8");
        Path straight = temp.resolve("straight");
        TinyRuns.train(whole, straight);
        TinyRuns.train(whole, run, 4, TrainingListener.NONE);
        Files.delete(RunFolder.latest(run).resolve(Checksums.FILE));
        TinyRuns.resume(RunFolder.config(run), run);
        ResumeTest.assertSame(straight, run);
    }

    @Test
    void aRunInUseIsRefusedAndThatOfADeadProcessIsNot() throws Exception {
        TrainingConfig whole = config.with("steps", "100000");
        Path yaml = Files.writeString(temp.resolve("config.yaml"), whole.toYaml());
        Process process = start(yaml, ProcessBuilder.Redirect.DISCARD);
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            assertEquals("1", lines.readLine());
            String message = assertThrows(UserError.class, () -> TinyRuns.resume(whole, run))
                    .getMessage();
            assertTrue(message.contains("another run is using " + run + " (process " + process.pid() + ")"), message);
            assertThrows(UserError.class, () -> TinyRuns.train(whole, run));
        } finally {
            process.destroyForcibly();
        }
        assertTrue(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS), "it ends");
        assertTrue(Files.exists(run.resolve(".lock")), "the lock of a dead process is still there");
        RunFolder.resume(run).close();
    }
}
