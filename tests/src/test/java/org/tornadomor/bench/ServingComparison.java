package org.tornadomor.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tornadomor.bench.ServingRun.Figures;
import org.tornadomor.engine.ElementType;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Presets;
import org.tornadomor.model.ReplayedDepths;

/**
 * Serving throughput of MoR models beside vanilla ones, key and value writes included. Arguments: folder of the trained runs, their
 * names separated by commas (the vanilla one first), sequences, sequences of a replay, seconds of each arrival rate, repeats, and the
 * table: paper, replay, arrivals, pages or load.
 *
 * <p>Ratios are to the vanilla model measured in turn with the MoR model, never to one measured long before.
 */
final class ServingComparison {
    private static final DepthPolicy WISE = DepthPolicy.DEPTH_WISE;
    private static final DepthPolicy LOCK = DepthPolicy.LOCK_STEP;
    private static final double[] THRESHOLDS = {0.3, 0.7};
    private static final double[] LOADS = {0.3, 0.6, 0.9};
    private static final int[] SEQUENCES = {1, 2, 4, 8, 16, 32, 64};
    private static final int[] PAGES = {16, 32, 64};
    private static final int LOAD_REPEATS = 3;
    private static final double BF16_LOSS = 0.002;

    private final Path runs;
    private final List<String> models;
    private final int sequences;
    private final int replayed;
    private final double seconds;
    private final int repeats;

    private ServingComparison(String[] args) {
        runs = Path.of(args[0]);
        models = List.of(args[1].split(","));
        sequences = Integer.parseInt(args[2]);
        replayed = Integer.parseInt(args[3]);
        seconds = Double.parseDouble(args[4]);
        repeats = Integer.parseInt(args[5]);
    }

    public static void main(String[] args) throws IOException {
        ServingComparison comparison = new ServingComparison(args);
        switch (args[6]) {
            case "paper" -> comparison.paper();
            case "replay" -> comparison.replay();
            case "arrivals" -> comparison.arrivals();
            case "pages" -> comparison.pages();
            case "load" -> comparison.load();
            default -> throw new IllegalArgumentException("no table " + args[6]);
        }
    }

    private ServingModel trained(String name) throws IOException {
        return ServingModel.trained(runs, name);
    }

    private List<String> morModels() {
        return models.subList(1, models.size());
    }

    /** The MoR model of the tables with one: that with three recursions if it is there. */
    private String mor() {
        return models.stream()
                .filter(name -> name.endsWith("-mor3"))
                .findFirst()
                .orElse(models.getLast());
    }

    private static String megabytes(long bytes) {
        return bytes / 1_000_000 + " MB";
    }

    private static Results throughput(String title, String... more) {
        List<String> columns = new ArrayList<>(List.of(more));
        columns.addAll(List.of(
                "how",
                "threshold",
                "sequences",
                "tokens/s",
                "of vanilla",
                "while full",
                "of vanilla, full",
                "mean depth",
                "rows a tick",
                "set back"));
        return new Results(title, columns.toArray(String[]::new));
    }

    private static void row(Results results, List<Object> labels, String how, Object threshold, Figures f, Figures v) {
        List<Object> cells = new ArrayList<>(labels);
        cells.add(how);
        cells.add(threshold);
        cells.add(f.most());
        cells.add(f.tokensPerSecond());
        cells.add(f.tokensPerSecond() / v.tokensPerSecond());
        cells.add(f.fullTokensPerSecond());
        cells.add(f.fullTokensPerSecond() / v.fullTokensPerSecond());
        cells.add(f.meanDepth());
        cells.add(f.rows());
        cells.add(f.preemptions());
        results.row(cells.toArray());
    }

    private static void fullNote() {
        Results.note(
                "While full: until the last sequence has begun; the whole run has an end besides, in which ever fewer sequences"
                        + " run. Each MoR model is compared with the vanilla model that was measured in turn with it. Keys and values are"
                        + " written and read as in serving.");
    }

    /** The paper's experiment (section 4.2), with the trained models; the same in lock-step, and with other thresholds. */
    private void paper() throws IOException {
        Results results = throughput(
                "Throughput, " + sequences + " sequences of Normal(256, 64) tokens, no prompts, " + ServingModel.THREADS
                        + " threads",
                "model",
                "steps",
                "causal loss");
        long bytes;
        try (ServingModel vanilla = trained(models.getFirst())) {
            bytes = vanilla.weightBytes() + ServingRun.size32(vanilla).keyBytes(vanilla.config);
            List<Object> labels = List.of(vanilla.name, vanilla.steps, vanilla.loss(runs));
            for (String name : morModels()) {
                try (ServingModel mor = trained(name)) {
                    List<Object> own = List.of(name, mor.steps, mor.loss(runs));
                    pairs(results, labels, own, vanilla, mor, bytes);
                    thresholds(results, own, vanilla, mor);
                }
            }
        }
        Results.note("The same bytes: weights and caches of the vanilla model with 32 sequences of "
                + ServingRun.CONTEXT + " tokens, " + megabytes(bytes)
                + ". Causal loss: nats a byte, on 65,536 bytes that no model saw in training.");
        fullNote();
    }

