package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.trainer.TinyRuns.Recorder;

/** Runs that workers share, the workers being in this process. */
class SharedStepsTest {
    private static final String LOCAL = "cluster={workers: 2, sync: 'local:4'}";

    @TempDir
    Path temp;

    private TrainingConfig plain;

    @BeforeEach
    void makeText() {
        plain = TinyRuns.with(TinyRuns.config(TinyRuns.text(temp)), "accumulate=4", "batch=2", "steps=20", "lr=0.002");
    }

    private Recorder share(TrainingConfig config, Path run, boolean resume, long stopAfter, InProcess workers) {
        Recorder recorder = new Recorder();
        try (Engine engine = new CpuEngine(1);
                workers;
                Trainer trainer = Trainer.share(engine, config, run, resume, recorder, workers)) {
            trainer.stopAfter(stopAfter);
            trainer.run();
        }
        return recorder;
    }

    private Recorder share(TrainingConfig config, String run) {
        return share(config, temp.resolve(run), false, Long.MAX_VALUE, new InProcess());
    }

    /** What is averaged over a step is averaged over the workers: counts of depths, losses of routers, the norm of gradients. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "vanilla",
                "expert choice",
                "expert choice, shared keys, auxiliary router",
                "token choice",
                "token choice, loss-free",
            })
    void oneTwoAndFourWorkersTrainTheSameModel(String kind) {
        TrainingConfig config = TinyRuns.with(plain, TinyRuns.kinds().get(kind));
        Recorder alone = new Recorder();
        TinyRuns.train(config, temp.resolve("alone"), Long.MAX_VALUE, alone);
        for (int workers : new int[] {1, 2, 4}) {
            String keys = "cluster={workers: " + workers + ", sync: gradients}";
            Recorder shared = share(config.with("cluster", keys.substring(8)), "run" + workers);
            assertEquals(alone.events, shared.events);
            for (int i = 0; i < alone.steps.size(); i++) {
                StepMetrics a = alone.steps.get(i);
                StepMetrics b = shared.steps.get(i);
                assertEquals(a.loss(), b.loss(), 1e-5, kind + " on " + workers + ", step " + a.step());
                assertEquals(a.balanceLoss(), b.balanceLoss(), 1e-6);
                assertEquals(a.zLoss(), b.zLoss(), 1e-6);
                assertEquals(a.auxLoss(), b.auxLoss(), 1e-5);
                assertEquals(a.gradNorm(), b.gradNorm(), 1e-4 * a.gradNorm());
                assertEquals(a.depthShare(), b.depthShare());
                assertEquals(a.lr(), b.lr());
            }
            assertTrue(distance(temp.resolve("alone"), temp.resolve("run" + workers)) < 1e-4);
        }
    }

    /** The norm of the difference over the norm. */
    private static double distance(Path one, Path other) {
        double difference = 0;
        double norm = 0;
        try (CheckpointFolder a = CheckpointFolder.open(RunFolder.latest(one));
                CheckpointFolder b = CheckpointFolder.open(RunFolder.latest(other))) {
            for (String name : a.tensors().names()) {
                float[] x = a.tensors().read(name);
                float[] y = b.tensors().read(name);
                for (int i = 0; i < x.length; i++) {
                    difference += (x[i] - y[i]) * (double) (x[i] - y[i]);
                    norm += x[i] * (double) x[i];
                }
            }
        }
        return Math.sqrt(difference / norm);
    }

    /** One worker, an outer step that takes over what the worker did: nothing but roundings tells it from a run alone. */
    @Test
    void localStepsOfOneWorkerAreSteps() {
        TrainingConfig config = TinyRuns.with(plain, TinyRuns.kinds().get("token choice, loss-free"));
        Recorder alone = new Recorder();
        TinyRuns.train(config, temp.resolve("alone"), Long.MAX_VALUE, alone);
        Recorder local = share(
                config.with("cluster", "{workers: 1, sync: 'local:3', outer_rate: 1, outer_momentum: 0}"), "local");
        for (int i = 0; i < alone.steps.size(); i++) {
            assertEquals(alone.steps.get(i).loss(), local.steps.get(i).loss(), 1e-5);
            assertEquals(alone.steps.get(i).gradNorm(), local.steps.get(i).gradNorm(), 1e-4);
        }
        assertTrue(distance(temp.resolve("alone"), temp.resolve("local")) < 1e-5);
    }

