package org.tornadomor.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.cpu.products.ProductProvider;
import org.tornadomor.files.DType;
import org.tornadomor.formats.gguf.GgmlType;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;

/**
 * One table of what people would use instead, in its newest version: a product, a training step, decoding of one and of 32 sequences. All
 * candidates of a task run in turn within a round, and the median of the rounds counts. What is not installed is left out and named.
 * Arguments: threads, rounds (5).
 */
final class PeerComparison {
    private static final int BATCH = 8;
    private static final int TOKENS = 256;
    private static final int PROMPT = 32;
    private static final int NEW = 96;
    private static final int[] SEQUENCES = {1, 32};
    private static final int LONG = 512;
    private static final int POSITIONS = 1024;
    private static final String JLAMA = System.getProperty("bench.jlamaVersion", "Jlama");

    private static final int M = 2048, N = 2816, K = 512;

    private final int threads;
    private final int rounds;
    private final Results results;
    private final List<String> missing = new ArrayList<>();

    /** Somebody who does a task. */
    private record Candidate(String who, String version, DoubleSupplier seconds, AutoCloseable held) {}

    private PeerComparison(int threads, int rounds) {
        this.threads = threads;
        this.rounds = rounds;
        results = new Results(
                "Peers, " + threads + (threads == 1 ? " thread" : " threads"),
                "task",
                "who",
                "version",
                "seconds",
                "times the first row of the task");
    }

    public static void main(String[] args) throws Exception {
        int threads = args.length > 0
                ? Integer.parseInt(args[0])
                : Runtime.getRuntime().availableProcessors();
        PeerComparison comparison = new PeerComparison(threads, args.length > 1 ? Integer.parseInt(args[1]) : 5);
        comparison.products();
        comparison.training();
        comparison.decoding();
        Results.note("Seconds are medians of " + comparison.rounds
                + " rounds, all of a task in turn. Jlama decodes one sequence at a time.");
        comparison.missing.stream().distinct().forEach(text -> Results.note("Left out: " + text + "."));
    }

