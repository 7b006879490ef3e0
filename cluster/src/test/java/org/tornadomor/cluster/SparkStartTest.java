package org.tornadomor.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;
import org.tornadomor.UserError;
import org.tornadomor.cli.cluster.ClusterProvider;

/** What cannot be started is refused in a line that says what to change. */
class SparkStartTest {
    private static void refused(String expected, String master, String... settings) {
        ClusterProvider.Place place = new ClusterProvider.Place(master, List.of(settings), 1);
        told(expected, assertThrows(UserError.class, () -> SparkStart.open(place)));
    }

    private static void told(String expected, UserError error) {
        assertTrue(error.getMessage().contains(expected), error.getMessage());
        assertEquals(1, error.getMessage().lines().count(), error.getMessage());
    }

    @Test
    void withoutAMaster() {
        refused("add --master", null);
    }

    @Test
    void mastersAndSettingsThatAreNone() {
        refused("Spark does not understand its master", "somewhere");
        refused("--spark-conf is 'memory=8g'", "local[1]", "memory=8g");
        refused("--spark-conf is 'spark.executor.memory'", "local[1]", "spark.executor.memory");
        refused("requested 4096 MiB/executor", "local-cluster[1,1,512]", "spark.executor.memory=4g");
    }

    @Test
    void faultsOfWorkers() {
        told(
                "a worker could not go on: the model is too large: use a smaller batch",
                SparkFaults.told(
                        new SparkException(
                                "Job aborted due to stage failure: Task 1 in stage 3.0 failed 4 times, most"
                                        + " recent failure: Lost task 1.3 in stage 3.0 (TID 9): org.tornadomor.UserError: the model is too"
                                        + " large: use a smaller batch\n\tat org.tornadomor.Somewhere.here(Somewhere.java:1)")));
        told(
                "Spark gave a job up (Lost task 1.3 in stage 3.0: ExecutorLostFailure)",
                SparkFaults.told(
                        new SparkException("Job aborted: Task 1 failed 4 times, most recent failure: Lost task 1.3 in"
                                + " stage 3.0: ExecutorLostFailure\nDriver stacktrace:")));
    }
}
