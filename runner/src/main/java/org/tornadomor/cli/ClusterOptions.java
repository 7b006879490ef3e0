package org.tornadomor.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.tornadomor.cli.cluster.ClusterChoice;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.trainer.Collective;
import org.tornadomor.trainer.TrainingConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/** How a run is shared by the workers of a cluster. */
final class ClusterOptions {
    private static final String WORKERS = "--workers";
    private static final String SYNC = "--sync";
    private static final String OUTER_RATE = "--outer-rate";
    private static final String OUTER_MOMENTUM = "--outer-momentum";
    private static final String SEND = "--send";

    @Mixin
    private ClusterChoice cluster;

    @Option(names = WORKERS, paramLabel = "W", description = "How many workers share the run. Default: 1.")
    private String workers;

    @Option(
            names = SYNC,
            paramLabel = "WHAT",
            description =
                    "What workers exchange: gradients in every step, whose micro-batches (--accumulate) they share"
                            + " (default); or with local:H the changes of their weights after every H steps of their own (DiLoCo).")
    private String sync;

    @Option(
            names = OUTER_RATE,
            paramLabel = "RATE",
            description = "local:H: learning rate of the step along the mean change. Default: 0.7.")
    private String outerRate;

    @Option(
            names = OUTER_MOMENTUM,
            paramLabel = "M",
            description = "local:H: Nesterov momentum of that step. Default: 0.9.")
    private String outerMomentum;

    @Option(
            names = SEND,
            paramLabel = "TYPE",
            description = "local:H: how changes are sent: float32 (default), bfloat16 or int8; what rounding loses is"
                    + " sent the next time.")
    private String send;

    /** A configuration with what the options say of its workers. Refuses options that change nothing. */
    TrainingConfig apply(CommandSpec spec, TrainingConfig config) {
        // Before the configuration is made: without a cluster it would complain of what the option means there.
        cluster.requireEffect(spec, "the run", WORKERS, SYNC, OUTER_RATE, OUTER_MOMENTUM, SEND);
        TrainingConfig result = with(config);
        requireLocalSteps(spec, result);
        return result;
    }

    private TrainingConfig with(TrainingConfig config) {
        Map<String, String> keys = new LinkedHashMap<>();
        if (sync != null) {
            keys.put("cluster.sync", JsonMapper.shared().writeValueAsString(sync));
        } else if (cluster.wanted() && !config.cluster().active()) {
            keys.put("cluster.sync", "\"gradients\"");
        }
        keys.put("cluster.workers", workers);
        keys.put("cluster.outer_rate", outerRate);
        keys.put("cluster.outer_momentum", outerMomentum);
        keys.put("cluster.send", send);
        TrainingConfig result = config;
        for (Map.Entry<String, String> key : keys.entrySet()) {
            if (key.getValue() != null) {
                result = result.with(key.getKey(), key.getValue());
            }
        }
        return result;
    }

    private static void requireLocalSteps(CommandSpec spec, TrainingConfig config) {
        NoEffect.of(spec)
                .when(
                        () -> config.cluster().localSteps() == 0,
                        "workers exchange gradients (" + SYNC + ")",
                        OUTER_RATE,
                        OUTER_MOMENTUM);
    }

    /** Whether there is a cluster. */
    boolean wanted() {
        return cluster.wanted();
    }

    /** The workers. */
    Collective open(int count) {
        return cluster.provider().open(cluster.place(count));
    }
}
