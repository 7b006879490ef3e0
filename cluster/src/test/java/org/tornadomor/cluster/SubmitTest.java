package org.tornadomor.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The one jar with everything but Spark, as spark-submit starts it. It is there once the module is packaged, so that
 * {@code mvn verify -Dsubmit.skip=false} runs this.
 */
@Tag("packaged")
class SubmitTest {
    private static final Path HOME = Path.of(System.getenv("SPARK_HOME"));

    @TempDir
    Path temp;

    /** What the script spark-submit runs: its main class with the jars of a Spark home, and Spark's flags for Java. */
    private String submit(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(JavaModuleOptions.defaultModuleOptionArray()));
        command.addAll(List.of(
                "-Xmx1g",
                "-cp",
                HOME.resolve("jars") + "/*",
                "org.apache.spark.deploy.SparkSubmit",
                "--master",
                "local-cluster[1,1,1024]",
                "--conf",
                "spark.driver.host=127.0.0.1",
                "--conf",
                "spark.driver.bindAddress=127.0.0.1",
                "--conf",
                "spark.executor.memory=600m",
                HOME.resolve("tornado-mor-spark.jar").toString()));
        command.addAll(List.of(words));
        Path output = temp.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(temp.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        int code = builder.start().waitFor();
        String text = Files.readString(output, StandardCharsets.UTF_8);
        assertEquals(0, code, text);
        return text;
    }

    @Test
    void trainsAndPrepares() throws Exception {
        Path config = Files.writeString(
                temp.resolve("config.yaml"), ClusterRuns.config(temp).toYaml());
        String said =
                submit("train", "--cluster", "spark", "--config", config.toString(), "--steps", "4", "--out", "run");
        assertTrue(said.contains("finished: 4 steps"), said);
        try (Stream<String> exchanges = Files.lines(temp.resolve("run/exchanges.jsonl"))) {
            assertEquals(4, exchanges.count());
        }
        said = submit("data", "prepare", "text.txt", "--cluster", "spark", "--hold-out", "0", "-o", "corpus");
        assertTrue(Files.exists(temp.resolve("corpus/manifest.json")), said);
    }
}
