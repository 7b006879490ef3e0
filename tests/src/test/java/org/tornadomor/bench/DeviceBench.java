package org.tornadomor.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.tornadomor.bench.ServingRun.Figures;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.engine.tornado.TransferReport;
import org.tornadomor.files.DType;
import org.tornadomor.formats.gguf.GgmlType;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Presets;
import org.tornadomor.model.io.Checkpoints;

/**
 * A section of scripts/bench/gpu: what a device does beside PyTorch and llama.cpp on the same one. Arguments: the section, the device,
 * seconds that it may take, and the size of the models, small or tiny. Rounds are as many as fit, nine at most; where not even one fits,
 * the row is left out.
 */
final class DeviceBench {
    private static final int MOST_ROUNDS = 9;
    private static final int BATCH = 8;
    private static final int TOKENS = 256;
    private static final int PROMPT = 32;
    private static final int NEW = 64;
    private static final int[] SEQUENCES = {1, 8, 32};
    private static final int[] PRODUCTS = {512, 1024, 2048, 4096};
    private static final int[] ATTENTION = {256, 1024, 4096};

    private final String device;
    private final String size;
    private final long end;

    private DeviceBench(String device, double seconds, String size) {
        this.device = device;
        this.size = size;
        end = System.nanoTime() + (long) (seconds * 1e9);
    }