    /** Vanilla, depth-wise and lock-step in turn, at 32 sequences and in the same bytes. */
    private void pairs(
            Results results,
            List<Object> labels,
            List<Object> own,
            ServingModel vanilla,
            ServingModel mor,
            long bytes) {
        for (boolean most : new boolean[] {false, true}) {
            String how = most ? "the same bytes" : "32 sequences";
            DecoderSize plain = most ? ServingRun.within(vanilla, bytes) : ServingRun.size32(vanilla);
            DecoderSize deep = most ? ServingRun.within(mor, bytes) : ServingRun.size32(mor);
            List<Figures> f = ServingRun.inTurn(
                    repeats,
                    ServingRun.of(vanilla, plain, WISE, 0.5, sequences),
                    ServingRun.of(mor, deep, WISE, 0.5, sequences),
                    ServingRun.of(mor, deep, LOCK, 0.5, sequences));
            row(results, labels, how, null, f.get(0), f.get(0));
            row(results, own, how + ", depth-wise", 0.5, f.get(1), f.get(0));
            row(results, own, how + ", lock-step", 0.5, f.get(2), f.get(0));
        }
    }

    private void thresholds(Results results, List<Object> own, ServingModel vanilla, ServingModel mor) {
        int half = Math.max(1, sequences / 2);
        List<ServingRun> cells = new ArrayList<>();
        cells.add(ServingRun.of(vanilla, ServingRun.size32(vanilla), WISE, 0.5, half));
        for (double threshold : THRESHOLDS) {
            cells.add(ServingRun.of(mor, ServingRun.size32(mor), WISE, threshold, half));
        }
        List<Figures> f = ServingRun.inTurn(repeats, cells.toArray(ServingRun[]::new));
        for (int i = 0; i < THRESHOLDS.length; i++) {
            row(results, own, "32, " + half + " in all, depth-wise", THRESHOLDS[i], f.get(i + 1), f.getFirst());
        }
    }

    /**
     * The same at the size of the paper's smallest models, whose training would take weeks here: random weights, and the depths that
     * tokens of the small models took.
     */
    private void replay() throws IOException {
        Results results = throughput(
                "135M shape, random weights, depths replayed from the small models, " + replayed
                        + " sequences of Normal(256, 64) tokens",
                "model",
                "layers");
        for (String name : morModels()) {
            byte[][] depths;
            try (ServingModel small = trained(name)) {
                depths = ServingRun.depths(small, replayed);
            }
            ReplayedDepths.replay(depths);
            String big = "135m" + name.substring(name.indexOf('-'));
            ModelConfig config = ReplayedDepths.config(Presets.get(big));
            ModelConfig plain = Presets.get("135m").withNumLayers(config.numLayers());
            try (ServingModel vanilla = ServingModel.random("135m-vanilla", plain);
                    ServingModel mor = ServingModel.random(big, config)) {
                replay(results, vanilla, mor);
            }
        }
        Results.note(
                "Replayed: the routers run, but a token goes as deep as the token at its place in a run of the small model with"
                        + " as many recursions went. Each is compared with a vanilla model of as many layers as its deepest tokens pass. The"
                        + " same bytes are those that this vanilla model and its caches take with 32 sequences of "
                        + ServingRun.CONTEXT
                        + " tokens.");
        fullNote();
    }

    private void replay(Results results, ServingModel vanilla, ServingModel mor) {
        long bytes = vanilla.weightBytes() + ServingRun.size32(vanilla).keyBytes(vanilla.config);
        for (boolean most : new boolean[] {false, true}) {
            DecoderSize plain = most ? ServingRun.within(vanilla, bytes) : ServingRun.size32(vanilla);
            DecoderSize deep = most ? ServingRun.within(mor, bytes) : ServingRun.size32(mor);
            List<Figures> f = ServingRun.inTurn(
                    repeats,
                    ServingRun.of(vanilla, plain, WISE, 0.5, replayed),
                    replayed(mor, deep, WISE),
                    replayed(mor, deep, LOCK));
            String how = most ? "the same bytes, " + megabytes(bytes) : "32 sequences";
            row(results, List.of(vanilla.name, vanilla.config.numLayers()), how, null, f.get(0), f.get(0));
            List<Object> own = List.of(mor.name, mor.config.numLayers());
            row(results, own, how + ", depth-wise", "replayed", f.get(1), f.get(0));
            row(results, own, how + ", lock-step", "replayed", f.get(2), f.get(0));
        }
    }

