package org.tornadomor.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.Checkpoints;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.serving.Request;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.serving.Scheduler;

/**
 * Serving throughput of MoR models beside vanilla ones, key and value writes included. First the paper's experiment (section 4.2):
 * no prompts, lengths drawn from Normal(256, 64), at 32 sequences and then at as many as fit the bytes that the vanilla model takes
 * with 32; the same in lock-step, and with other thresholds. Then prompts that arrive at random. Arguments: folder of the trained
 * runs, sequences of a measurement, seconds of each arrival rate, and the tables: paper, arrivals, pages.
 */
final class ServingComparison {
    private static final List<String> MODELS = List.of("small-vanilla", "small-mor2", "small-mor3", "small-mor4");
    private static final int CONTEXT = 512;
    private static final int BATCH = 32;
    private static final int MOST = 192;
    private static final int THREADS = Runtime.getRuntime().availableProcessors();

    private final Path runs;
    private final int sequences;

    private ServingComparison(Path runs, int sequences) {
        this.runs = runs;
        this.sequences = sequences;
    }

    public static void main(String[] args) throws IOException {
        ServingComparison comparison = new ServingComparison(Path.of(args[0]), Integer.parseInt(args[1]));
        double seconds = Double.parseDouble(args[2]);
        for (String table : args[3].split(",")) {
            switch (table) {
                case "paper" -> comparison.paper();
                case "arrivals" -> comparison.arrivals(seconds);
                case "pages" -> comparison.pages();
                default -> throw new IllegalArgumentException("no table " + table);
            }
        }
    }

    /** A model that was trained, on an engine of its own. */
    private final class Model implements AutoCloseable {
        final String name;
        final Engine engine = new CpuEngine(THREADS);
        final ParameterSet weights;
        final ModelConfig config;

        Model(String name) throws IOException {
            this.name = name;
            Path checkpoints = runs.resolve(name).resolve("checkpoints");
            Path folder = checkpoints.resolve(
                    Files.readString(checkpoints.resolve("latest")).strip());
            try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
                config = checkpoint.config();
                weights = new ParameterSet(engine, "weights", config);
                Checkpoints.load(engine, checkpoint, weights);
            }
        }

        long weightBytes() {
            return Float.BYTES * ParameterCount.of(config).total();
        }

        /** Mean cross-entropy of held-out bytes, decided causally. */
        double loss() throws IOException {
            int length = 256;
            int count = 16;
            int[] ids = heldOut(count * (length + 1));
            int[] inputs = new int[count * length];
            int[] targets = new int[count * length];
            for (int i = 0; i < count; i++) {
                System.arraycopy(ids, i * (length + 1), inputs, i * length, length);
                System.arraycopy(ids, i * (length + 1) + 1, targets, i * length, length);
            }
            float[] losses = new float[inputs.length];
            try (Scorer scorer = new Scorer(engine, weights, count, length)) {
                scorer.score(inputs, targets, count, length, true, null);
                scorer.losses(losses);
            }
            return IntStream.range(0, losses.length)
                    .mapToDouble(i -> losses[i])
                    .average()
                    .orElseThrow();
        }

