package org.tornadomor.cli.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tornadomor.cli.options.NoEffect;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which cluster computes, and where it is. */
public final class ClusterChoice {
    public static final String CLUSTER = "--cluster";
    private static final String MASTER = "--master";
    private static final String SETTING = "--spark-conf";

    @Option(
            names = CLUSTER,
            paramLabel = "KIND",
            description = "Let processes of a cluster compute: spark, which is a module of its own to be built.")
    private String kind;

    @Option(
            names = MASTER,
            paramLabel = "URL",
            description = "Of Spark: spark://HOST:PORT, yarn, local[N] (in this JVM), or local-cluster[N,CORES,MIB]"
                    + " (N processes on this machine). Default: what spark-submit says.")
    private String master;

    @Option(
            names = SETTING,
            paramLabel = "KEY=VALUE",
            description = "A setting of Spark, such as spark.executor.memory=8g.")
    private List<String> settings = new ArrayList<>();

    /** Whether there is a cluster. */
    public boolean wanted() {
        return kind != null;
    }

    /**
     * Refuses options that were given without a cluster.
     *
     * @param what has none, for the message
     * @param others options of the command that are for clusters, besides those here
     */
    public void requireEffect(CommandSpec spec, String what, String... others) {
        String[] all =
                Stream.concat(Stream.of(MASTER, SETTING), Stream.of(others)).toArray(String[]::new);
        NoEffect.of(spec).when(() -> kind == null, what + " has no cluster (" + CLUSTER + ")", all);
    }

    /** The one that was chosen. */
    public ClusterProvider provider() {
        return ClusterProvider.of(kind);
    }

    /**
     * Where it is.
     *
     * @param workers that are wanted at a time; 0 for as many as there are
     */
    public ClusterProvider.Place place(int workers) {
        return new ClusterProvider.Place(master, settings, workers);
    }
}
