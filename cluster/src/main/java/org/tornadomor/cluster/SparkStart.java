package org.tornadomor.cluster;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.tornadomor.UserError;
import org.tornadomor.cli.cluster.ClusterProvider;

/** Starts Spark in this JVM, or takes the settings that spark-submit started it with. */
final class SparkStart {
    private static final String MASTER = "spark.master";
    private static final Pattern LOCAL_CLUSTER =
            Pattern.compile("local-cluster\\[\\s*(\\d{1,4})\\s*,\\s*(\\d{1,4})\\s*,\\s*\\d+\\s*]");

    /** What spark-submit tells the JVM that it starts. */
    private static final String SUBMITTED = "spark.submit.deployMode";

    private SparkStart() {}

    /**
     * Starts Spark.
     *
     * @throws UserError if there is no such master, or a setting makes no sense
     */
    static JavaSparkContext open(ClusterProvider.Place place) {
        SparkConf conf = new SparkConf();
        for (String setting : place.settings()) {
            int equals = setting.indexOf('=');
            if (equals < 1 || !setting.startsWith("spark.")) {
                throw new UserError(
                        "--spark-conf is '" + setting + "'; write it like --spark-conf spark.executor.memory=8g");
            }
            conf.set(
                    setting.substring(0, equals).strip(),
                    setting.substring(equals + 1).strip());
        }
        if (place.master() != null) {
            conf.setMaster(place.master());
        }
        if (!conf.contains(MASTER)) {
            throw new UserError(
                    "--cluster spark needs to know where Spark is: add --master, such as spark://HOST:7077 or"
                            + " local-cluster[2,1,2048], or start the command with spark-submit");
        }
        conf.setIfMissing("spark.app.name", "tornado-mor");
        // Sums of many megabytes are what is wanted, and tokens too.
        conf.setIfMissing("spark.driver.maxResultSize", "0");
        conf.setIfMissing("spark.ui.showConsoleProgress", "false");
        if (place.workers() > 0) {
            forWorkers(conf, place.workers());
        }
        conf.setIfMissing("spark.scheduler.minRegisteredResourcesRatio", "1.0");
        classes(conf);
        return SparkFaults.inOneLine(() -> new JavaSparkContext(conf));
    }

    private static void forWorkers(SparkConf conf, int workers) {
        // Weights and gradients do not get smaller.
        conf.setIfMissing("spark.broadcast.compress", "false");
        conf.setIfMissing("spark.shuffle.compress", "false");
        // All of them before the first exchange, and no more than are wanted.
        long cores = (long) workers * conf.getInt("spark.task.cpus", 1);
        Matcher local = LOCAL_CLUSTER.matcher(conf.get(MASTER));
        if (local.matches()) {
            cores = Math.min(cores, Long.parseLong(local.group(1)) * Long.parseLong(local.group(2)));
        }
        conf.setIfMissing("spark.cores.max", Long.toString(cores));
        // The same for YARN and Kubernetes.
        conf.setIfMissing(
                "spark.executor.instances", Long.toString(Math.ceilDiv(cores, conf.getInt("spark.executor.cores", 1))));
    }

    /** Where executors find this program. */
    private static void classes(SparkConf conf) {
        String master = conf.get(MASTER);
        if (conf.contains(SUBMITTED)) {
            return;
        }
        if (LOCAL_CLUSTER.matcher(master).matches()) {
            conf.setIfMissing("spark.ui.enabled", "false");
            conf.setIfMissing("spark.executor.extraClassPath", ownClassPath());
            // Its scripts would say so.
            conf.setIfMissing("spark.executorEnv.SPARK_SCALA_VERSION", "2.13");
            requireHome();
        } else if (master.startsWith("local")) {
            conf.setIfMissing("spark.ui.enabled", "false");
        } else if (master.contains("://") || master.equals("yarn")) {
            conf.setIfMissing("spark.jars", oneJar().toString());
        }
    }

    private static String ownClassPath() {
        String program = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
        return program + File.pathSeparator + ownJar();
    }

    /** Executors of a local cluster are started from the jars there. */
    private static void requireHome() {
        String home = System.getenv("SPARK_HOME");
        if (home == null || !Files.isDirectory(Path.of(home, "jars"))) {
            Path own = ownJar().getParent();
            throw new UserError("local-cluster starts its processes from the jars of a Spark home, and SPARK_HOME is "
                    + (home == null ? "not set" : home + ", which has no folder jars") + ": export SPARK_HOME=" + own);
        }
    }

    private static Path oneJar() {
        Path jar = ownJar().resolveSibling("tornado-mor-spark.jar");
        if (!Files.exists(jar)) {
            throw new UserError(jar + " is missing, which executors are sent: build it with " + ClusterProvider.BUILD);
        }
        return jar;
    }

    /** Where this module is: beside the folder with the jars of Spark, or its classes. */
    private static Path ownJar() {
        try {
            return Path.of(SparkStart.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toAbsolutePath();
        } catch (URISyntaxException e) {
            throw new UserError("the path of the program is no path: " + e.getMessage(), e);
        }
    }
}