    private void measure(String task, List<Candidate> all) throws Exception {
        List<Candidate> candidates = new ArrayList<>();
        for (Candidate candidate : all) {
            try {
                candidate.seconds.getAsDouble();
                candidates.add(candidate);
            } catch (RuntimeException e) {
                missing.add(candidate.who + ", which failed at its first run");
                candidate.held.close();
            }
        }
        double[][] seconds = new double[candidates.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < candidates.size(); i++) {
                seconds[i][round] = candidates.get(i).seconds.getAsDouble();
            }
        }
        for (int i = 0; i < candidates.size(); i++) {
            double median = Results.median(seconds[i]);
            Candidate candidate = candidates.get(i);
            results.row(task, candidate.who, candidate.version, median, median / Results.median(seconds[0]));
            candidate.held.close();
        }
    }

    private static String here(ProductProvider provider, Precision precision) {
        return "TornadoMoR, " + (provider == ProductProvider.JAVA ? "Java" : "oneDNN") + ", "
                + precision.name().toLowerCase(Locale.ROOT);
    }

    private Engine engine(ProductProvider provider, Precision precision) {
        return Engines.open(threads, provider, precision);
    }

    private static String version() {
        return "this commit";
    }

    /** A product of a training step of d = 512, both operands in memory. */
    private void products() throws Exception {
        if (!OpenBlas.installed()) {
            missing.add("OpenBLAS");
            return;
        }
        OpenBlas blas = new OpenBlas();
        blas.threads(threads);
        Product product = new Product(Product.Layout.NT, M, N, K, threads, blas);
        int repeats = 20;
        measure(
                repeats + " products " + M + " x " + N + " x " + K + ", float32",
                List.of(
                        new Candidate("TornadoMoR, Java", version(), () -> time(product::runEngine, repeats), product),
                        new Candidate("OpenBLAS", blas.describe(), () -> time(product::runBlas, repeats), () -> {})));
    }

    private static double time(Runnable run, int repeats) {
        long start = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
            run.run();
        }
        return (System.nanoTime() - start) * 1e-9;
    }

    private static ModelConfig model() {
        return new ModelConfig(257, 512, 1408, 8, 8, 4, 64, 1e-5, 10000, POSITIONS, true, 0.02, null);
    }

    private void training() throws Exception {
        List<Candidate> candidates = new ArrayList<>();
        // Without instructions for it nobody would use it, and PyTorch takes half a minute for a step.
        boolean rounds = true;
        for (Precision precision : Precision.values()) {
            for (ProductProvider provider : List.of(ProductProvider.JAVA, ProductProvider.ONEDNN)) {
                if (provider == ProductProvider.JAVA && precision == Precision.BFLOAT16) {
                    continue;
                }
                try {
                    Engine engine = engine(provider, precision);
                    TrainingStep step = new TrainingStep(engine, model(), BATCH, TOKENS);
                    step.warmUp();
                    candidates.add(new Candidate(here(provider, precision), version(), step::run, () -> {
                        step.close();
                        engine.close();
                    }));
                } catch (UserError e) {
                    missing.add(here(provider, precision) + ": " + e.getMessage());
                    rounds &= precision != Precision.BFLOAT16;
                }
            }
        }
        if (!rounds) {
            missing.add("PyTorch in bfloat16");
        }
        for (Precision precision : rounds ? Precision.values() : new Precision[] {Precision.FLOAT32}) {
            for (boolean compiled : new boolean[] {false, true}) {
                String who = "PyTorch, " + (compiled ? "compiled" : "eager") + ", "
                        + precision.name().toLowerCase(Locale.ROOT);
                TorchPeer torch = TorchPeer.start(model(), BATCH, TOKENS, threads, precision, compiled);
                if (torch == null) {
                    missing.add(who + ", which did not start with " + TorchPeer.PYTHON);
                } else {
                    candidates.add(new Candidate(who, torch.version(), torch::step, torch));
                }
            }
        }
        measure("training step, d = 512, 8 layers, batch " + BATCH + ", context " + TOKENS, candidates);
    }

    /** Random weights: what is drawn does not matter. */
    private void decoding() throws Exception {
        Path folder = Files.createTempDirectory(Path.of(System.getProperty("bench.files", "tests/target")), "peers");
        try {
            Path checkpoint = folder.resolve("float32");
            try (Engine engine = new CpuEngine(1);
                    ParameterSet weights = new ParameterSet(engine, "weights", model())) {
                Checkpoints.initialise(engine, weights, 1);
                Checkpoints.save(engine, weights, checkpoint, DType.F32);
            }
            Path gguf = CheckpointComparison.export(checkpoint, folder.resolve("model.gguf"), GgmlType.F32);
            decoding(
                    "a prompt of " + LONG + " tokens, the same model",
                    checkpoint,
                    gguf,
                    1,
                    LONG,
                    2,
                    peer -> peer.run(LONG, 2).first());
            for (int sequences : SEQUENCES) {
                decoding(
                        (NEW - 1) + " tokens of " + (sequences == 1 ? "one sequence" : sequences + " sequences")
                                + ", the same model",
                        checkpoint,
                        gguf,
                        sequences,
                        PROMPT,
                        NEW,
                        peer -> peer.run(PROMPT, NEW).rest());
            }
        } finally {
            try (Stream<Path> paths = Files.walk(folder)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private void decoding(
            String task,
            Path checkpoint,
            Path gguf,
            int sequences,
            int prompt,
            int tokens,
            ToDoubleFunction<DecodePeer> seconds)
            throws Exception {
        int context = prompt + tokens;
        List<Candidate> candidates = new ArrayList<>();
        DecodePeer plain = DecodePeer.ours(checkpoint, "", threads, sequences, context);
        candidates.add(decoder("TornadoMoR, Java, float32", version(), plain, seconds));
        DecodePeer narrow = DecodePeer.ours(checkpoint, "bf16", threads, sequences, context);
        candidates.add(decoder("TornadoMoR, Java, weights in bfloat16", version(), narrow, seconds));
        DecodePeer rounded = oneDnn(checkpoint, sequences, context);
        if (rounded != null) {
            candidates.add(decoder("TornadoMoR, oneDNN, bfloat16", version(), rounded, seconds));
        }
        DecodePeer llama = DecodePeer.llamaCpp(gguf, threads, sequences, context);
        if (llama == null) {
            missing.add("llama.cpp (npm install --prefix DIR node-llama-cpp, and TORNADOMOR_NODE_LLAMA_CPP=DIR)");
        } else {
            candidates.add(
                    decoder("llama.cpp, float32", "node-llama-cpp " + DecodePeer.llamaVersion(), llama, seconds));
        }
        DecodePeer transformers = DecodePeer.transformers(checkpoint, threads, sequences, context);
        if (transformers == null) {
            missing.add("transformers, which did not start with " + TorchPeer.PYTHON);
        } else {
            candidates.add(
                    decoder("transformers, static cache, float32", transformers.version(), transformers, seconds));
        }
        if (sequences == 1) {
            DecodePeer jlama = DecodePeer.jlama(checkpoint, threads, context);
            if (jlama == null) {
                missing.add(JLAMA + ", which did not start");
            } else {
                candidates.add(decoder("Jlama, float32", JLAMA, jlama, seconds));
            }
        }
        measure(task, candidates);
    }

    /** Products in bfloat16 by oneDNN, or null where it is not. */
    private DecodePeer oneDnn(Path checkpoint, int sequences, int context) {
        try (Engine engine = engine(ProductProvider.ONEDNN, Precision.BFLOAT16)) {
            return DecodePeer.ours(checkpoint, "", threads, sequences, context, engine.precision());
        } catch (UserError e) {
            missing.add(here(ProductProvider.ONEDNN, Precision.BFLOAT16) + ": " + e.getMessage());
            return null;
        }
    }

    private static Candidate decoder(
            String who, String version, DecodePeer peer, ToDoubleFunction<DecodePeer> seconds) {
        return new Candidate(who, version, () -> seconds.applyAsDouble(peer), peer);
    }
}