    private ServingRun replayed(ServingModel mor, DecoderSize size, DepthPolicy policy) {
        return new ServingRun(mor, size, policy, ReplayedDepths::threshold, replayed, ServingRun.LENGTH);
    }

    /** Prompts that arrive at random. */
    private void arrivals() throws IOException {
        Results results = ServingArrivals.table(seconds);
        List<Integer> requests = new ArrayList<>();
        for (String name : List.of(models.getFirst(), mor())) {
            try (ServingModel model = trained(name)) {
                requests.addAll(new ServingArrivals(model, runs).measure(results, seconds, LOADS));
            }
        }
        ServingArrivals.notes(requests);
    }

    /** Pages of several sizes: what half-filled ones cost in memory, and what smaller ones cost in time. */
    private void pages() throws IOException {
        try (ServingModel model = trained(models.getLast())) {
            DecoderSize size32 = ServingRun.size32(model);
            long bytes = size32.keyBytes(model.config) / 3;
            Results results = new Results(
                    "Pages of several sizes, " + model.name + ", " + megabytes(bytes) + " of keys and values",
                    "tokens a page",
                    "keys",
                    "sequences",
                    "tokens/s",
                    "while full",
                    "rows a tick",
                    "set back");
            List<ServingRun> cells = new ArrayList<>();
            for (int page : PAGES) {
                for (ElementType keys : new ElementType[] {ElementType.F32, ElementType.BF16}) {
                    DecoderSize size = ServingRun.within(model, bytes, page, keys);
                    cells.add(ServingRun.of(model, size, WISE, 0.5, sequences));
                }
            }
            List<Figures> figures = ServingRun.inTurn(repeats, cells.toArray(ServingRun[]::new));
            for (int i = 0; i < cells.size(); i++) {
                DecoderSize size = cells.get(i).size();
                Figures f = figures.get(i);
                results.row(
                        size.pageRows(),
                        size.keys().name(),
                        f.most(),
                        f.tokensPerSecond(),
                        f.fullTokensPerSecond(),
                        f.rows(),
                        f.preemptions());
            }
        }
        Results losses = new Results(
                "Loss with caches in bfloat16, nats a byte, 16,384 held-out bytes read as prompts",
                "model",
                "F32",
                "BF16",
                "difference",
                "within " + BF16_LOSS);
        for (String name : models) {
            try (ServingModel model = trained(name)) {
                double full = model.decodedLoss(runs, ElementType.F32);
                double half = model.decodedLoss(runs, ElementType.BF16);
                losses.row(
                        name,
                        String.format(Locale.ROOT, "%.5f", full),
                        String.format(Locale.ROOT, "%.5f", half),
                        String.format(Locale.ROOT, "%+.5f", half - full),
                        Math.abs(half - full) <= BF16_LOSS ? "yes" : "no");
            }
        }
    }

    /** From one sequence to many: where depth-wise batching gains, and where it does not. */
    private void load() throws IOException {
        Results results = new Results(
                "From one sequence to many, " + mor() + ", lengths Normal(96, 24), tokens/s",
                "sequences",
                "vanilla",
                "depth-wise",
                "lock-step",
                "depth-wise, all deep",
                "depth-wise / vanilla",
                "lock-step / vanilla",
                "depth-wise / lock-step",
                "all deep / vanilla");
        try (ServingModel vanilla = trained(models.getFirst());
                ServingModel mor = trained(mor())) {
            for (int places : SEQUENCES) {
                int count = Math.min(sequences, places <= 8 ? 4 * places : 2 * places);
                List<Figures> f = ServingRun.inTurn(
                        Math.max(repeats, LOAD_REPEATS),
                        ServingRun.loaded(vanilla, places, WISE, 0.5, count),
                        ServingRun.loaded(mor, places, WISE, 0.5, count),
                        ServingRun.loaded(mor, places, LOCK, 0.5, count),
                        ServingRun.loaded(mor, places, WISE, 0, count));
                double[] t = f.stream().mapToDouble(Figures::tokensPerSecond).toArray();
                results.row(places, t[0], t[1], t[2], t[3], t[1] / t[0], t[2] / t[0], t[1] / t[2], t[3] / t[0]);
            }
        }
        Results.note(
                "All deep: a threshold of 0, every token runs all recursions, so that nothing is gained by depth and what the"
                        + " routers and the scheduling cost shows. With one sequence nothing can fill the place of a token that stops early, and"
                        + " a tick is one recursion of one row: the gain is that of the layers not run.");
    }
}
