package org.tornadomor.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.BatchDecoder;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.ParameterSet;

/**
 * Decoding of a random Llama that is larger than the caches, beside the read bandwidth of the machine, all in turn within one
 * run, so that a busy machine slows all alike: medians over rounds of the ratios in a round. One thread is timed by the
 * processor time that it got. Arguments: threads, layers (12 with 768 columns are 110 million parameters), rounds.
 */
final class DecodeComparison {
    private static final int VOCABULARY = 32_000;
    private static final int SEQUENCES = 32;
    private static final int CONTEXT = 1024;
    private static final int MEGABYTES = 512;
    private static final int[] LONG = {CONTEXT};
    private static final int[] ONE = {1};

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Map<String, List<Double>> ratios = new LinkedHashMap<>();
    private final boolean processorTime;

    private DecodeComparison(int threads) {
        processorTime = threads == 1;
    }

    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        int layers = args.length > 1 ? Integer.parseInt(args[1]) : 12;
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 9;
        ModelConfig config =
                new ModelConfig(VOCABULARY, 768, 2048, layers, 12, 12, 64, 1e-5, 1e4, CONTEXT, true, 0.02, null);
        try (Engine engine = new CpuEngine(threads);
                ReadBandwidth bandwidth = new ReadBandwidth(threads, MEGABYTES)) {
            DecodeComparison comparison = new DecodeComparison(threads);
            List<Subject> subjects = new ArrayList<>();
            for (ElementType type : new ElementType[] {ElementType.F32, ElementType.BF16, ElementType.I8}) {
                subjects.add(new Subject(engine, config, type));
            }
            try (CPeer peer = CPeer.start(engine, subjects.get(0).weights, threads)) {
                requireSameTokens(subjects.get(0).one, peer);
                comparison.round(bandwidth, subjects, peer);
                comparison.ratios.clear();
                for (int i = 0; i < rounds; i++) {
                    comparison.round(bandwidth, subjects, peer);
                }
                comparison.print(ParameterCount.of(config).total() / 1_000_000, threads, subjects, peer);
            }
        }
    }

    /** Both decode the same few tokens, or their speeds do not compare. */
    private static void requireSameTokens(BatchDecoder decoder, CPeer peer) {
        if (peer == null) {
            return;
        }
        clear(decoder);
        float[] logits = new float[VOCABULARY];
        int[] token = {1};
        for (int i = 0; i < 8; i++) {
            decoder.run(ONE, token);
            decoder.logits(logits);
            for (int j = token[0] = 0; j < VOCABULARY; j++) {
                token[0] = logits[j] > logits[token[0]] ? j : token[0];
            }
        }
        peer.steps(8);
        if (token[0] != peer.lastToken()) {
            throw new IllegalStateException("token " + token[0] + " here, " + peer.lastToken() + " from the C decoder");
        }
    }

    /** A model with weights of one type, and what decodes with it: one sequence, and several. */
    private static final class Subject {
        final String name;
        final double bytes;
        final ParameterSet weights;
        final BatchDecoder one;
        final BatchDecoder many;

        Subject(Engine engine, ModelConfig config, ElementType type) {
            name = type.name().toLowerCase(Locale.ROOT);
            weights = new ParameterSet(engine, "weights", config, type);
            bytes = fill(engine, weights);
            one = new BatchDecoder(engine, weights, 1, CONTEXT, CONTEXT, 1);
            many = new BatchDecoder(engine, weights, SEQUENCES, 64, SEQUENCES, SEQUENCES);
        }

        private static double fill(Engine engine, ParameterSet weights) {
            Random random = new Random(1);
            float[] values = new float[1 << 20];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (0.02 * random.nextGaussian());
            }
            double bytes = 0;
            for (Tensor tensor : weights.named().values()) {
                int rows = Math.max(1, values.length / tensor.columns());
                for (int row = 0; row < tensor.rows(); row += rows) {
                    engine.upload(tensor.rows(row, Math.min(rows, tensor.rows() - row)), values, 0);
                }
                bytes += (double) tensor.size() * tensor.type().bytes();
            }
            return bytes;
        }
    }

    private void round(ReadBandwidth bandwidth, List<Subject> subjects, CPeer peer) {
        double read = bandwidth.bytes() / time(5, bandwidth::run);
        put("read_gb_per_second", read * 1e-9);
        double plain = 0;
        for (Subject subject : subjects) {
            double one = steps(subject.one, 10);
            double many = steps(subject.many, 5);
            plain = plain == 0 ? one : plain;
            put(subject.name + "_of_c", peer == null ? Double.NaN : peer.steps(10) / one);
            put(subject.name + "_tokens_per_second", 1 / one);
            put(subject.name + "_of_read_bandwidth", subject.bytes / one / read);
            put(subject.name + "_speedup", plain / one);
            put(subject.name + "_batch_" + SEQUENCES + "_gain", SEQUENCES * one / many);
            put(subject.name + "_prefill_tokens_per_second", CONTEXT / prefill(subject.one));
        }
    }

    private void print(long millions, int threads, List<Subject> subjects, CPeer peer) {
        Results results = new Results(
                "Decoding a Llama of " + millions + " million parameters, " + threads
                        + (threads == 1 ? " thread" : " threads"),
                "weights",
                "tokens/s",
                "weight bytes / bytes read",
                "times float32",
                "times plain C in float32",
                SEQUENCES + " sequences, times one",
                "prefill tokens/s");
        for (Subject subject : subjects) {
            results.row(
                    subject.name,
                    middle(subject.name + "_tokens_per_second"),
                    middle(subject.name + "_of_read_bandwidth"),
                    middle(subject.name + "_speedup"),
                    middle(subject.name + "_of_c"),
                    middle(subject.name + "_batch_" + SEQUENCES + "_gain"),
                    middle(subject.name + "_prefill_tokens_per_second"));
        }
        if (peer == null) {
            Results.note("There is no C compiler: the plain C decoder is left out.");
        }
        Results.note(String.format(
                Locale.ROOT, "Memory is read at %.1f GB/s in the same run.", middle("read_gb_per_second")));
    }

    private double middle(String name) {
        return median(ratios.get(name));
    }

    private void put(String name, double value) {
        ratios.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
    }

    private double steps(BatchDecoder decoder, int count) {
        clear(decoder);
        int[] counts = new int[decoder.sequences()];
        int[] ids = new int[decoder.sequences()];
        Arrays.fill(counts, 1);
        return time(count, () -> decoder.run(counts, ids));
    }

    private double prefill(BatchDecoder decoder) {
        int[] ids = new int[CONTEXT];
        Arrays.setAll(ids, i -> i * 31 % VOCABULARY);
        return time(1, () -> {
            clear(decoder);
            decoder.run(LONG, ids);
        });
    }

    private static void clear(BatchDecoder decoder) {
        for (int b = 0; b < decoder.sequences(); b++) {
            decoder.clear(b);
        }
    }

    /** The median of the seconds that {@code count} runs took. */
    private double time(int count, Runnable run) {
        List<Double> seconds = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long start = now();
            run.run();
            seconds.add((now() - start) * 1e-9);
        }
        return median(seconds);
    }

    private long now() {
        return processorTime ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
