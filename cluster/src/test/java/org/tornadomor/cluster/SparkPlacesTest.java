package org.tornadomor.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.cluster.ClusterProvider;
import org.tornadomor.trainer.TrainingConfig;

/** Workers whose tasks run elsewhere than where they live. */
class SparkPlacesTest {
    @TempDir
    Path temp;

    private int run(TrainingConfig config, String name, String master, String... more) {
        List<String> settings = new java.util.ArrayList<>(List.of(
                "spark.executor.memory=600m", "spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1"));
        settings.addAll(List.of(more));
        try (JavaSparkContext spark = SparkStart.open(new ClusterProvider.Place(master, settings, 3))) {
            SparkCollective workers = new SparkCollective(spark, false);
            ClusterRuns.run(config, temp.resolve(name), false, workers, step -> {});
            return workers.brought();
        }
    }

    /** Three workers share two executors, and no task waits for the one where its worker lives. */
    @Test
    void theyBringTheirStateAlong() {
        TrainingConfig config = ClusterRuns.config(temp).with("cluster", "{workers: 3, sync: 'local:1', send: int8}");
        run(config, "still", "local[1]");
        int brought = run(config, "moved", "local-cluster[2,1,1024]", "spark.locality.wait=0s");
        assertTrue(brought > 0, "all stayed");
        assertArrayEquals(ClusterRuns.weights(temp.resolve("still")), ClusterRuns.weights(temp.resolve("moved")));
    }
}