    public static void main(String[] args) throws IOException {
        DeviceBench bench = new DeviceBench(args[1], Double.parseDouble(args[2]), args[3]);
        switch (args[0]) {
            case "products" -> bench.products();
            case "attention" -> bench.attention();
            case "training" -> bench.training();
            case "decoding" -> bench.decoding();
            case "serving" -> bench.serving();
            case "transfers" -> bench.transfers();
            default -> throw new IllegalArgumentException("no section " + args[0]);
        }
        // Drivers may leave threads behind.
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private EngineOptions options() {
        return EngineOptions.standard().withDevice(device);
    }

    private TornadoEngine engine() {
        return new TornadoEngine(options());
    }

    private boolean late() {
        return System.nanoTime() > end;
    }

    /** Medians of as many rounds as fit, all in turn; not a number for those that never ran. The first runs compile. */
    private double[] medians(DoubleSupplier... runs) {
        for (DoubleSupplier run : runs) {
            run.getAsDouble();
        }
        List<double[]> rounds = new ArrayList<>();
        while (rounds.isEmpty() || rounds.size() < MOST_ROUNDS && !late()) {
            double[] round = new double[runs.length];
            for (int i = 0; i < runs.length; i++) {
                round[i] = runs[i].getAsDouble();
            }
            rounds.add(round);
        }
        double[] medians = new double[runs.length];
        for (int i = 0; i < runs.length; i++) {
            int run = i;
            medians[i] = Results.median(
                    rounds.stream().mapToDouble(round -> round[run]).toArray());
        }
        return medians;
    }

    private static DoubleSupplier timed(Runnable run) {
        return () -> {
            long start = System.nanoTime();
            run.run();
            return (System.nanoTime() - start) * 1e-9;
        };
    }

    private static DoubleSupplier torch(TorchOps torch, String operation) {
        return () -> torch == null ? Double.NaN : torch.seconds(operation);
    }

    private static void note(TorchOps torch) {
        Results.note(torch == null ? missing() : torch.describe() + ".");
    }

    private static String missing() {
        return "PyTorch with a device of its own is not there (" + TorchPeer.PYTHON + "): left out.";
    }

    private void products() {
        Results results = new Results(
                "Matrix products, GFLOP/s",
                "size",
                "here, float32",
                "PyTorch float32",
                "PyTorch tf32",
                "PyTorch float16",
                "times PyTorch float32");
        try (TornadoEngine engine = engine();
                TorchOps torch = TorchOps.start()) {
            for (int n : PRODUCTS) {
                if (late()) {
                    break;
                }
                float[] values = new float[n * n];
                Random random = new Random(n);
                for (int i = 0; i < values.length; i++) {
                    values[i] = random.nextFloat() - 0.5f;
                }
                try (DeviceProduct product = new DeviceProduct(engine, n, "NN", values, values)) {
                    double[] seconds = medians(
                            timed(product::run),
                            torch(torch, "product " + n + " float32"),
                            torch(torch, "product " + n + " tf32"),
                            torch(torch, "product " + n + " float16"));
                    double flop = 2e-9 * n * n * n;
                    results.row(
                            Integer.toString(n),
                            flop / seconds[0],
                            flop / seconds[1],
                            flop / seconds[2],
                            flop / seconds[3],
                            seconds[1] / seconds[0]);
                }
            }
            note(torch);
        }
    }

    private void attention() {
        int heads = 8, kvHeads = 4, columns = 64;
        Results results = new Results(
                "Causal attention, forward, 8 heads of 64, 4 for keys, 4096 tokens in all, ms",
                "tokens of a sequence",
                "here, float32",
                "PyTorch float32",
                "PyTorch float16",
                "times PyTorch float32");
        try (TornadoEngine engine = engine();
                TorchOps torch = TorchOps.start()) {
            for (int tokens : ATTENTION) {
                if (late()) {
                    break;
                }
                int sequences = 4096 / tokens;
                String shape = "attention " + sequences + " " + heads + " " + kvHeads + " " + tokens + " " + columns;
                try (DeviceAttention attention =
                        new DeviceAttention(engine, sequences, heads, kvHeads, tokens, columns)) {
                    double[] seconds = medians(
                            timed(attention::run), torch(torch, shape + " float32"), torch(torch, shape + " float16"));
                    results.row(
                            Integer.toString(tokens),
                            1e3 * seconds[0],
                            1e3 * seconds[1],
                            1e3 * seconds[2],
                            seconds[1] / seconds[0]);
                }
            }
            note(torch);
        }
    }

    /** The same models as on the CPU; what MoR saves of the vanilla model stands in the last column. */
    private void training() {
        Results results = new Results(
                "Training step, batch " + BATCH + ", context " + TOKENS + ", float32",
                "model",
                "first step, s",
                "step, s",
                "tokens/s",
                "PyTorch, s",
                "PyTorch bfloat16, s",
                "times PyTorch",
                "of the vanilla step");
        double vanilla = Double.NaN;
        String version = null;
        for (String name : List.of(size + "-vanilla", size + "-mor2", size + "-mor3", size + "-mor4")) {
            if (late()) {
                break;
            }
            ModelConfig config = Presets.get(name);
            try (TornadoEngine engine = engine();
                    TrainingStep step = new TrainingStep(engine, config, BATCH, TOKENS);
                    TorchPeer plain = TorchPeer.start(config, BATCH, TOKENS, 1);
                    TorchPeer rounded = TorchPeer.start(config, BATCH, TOKENS, 1, Precision.BFLOAT16)) {
                double first = step.run();
                double[] seconds = medians(
                        step::run,
                        () -> plain == null ? Double.NaN : plain.step(),
                        () -> rounded == null ? Double.NaN : rounded.step());
                vanilla = Double.isNaN(vanilla) ? seconds[0] : vanilla;
                version = plain == null ? version : plain.version();
                results.row(
                        name,
                        first,
                        seconds[0],
                        BATCH * TOKENS / seconds[0],
                        seconds[1],
                        seconds[2],
                        seconds[1] / seconds[0],
                        seconds[0] / vanilla);
            }
        }
        Results.note(
                "The first step compiles all kernels. " + (version == null ? missing() : "PyTorch " + version + "."));
    }

    private void decoding() throws IOException {
        ModelConfig config = Presets.get(size + "-vanilla");
        Results results = new Results(
                size + "-vanilla, " + NEW + " tokens behind prompts of " + PROMPT + ", tokens/s",
                "sequences",
                "here, float32",
                "transformers, static cache",
                "llama.cpp, float32",
                "times transformers",
                "times llama.cpp");
        int context = PROMPT + NEW;
        Path folder = Files.createTempDirectory("decoding");
        try {
            Path checkpoint = folder.resolve("float32");
            try (Engine cpu = new CpuEngine(1);
                    ParameterSet weights = new ParameterSet(cpu, "weights", config)) {
                Checkpoints.initialise(cpu, weights, 1);
                Checkpoints.save(cpu, weights, checkpoint, DType.F32);
            }
            Path gguf = CheckpointComparison.export(checkpoint, folder.resolve("model.gguf"), GgmlType.F32);
            for (int sequences : SEQUENCES) {
                if (late()) {
                    break;
                }
                try (TornadoEngine engine = engine();
                        ParameterSet weights = new ParameterSet(engine, "weights", config)) {
                    Checkpoints.initialise(engine, weights, 1);
                    try (DecodeSubject here = new DecodeSubject(engine, weights, sequences, context);
                            DecodePeer transformers =
                                    accelerated() ? DecodePeer.transformers(checkpoint, 1, sequences, context) : null;
                            DecodePeer llama =
                                    accelerated() ? DecodePeer.llamaCpp(gguf, 1, sequences, context) : null) {
                        double[] seconds = medians(
                                () -> Double.parseDouble(here.run(PROMPT, NEW).split(" ")[1]),
                                () -> rest(transformers),
                                () -> rest(llama));
                        double tokens = sequences * (NEW - 1);
                        results.row(
                                Integer.toString(sequences),
                                tokens / seconds[0],
                                tokens / seconds[1],
                                tokens / seconds[2],
                                seconds[1] / seconds[0],
                                seconds[2] / seconds[0]);
                    }
                }
            }
            Results.note(accelerated() ? DecodePeer.describe() : missing());
        } finally {
            try (Stream<Path> paths = Files.walk(folder)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    /** Whether peers can use the card; on processors they are measured elsewhere. */
    private static boolean accelerated() {
        return !TorchPeer.DEVICE.equals(TorchPeer.NONE);
    }

    private static double rest(DecodePeer peer) {
        return peer == null ? Double.NaN : peer.run(PROMPT, NEW).rest();
    }

    /** Random weights, whose routers let about half of the tokens go on: throughput of both ways of batching beside vanilla. */
    private void serving() {
        Results results = new Results(
                "Serving without prompts, lengths Normal(96, 24), random weights, tokens/s",
                "sequences",
                "vanilla",
                "MoR-3, depth-wise",
                "MoR-3, lock-step",
                "mean depth",
                "depth-wise / vanilla",
                "depth-wise / lock-step");
        for (int places : SEQUENCES) {
            if (late()) {
                break;
            }
            try (ServingModel vanilla = ServingModel.random(engine(), "vanilla", Presets.get(size + "-vanilla"));
                    ServingModel mor = ServingModel.random(engine(), "mor3", Presets.get(size + "-mor3"))) {
                int count = 2 * places;
                List<Figures> figures = ServingRun.inTurn(
                        1,
                        ServingRun.loaded(vanilla, places, DepthPolicy.DEPTH_WISE, 0.5, count),
                        ServingRun.loaded(mor, places, DepthPolicy.DEPTH_WISE, 0.5, count),
                        ServingRun.loaded(mor, places, DepthPolicy.LOCK_STEP, 0.5, count));
                double[] t =
                        figures.stream().mapToDouble(Figures::tokensPerSecond).toArray();
                results.row(
                        Integer.toString(places),
                        t[0],
                        t[1],
                        t[2],
                        figures.get(1).meanDepth(),
                        t[1] / t[0],
                        t[1] / t[2]);
            }
        }
    }

    private void transfers() {
        Results results = new Results(
                "What a training step of " + size + "-mor3 moves, batch " + BATCH + ", context " + TOKENS,
                "what",
                "kernels launched",
                "bytes to the device",
                "bytes back",
                "rows computed",
                "rows skipped",
                "kernel ms",
                "compile ms, once");
        try (TornadoEngine engine = new TornadoEngine(options().withProfile());
                TrainingStep step = new TrainingStep(engine, Presets.get(size + "-mor3"), BATCH, TOKENS)) {
            step.run();
            double compiled = engine.transfers().entries().stream()
                            .mapToLong(TransferReport.Entry::compileNanos)
                            .sum()
                    * 1e-6;
            engine.transfers().reset();
            step.run();
            long launches = 0, in = 0, out = 0, rows = 0, skipped = 0, nanos = 0;
            for (TransferReport.Entry entry : engine.transfers().entries()) {
                launches += entry.launches();
                in += entry.bytesIn() + entry.frameBytes();
                out += entry.bytesOut();
                rows += entry.rowsComputed();
                skipped += entry.rowsSkipped();
                nanos += entry.kernelNanos();
            }
            results.row(
                    "one step",
                    Long.toString(launches),
                    Long.toString(in),
                    Long.toString(out),
                    Long.toString(rows),
                    Long.toString(skipped),
                    nanos * 1e-6,
                    compiled);
        }
    }
}
