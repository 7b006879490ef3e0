package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;

class MetricsLogTest {
    @TempDir
    Path run;

    private static StepMetrics step(long step) {
        return new StepMetrics(
                step,
                512 * step,
                3.25,
                5.5,
                5.25,
                0.25,
                0,
                0,
                Double.NaN,
                Double.NaN,
                0.001,
                1.5,
                1000,
                0.5,
                List.of(0.25, 0.75));
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(run.resolve("metrics.jsonl"));
    }

    @Test
    void aLineHasTheKeysOfTheFormat() throws IOException {
        try (MetricsLog log = MetricsLog.create(run)) {
            log.write(step(1));
            log.write(new EvalMetrics(1, 512, 3.5, 5, Double.NaN, null));
            // There before the log is closed: a run that is killed keeps its lines.
            assertEquals(
                    List.of(
                            "{\"step\":1,\"tokens\":512,\"bytes_per_token\":3.25,\"loss\":5.5,\"lm_loss\":5.25,\"aux_loss\":0.25,"
                                    + "\"balance_loss\":0.0,\"z_loss\":0.0,\"lr\":0.001,\"grad_norm\":1.5,"
                                    + "\"tokens_per_second\":1000.0,\"step_seconds\":0.5,\"depth_share\":[0.25,0.75]}",
                            "{\"step\":1,\"tokens\":512,\"val_bytes_per_token\":3.5,\"val_loss\":5.0,\"val_loss_causal\":null}"),
                    lines());
        }
    }

    @Test
    void resumingCutsOffWhatCameLater() throws IOException {
        try (MetricsLog log = MetricsLog.create(run)) {
            for (int i = 1; i <= 5; i++) {
                log.write(step(i));
                log.write(new EvalMetrics(i, 512L * i, Double.NaN, 5, 6, null));
            }
        }
        List<String> before = lines();
        Files.writeString(run.resolve("metrics.jsonl"), "{\"step\":3,\"tok", StandardOpenOption.APPEND);
        try (MetricsLog log = MetricsLog.resume(run, 3, note -> {})) {
            assertEquals(before.subList(0, 6), lines());
            log.write(step(4));
        }
        assertEquals(before.subList(0, 7), lines());
        assertFalse(Files.exists(run.resolve("metrics.jsonl.tmp")));
    }

    @Test
    void resumingWithoutALogBeginsOne() throws IOException {
        try (MetricsLog log = MetricsLog.resume(run, 3, note -> {})) {
            log.write(step(4));
        }
        assertEquals(1, lines().size());
    }

    @Test
    void saysWhatIsWrong() {
        MetricsLog.create(run).close();
        UserError error = assertThrows(UserError.class, () -> MetricsLog.create(run));
        assertTrue(error.getMessage().contains("--resume"), error.getMessage());
        error = assertThrows(UserError.class, () -> MetricsLog.create(run.resolve("nowhere")));
        assertTrue(error.getMessage().contains("Cannot write"), error.getMessage());
    }
}
