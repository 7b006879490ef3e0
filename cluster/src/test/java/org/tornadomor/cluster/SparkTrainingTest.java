package org.tornadomor.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.cluster.ClusterProvider;
import org.tornadomor.trainer.StepMetrics;
import org.tornadomor.trainer.TrainingConfig;

/** Runs on a cluster of two processes on this machine. */
class SparkTrainingTest {
    private static JavaSparkContext spark;

    @TempDir
    static Path temp;

    @BeforeAll
    static void start() {
        spark = SparkStart.open(new ClusterProvider.Place(
                "local-cluster[2,1,1024]",
                List.of(
                        "spark.executor.memory=600m",
                        "spark.driver.host=127.0.0.1",
                        "spark.driver.bindAddress=127.0.0.1"),
                2));
    }

    @AfterAll
    static void stop() {
        spark.close();
    }

    private static ClusterRuns.Told run(TrainingConfig config, String name, Consumer<StepMetrics> steps) {
        return ClusterRuns.run(config, temp.resolve(name), false, new SparkCollective(spark, false), steps);
    }

    @Test
    void oneAndTwoWorkersTrainTheSameModel() {
        TrainingConfig config = ClusterRuns.config(temp)
                .with("model.mor", "{num_recursions: 2, router: token_choice, z_loss_coef: 0.001}");
        ClusterRuns.Told alone = ClusterRuns.alone(config, temp.resolve("alone"));
        for (int workers : new int[] {1, 2}) {
            ClusterRuns.Told shared = run(
                    config.with("cluster", "{workers: " + workers + ", sync: gradients}"), "shared" + workers, s -> {});
            for (int i = 0; i < alone.steps().size(); i++) {
                assertEquals(alone.steps().get(i).loss(), shared.steps().get(i).loss(), 1e-5);
                assertEquals(
                        alone.steps().get(i).balanceLoss(),
                        shared.steps().get(i).balanceLoss(),
                        1e-6);
            }
            assertTrue(ClusterRuns.distance(temp.resolve("alone"), temp.resolve("shared" + workers)) < 1e-4);
            assertEquals(alone.steps().size(), shared.exchanges().size());
        }
    }

    /** A worker in a process of its own that is killed is replaced, and the run goes on. */
    @Test
    void anExecutorThatIsKilledIsReplaced() {
        TrainingConfig config = ClusterRuns.config(temp)
                .with("model.mor", "{num_recursions: 2, router: token_choice}")
                .with("cluster", "{workers: 2, sync: 'local:4', send: int8}");
        ClusterRuns.Told whole = run(config, "whole", step -> {});
        AtomicBoolean killed = new AtomicBoolean();
        ClusterRuns.Told struck = run(config, "struck", step -> {
            if (step.step() == 8 && killed.compareAndSet(false, true)) {
                ClusterRuns.killAnExecutor(spark);
            }
        });
        assertTrue(killed.get());
        assertEquals(whole.steps().size(), struck.steps().size());
        double last = struck.steps().getLast().loss();
        assertEquals(whole.steps().getLast().loss(), last, 0.1);
        assertTrue(last < struck.steps().getFirst().loss() - 0.3, "it learns: " + last);
        // Whoever was not struck did the same up to there.
        for (int i = 0; i < 8; i++) {
            assertEquals(whole.steps().get(i).loss(), struck.steps().get(i).loss());
        }
    }

    @Test
    void aStoppedRunGoesOnAsIfItHadNot() {
        TrainingConfig config =
                ClusterRuns.config(temp).with("cluster", "{workers: 2, sync: 'local:4', send: bfloat16}");
        run(config, "one", step -> {});
        ClusterRuns.run(config, temp.resolve("two"), false, new SparkCollective(spark, false), step -> {}, 8);
        ClusterRuns.run(config, temp.resolve("two"), true, new SparkCollective(spark, false), step -> {});
        assertArrayEquals(ClusterRuns.weights(temp.resolve("one")), ClusterRuns.weights(temp.resolve("two")));
    }
}