    /** The outer step, computed apart from what two runs of one worker each did. */
    @Test
    void theOuterStepIsNesterovOnTheMeanChange() {
        // One round, from the same weights: 0.7 (1 + 0.9) times the mean of what the two workers did.
        TrainingConfig config =
                TinyRuns.with(plain, "steps=2", "eval_every=0", "order=sequential", "schedule=constant");
        share(config.with("cluster", "{workers: 2, sync: 'local:2'}"), "nesterov");
        share(config.with("cluster", "{workers: 2, sync: 'local:2', outer_rate: 1, outer_momentum: 0}"), "mean");
        share(TinyRuns.with(config, "lr=1e-30", "cluster={workers: 2, sync: 'local:2'}"), "start");
        float[] start = weights("start");
        float[] mean = weights("mean");
        float[] nesterov = weights("nesterov");
        for (int i = 0; i < start.length; i++) {
            assertEquals(start[i] + 0.7 * 1.9 * (mean[i] - start[i]), nesterov[i], 1e-6);
        }
    }

    private float[] weights(String run) {
        float[] all = new float[0];
        try (CheckpointFolder folder = CheckpointFolder.open(RunFolder.latest(temp.resolve(run)))) {
            for (String name : folder.tensors().names()) {
                float[] values = folder.tensors().read(name);
                int before = all.length;
                all = Arrays.copyOf(all, before + values.length);
                System.arraycopy(values, 0, all, before, values.length);
            }
        }
        return all;
    }

    @Test
    void localStepsLearnAndAreEvaluatedAndSavedAtTheEndOfARound() {
        TrainingConfig config = TinyRuns.with(plain, LOCAL, "steps=18", "eval_every=5", "save_every=6", "keep=0");
        Recorder recorder = share(config, "run");
        assertEquals(
                List.of(
                        "evaluated 8",
                        "saved 8",
                        "evaluated 12",
                        "saved 12",
                        "evaluated 16",
                        "saved 18",
                        "evaluated 18"),
                recorder.events.stream()
                        .filter(event -> !event.startsWith("step") && !event.startsWith("started"))
                        .toList());
        assertTrue(recorder.steps.getLast().loss() < recorder.steps.getFirst().loss() - 0.5);
        // Both workers' tokens count.
        assertEquals(18L * 2 * 8 * 16, recorder.steps.getLast().tokens());
    }

    @ParameterizedTest
    @EnumSource(Sending.class)
    void aStoppedRunGoesOnAsIfItHadNot(Sending sending) {
        TrainingConfig config = TinyRuns.with(plain, TinyRuns.kinds().get("token choice"))
                .with(
                        "cluster",
                        "{workers: 2, sync: 'local:4', send: " + sending.name().toLowerCase(Locale.ROOT) + "}");
        Path whole = temp.resolve("whole");
        Path parts = temp.resolve("parts");
        share(config, whole, false, Long.MAX_VALUE, new InProcess());
        share(config, parts, false, 8, new InProcess());
        share(RunFolder.config(parts), parts, true, Long.MAX_VALUE, new InProcess());
        assertSameStates(whole, parts);
        assertArrayEquals(weights("whole"), weights("parts"));
    }

    private static void assertSameStates(Path one, Path other) {
        List<Collective.State> a = WorkerStates.read(RunFolder.latest(one), 2);
        List<Collective.State> b = WorkerStates.read(RunFolder.latest(other), 2);
        for (int rank = 0; rank < 2; rank++) {
            assertEquals(a.get(rank).steps(), b.get(rank).steps());
            assertArrayEquals(a.get(rank).moments(), b.get(rank).moments());
            assertArrayEquals(a.get(rank).unsent(), b.get(rank).unsent());
        }
    }