        @Override
        public void close() {
            weights.close();
            engine.close();
        }
    }

    /** Bytes of a text that was not trained on, as tokens. */
    private int[] heldOut(int count) throws IOException {
        byte[] text = Files.readAllBytes(runs.resolve("heldout.txt"));
        int[] ids = new int[count];
        Arrays.setAll(ids, i -> text[i % text.length] & 0xFF);
        return ids;
    }

    /** What a measurement gave. */
    private record Figures(double tokensPerSecond, double meanDepth, double rows, int most, long preemptions) {}

    private Figures measure(Model model, DecoderSize size, DepthPolicy policy, double threshold, int count) {
        Random random = new Random(11);
        int end = model.config.vocabSize() - 1;
        try (Scheduler scheduler = new Scheduler(model.engine, model.weights, size, size.sequences(), false, policy)) {
            for (int i = 0; i < 8; i++) {
                scheduler.submit(request(new int[] {end}, 12, i, threshold), quiet());
            }
            scheduler.drain();
            long newTokens = scheduler.statistics().newTokens();
            long ticks = scheduler.statistics().ticks();
            long[] rows = rows(scheduler, model.config);
            for (int i = 0; i < count; i++) {
                int length = Math.clamp(Math.round(256 + 64 * random.nextGaussian()), 16, CONTEXT - 1);
                scheduler.submit(request(new int[] {end}, length, 100 + i, threshold), quiet());
            }
            int most = 0;
            long begin = System.nanoTime();
            while (scheduler.step()) {
                most = Math.max(most, scheduler.running());
            }
            double seconds = (System.nanoTime() - begin) * 1e-9;
            newTokens = scheduler.statistics().newTokens() - newTokens;
            ticks = scheduler.statistics().ticks() - ticks;
            long[] after = rows(scheduler, model.config);
            double all = 0;
            for (int r = 0; r < rows.length; r++) {
                all += after[r] - rows[r];
            }
            return new Figures(
                    newTokens / seconds,
                    all / (after[0] - rows[0]),
                    all / ticks,
                    most,
                    scheduler.statistics().preemptions());
        }
    }

    private static long[] rows(Scheduler scheduler, ModelConfig config) {
        long[] rows = new long[config.recursions()];
        for (int r = 0; r < rows.length; r++) {
            rows[r] = scheduler.decoder().rowsAtDepth(r + 1);
        }
        return rows;
    }

    private static Request request(int[] prompt, int length, long seed, double threshold) {
        return new Request(prompt, length, new Request.Sampling(1, 0, 1, 1), seed, new int[0], threshold, 0);
    }

    private static RequestListener quiet() {
        return new RequestListener() {
            @Override
            public boolean token(int id, int depth) {
                return true;
            }

            @Override
            public void ended(End reason) {}
        };
    }

    private static DecoderSize atMost(Model model, long bytes, ElementType keys) {
        return DecoderSize.within(model.config, bytes, MOST, CONTEXT, 2 * MOST, DecoderSize.PAGE_ROWS, keys);
    }

    private void paper() throws IOException {
        Results results = new Results(
                "Throughput, " + sequences + " sequences of Normal(256, 64) tokens, no prompts, " + THREADS
                        + " threads",
                "model",
                "causal loss",
                "how",
                "threshold",
                "sequences",
                "tokens/s",
                "of vanilla",
                "mean depth",
                "rows a tick");
        double vanilla32 = 0;
        double vanillaMost = 0;
        long bytes = 0;
        for (String name : MODELS) {
            try (Model model = new Model(name)) {
                double loss = model.loss();
                boolean vanilla = model.config.mor() == null;
                DecoderSize size32 = DecoderSize.full(model.config, BATCH, CONTEXT, 2 * BATCH);
                if (vanilla) {
                    bytes = model.weightBytes() + size32.keyBytes(model.config);
                }
                DecoderSize most = atMost(model, bytes - model.weightBytes(), ElementType.F32);
                Figures f = measure(model, size32, DepthPolicy.DEPTH_WISE, 0.5, sequences);
                vanilla32 = vanilla ? f.tokensPerSecond : vanilla32;
                row(results, name, loss, "32 sequences", 0.5, f, vanilla32);
                Figures g = measure(model, most, DepthPolicy.DEPTH_WISE, 0.5, sequences);
                vanillaMost = vanilla ? g.tokensPerSecond : vanillaMost;
                row(results, name, loss, "the same bytes", 0.5, g, vanillaMost);
                if (!vanilla) {
                    Figures lock = measure(model, size32, DepthPolicy.LOCK_STEP, 0.5, sequences);
                    row(results, name, loss, "32, lock-step", 0.5, lock, vanilla32);
                    Figures lockMost = measure(model, most, DepthPolicy.LOCK_STEP, 0.5, sequences);
                    row(results, name, loss, "the same bytes, lock-step", 0.5, lockMost, vanillaMost);
                    for (double threshold : new double[] {0.3, 0.7}) {
                        Figures moved = measure(model, size32, DepthPolicy.DEPTH_WISE, threshold, sequences / 2);
                        row(results, name, null, "32 sequences", threshold, moved, vanilla32);
                    }
                }
            }
        }
        Results.note("Bytes: weights and caches of the vanilla model with 32 sequences of " + CONTEXT + " tokens, "
                + bytes / 1_000_000 + " MB. Keys and values are written and read as in serving.");
    }

    private static void row(
            Results results, String model, Double loss, String how, double threshold, Figures f, double vanilla) {
        results.row(
                model,
                loss,
                how,
                threshold,
                f.most,
                f.tokensPerSecond,
                f.tokensPerSecond / vanilla,
                f.meanDepth,
                f.rows);
    }

    /** Pages of several sizes: what half-filled ones cost in memory, and what smaller ones cost in time. */
    private void pages() throws IOException {
        Results results = new Results(
                "Pages of several sizes, small-mor4, the same bytes of keys and values",
                "tokens a page",
                "keys",
                "sequences",
                "tokens/s",
                "set back");
        try (Model model = new Model("small-mor4")) {
            DecoderSize size32 = DecoderSize.full(model.config, BATCH, CONTEXT, 2 * BATCH);
            long bytes = size32.keyBytes(model.config) / 3;
            for (int page : new int[] {16, 32, 64}) {
                for (ElementType keys : new ElementType[] {ElementType.F32, ElementType.BF16}) {
                    DecoderSize size = DecoderSize.within(model.config, bytes, MOST, CONTEXT, 2 * MOST, page, keys);
                    Figures f = measure(model, size, DepthPolicy.DEPTH_WISE, 0.5, sequences);
                    results.row(page, keys.name(), f.most, f.tokensPerSecond, f.preemptions);
                }
            }
        }
    }

    /** What one request of the arrivals saw. */
    private static final class Seen implements RequestListener {
        final double arrival;
        final List<Double> times = new ArrayList<>();
        boolean ended;

        Seen(double arrival) {
            this.arrival = arrival;
        }

        @Override
        public boolean token(int id, int depth) {
            times.add(System.nanoTime() * 1e-9);
            return true;
        }

        @Override
        public void ended(End reason) {
            ended = true;
        }
    }

    /** Poisson arrivals; prompts and outputs as long as those of chat traffic (means 161 and 338), log-normal. */
    private void arrivals(double seconds) throws IOException {
        Results results = new Results(
                "Prompts that arrive at random, up to 32 at a time",
                "model",
                "requests/s",
                "tokens/s",
                "first token p50, s",
                "p95",
                "p99",
                "per token p50, ms",
                "p95",
                "p99",
                "pages in use",
                "rows a tick");
        for (String name : List.of("small-vanilla", "small-mor3")) {
            try (Model model = new Model(name)) {
                double saturated = saturation(model);
                for (double load : new double[] {0.3, 0.6, 0.9}) {
                    arrive(results, model, load * saturated, seconds);
                }
            }
        }
    }

    private Request chat(Random random, int[] text) {
        int prompt = (int) Math.clamp(Math.exp(Math.log(161) - 0.5 + random.nextGaussian()), 4, 600);
        int output = (int) Math.clamp(Math.exp(Math.log(338) - 0.5 + random.nextGaussian()), 4, 400);
        int from = random.nextInt(text.length - prompt);
        return request(Arrays.copyOfRange(text, from, from + prompt), output, random.nextInt(), 0.5);
    }

    /** Requests a second if there is always another one. */
    private double saturation(Model model) throws IOException {
        Random random = new Random(5);
        int[] text = heldOut(200_000);
        DecoderSize size = DecoderSize.full(model.config, BATCH, 1024, BATCH + 64 * model.config.recursions());
        int count = 48;
        try (Scheduler scheduler = new Scheduler(model.engine, model.weights, size, 64, true, DepthPolicy.DEPTH_WISE)) {
            for (int i = 0; i < count; i++) {
                scheduler.submit(chat(random, text), quiet());
            }
            long begin = System.nanoTime();
            scheduler.drain();
            return count / ((System.nanoTime() - begin) * 1e-9);
        }
    }

    private void arrive(Results results, Model model, double rate, double seconds) throws IOException {
        Random random = new Random(6);
        int[] text = heldOut(200_000);
        DecoderSize size = DecoderSize.full(model.config, BATCH, 1024, BATCH + 64 * model.config.recursions());
        List<Seen> all = new ArrayList<>();
        double pages = 0;
        try (Scheduler scheduler = new Scheduler(model.engine, model.weights, size, 64, true, DepthPolicy.DEPTH_WISE)) {
            double begin = System.nanoTime() * 1e-9;
            double next = begin;
            while (true) {
                double now = System.nanoTime() * 1e-9;
                while (next <= now && next - begin < seconds) {
                    Seen seen = new Seen(next);
                    all.add(seen);
                    scheduler.submit(chat(random, text), seen);
                    next += -Math.log(1 - random.nextDouble()) / rate;
                }
                boolean ran = scheduler.step();
                pages += scheduler.decoder().usedBlockPages()
                        + scheduler.decoder().usedOuterPages();
                if (!ran) {
                    if (next - begin >= seconds) {
                        break;
                    }
                    Thread.onSpinWait();
                }
            }
            double took = System.nanoTime() * 1e-9 - begin;
            double[] first = all.stream()
                    .mapToDouble(s -> s.times.getFirst() - s.arrival)
                    .sorted()
                    .toArray();
            double[] each = all.stream()
                    .filter(s -> s.times.size() > 1)
                    .mapToDouble(s -> 1000 * (s.times.getLast() - s.times.getFirst()) / (s.times.size() - 1))
                    .sorted()
                    .toArray();
            long ticks = scheduler.statistics().ticks();
            long rows = Arrays.stream(rows(scheduler, model.config)).sum();
            results.row(
                    model.name,
                    rate,
                    scheduler.statistics().newTokens() / took,
                    at(first, 0.5),
                    at(first, 0.95),
                    at(first, 0.99),
                    at(each, 0.5),
                    at(each, 0.95),
                    at(each, 0.99),
                    pages / ticks / (size.outerPages() + size.blockPages()),
                    rows / (double) ticks);
        }
    }

    private static double at(double[] sorted, double share) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, share * sorted.length)];
    }
}
