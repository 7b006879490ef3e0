package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.engine.FailingEngine;

/** A device that fails in the middle of a run costs the steps since the last checkpoint and nothing else. */
class LostDeviceTest {
    @TempDir
    Path temp;

    private TrainingConfig config;

    @BeforeEach
    void makeConfig() {
        config = TinyRuns.with(TinyRuns.config(TinyRuns.text(temp)), "steps=9", "save_every=3", "eval_every=0");
    }

    /** The error of a run whose device is lost so many program runs after a step. */
    private String failure(Path folder, long lastStep, long runs) {
        FailingEngine engine = new FailingEngine();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void step(StepMetrics metrics, double progress) {
                if (metrics.step() == lastStep) {
                    engine.failAfter(runs);
                }
            }
        };
        try (engine;
                Trainer trainer = Trainer.start(engine, config, folder, listener)) {
            return assertThrows(UserError.class, trainer::run).getMessage();
        }
    }

    private void goesOn(Path folder, String failure, long from) throws IOException {
        assertTrue(failure.contains("it fell off the bus"), failure);
        assertTrue(failure.endsWith("--resume --out " + folder + " goes on after step " + from), failure);
        TinyRuns.Recorder recorder = new TinyRuns.Recorder();
        assertTrue(TinyRuns.resume(RunFolder.config(folder), folder, recorder).finished());
        assertEquals("started " + (from + 1), recorder.events.getFirst());
        Path straight = temp.resolve(folder.getFileName() + " straight");
        TinyRuns.train(config, straight);
        ResumeTest.assertSame(straight, folder);
    }

    @Test
    void lostWithinAStepTheRunGoesOnFromTheCheckpointBefore() throws IOException {
        Path folder = temp.resolve("step");
        goesOn(folder, failure(folder, 5, 7), 3);
    }

    @Test
    void lostWhileSavingTheCheckpointBeforeStillStands() throws IOException {
        Path folder = temp.resolve("saving");
        goesOn(folder, failure(folder, 6, 0), 3);
    }

    @Test
    void lostBeforeTheFirstCheckpointItSaysSo() {
        String failure = failure(temp.resolve("early"), 1, 1);
        assertTrue(failure.endsWith("it fell off the bus; no checkpoint was saved before"), failure);
    }
}