    @Test
    void anAnswerThatIsAskedForTwiceIsTheSame() {
        InProcess twice = new InProcess();
        twice.twice = true;
        TrainingConfig config = TinyRuns.with(plain, LOCAL);
        share(config, temp.resolve("twice"), false, Long.MAX_VALUE, twice);
        share(config, "once");
        assertArrayEquals(weights("once"), weights("twice"));
    }

    @Test
    void aReplacementBeginsWithWhatTheLastCheckpointHas() {
        TrainingConfig config = TinyRuns.with(plain, LOCAL, "save_every=8");
        Recorder whole = share(config, "whole");
        InProcess losing = new InProcess();
        losing.lossBefore = 3;
        Recorder lost = share(config, temp.resolve("lost"), false, Long.MAX_VALUE, losing);
        assertNotEquals(whole.steps.getLast().loss(), lost.steps.getLast().loss());
        assertEquals(whole.steps.getLast().loss(), lost.steps.getLast().loss(), 0.05);
    }

    /** What rounding keeps back is sent later: in the end as much has arrived as was to be sent. */
    @ParameterizedTest
    @EnumSource(Sending.class)
    void changesArriveWhole(Sending sending) {
        Random random = new Random(5);
        int size = 1000;
        float[] unsent = new float[size];
        float[] arrived = new float[size];
        double[] meant = new double[size];
        double largest = 0;
        for (int round = 0; round < 50; round++) {
            float[] values = new float[size];
            for (int i = 0; i < size; i++) {
                float change = (float) random.nextGaussian() * (i % 7 == 0 ? 100 : 0.01f);
                meant[i] += change;
                values[i] = change + unsent[i];
                largest = Math.max(largest, Math.abs(values[i]));
            }
            byte[] sent = sending.encode(values, 0, size);
            assertEquals(sending.bytes(size), sent.length);
            float[] decoded = new float[size];
            sending.addTo(decoded, size, sent);
            sending.addTo(arrived, size, sent);
            for (int i = 0; i < size; i++) {
                unsent[i] = values[i] - decoded[i];
            }
        }
        for (int i = 0; i < size; i++) {
            assertEquals(meant[i], arrived[i] + unsent[i], 1e-3, "place " + i);
            // Half a step of the coarsest.
            assertTrue(Math.abs(unsent[i]) <= largest / 254 * 1.01, sending + " keeps " + unsent[i]);
        }
    }

    @Test
    void whatIsNotANumberArrivesAsNone() {
        for (Sending sending : Sending.values()) {
            float[] sum = new float[300];
            sending.addTo(sum, 300, sending.encode(filled(), 0, 300));
            assertTrue(Float.isNaN(sum[299]), sending.toString());
        }
    }

    private static float[] filled() {
        float[] values = new float[300];
        Arrays.fill(values, 1);
        values[299] = Float.NaN;
        return values;
    }

    @Test
    void whatCannotBeSharedIsRefusedInALine() {
        refused("3 workers cannot share 4 micro-batches", "cluster={workers: 3, sync: gradients}");
        refused("use gradients, or local:H", "cluster={workers: 2, sync: sometimes}");
        refused("cluster.sync says nothing", "cluster={workers: 2}");
        refused("cluster.send is for changes", "cluster={workers: 2, sync: gradients, send: int8}");
        refused("cluster.outer_momentum is 1.0", "cluster={workers: 2, sync: 'local:2', outer_momentum: 1}");
        UserError alone =
                assertThrows(UserError.class, () -> TinyRuns.train(TinyRuns.with(plain, LOCAL), temp.resolve("alone")));
        assertTrue(alone.getMessage().contains("add --cluster spark"), alone.getMessage());
    }

    private void refused(String expected, String keys) {
        UserError error = assertThrows(UserError.class, () -> share(TinyRuns.with(plain, keys), "refused"));
        assertTrue(error.getMessage().contains(expected), error.getMessage());
        assertEquals(1, error.getMessage().lines().count());
    }
}
