package org.tornadomor.trainer;

import java.nio.file.Files;
import java.nio.file.Path;

/** A run in a JVM of its own, to be killed: begins or goes on, and says each step on standard output. */
final class KilledRun {
    private KilledRun() {}

    /** @param args the configuration and the run folder */
    public static void main(String[] args) {
        Path folder = Path.of(args[1]);
        TrainingListener listener = new TrainingListener() {
            @Override
            public void step(StepMetrics metrics, double progress) {
                System.out.println(metrics.step());
                System.out.flush();
            }
        };
        if (Files.exists(folder.resolve(RunFolder.CONFIG_FILE))) {
            TinyRuns.resume(RunFolder.config(folder), folder, listener);
        } else {
            TinyRuns.train(TrainingConfig.read(Path.of(args[0])), folder, Long.MAX_VALUE, listener);
        }
    }
}
