package org.tornadomor.bench;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.engine.tornado.TransferReport;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfigBuilder;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Sharing;

/**
 * What more recursions cost on a device if each takes half of the tokens of the one before: rows and kernel time of each depth, forward
 * and backward, in training steps of a model with 2 and one with 4 recursions over the same block. Arguments: tokens of a sequence (256),
 * steps (5).
 */
final class DeviceDepthComparison {
    private static final int BATCH = 8;
    private static final int LAYERS = 2;
    private static final Pattern DEPTH = Pattern.compile("depth (\\d+)");

    private DeviceDepthComparison() {}

    public static void main(String[] args) {
        int tokens = args.length > 0 ? Integer.parseInt(args[0]) : 256;
        int steps = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        Results results = new Results(
                "Training steps by depth, batch " + BATCH + ", context " + tokens,
                "recursions",
                "depth",
                "active tokens",
                "rows",
                "kernel ms");
        for (int recursions : new int[] {2, 4}) {
            measure(results, recursions, tokens, steps);
        }
    }

    private static ModelConfig config(int recursions, int tokens) {
        List<Double> capacity = List.of(1.0, 0.5, 0.25, 0.125).subList(0, recursions);
        return new ModelConfig(257, 192, 512, LAYERS * recursions, 6, 2, 32, 1e-5, 10000, tokens, true, 0.02, null)
                .withMor(new MorConfigBuilder(recursions, RouterKind.EXPERT_CHOICE)
                        .sharing(Sharing.CYCLE)
                        .capacity(capacity)
                        .build());
    }

    /** Rows and kernel time of a depth; 0 stands for what is done once for all tokens. */
    private static final class Work {
        private long rows;
        private long nanos;
    }

    private static void measure(Results results, int recursions, int tokens, int steps) {
        ModelConfig config = config(recursions, tokens);
        try (TornadoEngine engine = new TornadoEngine(EngineOptions.standard().withProfile());
                TrainingStep step = new TrainingStep(engine, config, BATCH, tokens)) {
            step.run();
            step.run();
            engine.transfers().reset();
            double[] seconds = new double[steps];
            for (int i = 0; i < steps; i++) {
                seconds[i] = step.run();
            }
            Map<Integer, Work> depths = new TreeMap<>();
            for (TransferReport.Entry entry : engine.transfers().entries()) {
                Matcher matcher = DEPTH.matcher(entry.name());
                Work work = depths.computeIfAbsent(
                        matcher.find() ? Integer.parseInt(matcher.group(1)) : 0, depth -> new Work());
                work.rows += entry.rowsComputed();
                work.nanos += entry.kernelNanos();
            }
            int[] active = config.capacities(tokens);
            depths.forEach((depth, work) -> results.row(
                    Integer.toString(recursions),
                    depth == 0 ? "outside" : depth.toString(),
                    Integer.toString(BATCH * (depth == 0 ? tokens : active[depth - 1])),
                    Long.toString(work.rows / steps),
                    work.nanos * 1e-6 / steps));
            results.row(
                    Integer.toString(recursions), "step, seconds by the clock", null, null, Results.median(seconds));
        }
    }
}
