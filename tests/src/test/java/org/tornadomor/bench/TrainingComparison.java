package org.tornadomor.bench;

import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.cpu.products.ProductProvider;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Presets;

/**
 * Training steps beside PyTorch, the same models and batches, and beside what the machine could compute at most in float32
 * ({@link PeakCompute}): in float32, and where oneDNN is on the class path with products in bfloat16, PyTorch under autocast. In turn within one run. Arguments: rounds, 5 if not given; threads, all processors if not given.
 */
final class TrainingComparison {
    private static final int BATCH = 8;
    private static final int TOKENS = 256;

    private TrainingComparison() {}

    private record Case(String name, ModelConfig config) {}

    private static ModelConfig vanilla(int d, int ffn) {
        return new ModelConfig(257, d, ffn, 8, d / 64, d / 128, 64, 1e-5, 10000, TOKENS, true, 0.02, null);
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        int threads = args.length > 1
                ? Integer.parseInt(args[1])
                : Runtime.getRuntime().availableProcessors();
        List<Case> cases = List.of(
                new Case("vanilla, d=256, 8 layers", vanilla(256, 704)),
                new Case("vanilla, d=512, 8 layers", vanilla(512, 1408)),
                new Case("small-vanilla", Presets.get("small-vanilla")),
                new Case("small-mor3", Presets.get("small-mor3")));
        Results results = new Results(
                "Training step, batch " + BATCH + ", context " + TOKENS + ", " + threads + " threads",
                "model",
                "seconds",
                "GFLOP/s",
                "PyTorch seconds",
                "PyTorch GFLOP/s",
                "times PyTorch",
                "peak GFLOP/s",
                "peak, times PyTorch");
        String version = null;
        String missing = null;
        for (Case c : cases) {
            for (Precision precision : Precision.values()) {
                try {
                    version = measure(c, precision, rounds, threads, results, version);
                } catch (UserError e) {
                    missing = e.getMessage();
                }
            }
        }
        Results.note(version == null ? "PyTorch is not installed: left out." : "PyTorch " + version + ".");
        if (missing != null) {
            Results.note("Left out: " + missing + ".");
        }
    }

    /** Adds a row, and gives the version of PyTorch, or the one that was known before. */
    private static String measure(Case c, Precision precision, int rounds, int threads, Results results, String known) {
        boolean rounded = precision == Precision.BFLOAT16;
        ProductProvider provider = rounded ? ProductProvider.ONEDNN : ProductProvider.JAVA;
        try (Engine engine = Engines.open(threads, provider, precision);
                TrainingStep step = new TrainingStep(engine, c.config, BATCH, TOKENS);
                TorchPeer torch = TorchPeer.start(c.config, BATCH, TOKENS, threads, precision);
                PeakCompute compute = new PeakCompute(threads)) {
            double[] mine = new double[rounds];
            double[] theirs = new double[rounds];
            double[] peaks = new double[rounds];
            step.warmUp();
            if (torch != null) {
                torch.step();
            }
            for (int i = 0; i < rounds; i++) {
                mine[i] = step.run();
                theirs[i] = torch == null ? Double.NaN : torch.step();
                peaks[i] = compute.run();
            }
            double gflop = 1e-9 * new Flops(c.config, TOKENS).trainingPerToken() * BATCH * TOKENS;
            double seconds = Results.median(mine);
            double peer = Results.median(theirs);
            double peak = Results.median(peaks);
            results.row(
                    c.name + (rounded ? ", bfloat16" : ""),
                    seconds,
                    gflop / seconds,
                    peer,
                    gflop / peer,
                    peer / seconds,
                    peak,
                    peak * peer / gflop);
            return torch == null ? known : torch.version();
        }
    }
}
