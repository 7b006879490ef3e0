package org.tornadomor.bench;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.tornadomor.engine.ElementType;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.serving.Request;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.serving.Scheduler;

/**
 * One cell of a table: sequences without prompts, whose lengths are drawn from a normal distribution, all waiting at the beginning.
 *
 * @param policy which rows a tick runs
 * @param threshold of each sequence
 * @param count sequences
 * @param mean their mean length, four standard deviations
 */
record ServingRun(
        ServingModel model, DecoderSize size, DepthPolicy policy, IntToDoubleFunction threshold, int count, int mean) {
    /** Tokens of a sequence at most. */
    static final int CONTEXT = 512;
    /** Sequences at a time in the paper. */
    static final int BATCH = 32;
    /** Mean length in the paper. */
    static final int LENGTH = 256;

    /** Mean length of short ones. */
    private static final int LOAD_LENGTH = 96;

    /** Sequences at a time, however much memory there is. */
    private static final int MOST = 192;

    private static final int WARM_UP = 8;

    /**
     * What a run gave.
     *
     * @param tokensPerSecond all tokens, the end with its ever fewer sequences included
     * @param fullTokensPerSecond those until the last sequence began
     * @param meanDepth recursions of a token
     * @param rows of a tick in the block
     * @param most sequences at once
     * @param preemptions how often one was set back
     */
    record Figures(
            double tokensPerSecond,
            double fullTokensPerSecond,
            double meanDepth,
            double rows,
            int most,
            long preemptions) {}

    /** As many sequences of 256 tokens as in the paper, with one threshold. */
    static ServingRun of(ServingModel model, DecoderSize size, DepthPolicy policy, double threshold, int count) {
        return new ServingRun(model, size, policy, i -> threshold, count, LENGTH);
    }

    /** Short sequences, {@code places} at a time, each with memory for its longest. */
    static ServingRun loaded(ServingModel model, int places, DepthPolicy policy, double threshold, int count) {
        DecoderSize size = DecoderSize.full(model.config, places, CONTEXT, 2 * places);
        return new ServingRun(model, size, policy, i -> threshold, count, LOAD_LENGTH);
    }

    /** Memory for the paper's 32 sequences at their longest. */
    static DecoderSize size32(ServingModel model) {
        return DecoderSize.full(model.config, BATCH, CONTEXT, 2 * BATCH);
    }

    /** As many sequences as fit. @param bytes for weights and caches together */
    static DecoderSize within(ServingModel model, long bytes) {
        return within(model, bytes - model.weightBytes(), DecoderSize.PAGE_ROWS, ElementType.F32);
    }

    /** As many sequences as fit. @param bytes for the caches alone */
    static DecoderSize within(ServingModel model, long bytes, int pageRows, ElementType keys) {
        return DecoderSize.within(model.config, bytes, MOST, CONTEXT, 2 * MOST, pageRows, keys);
    }

    static Request request(int[] prompt, int length, long seed, double threshold) {
        return new Request(prompt, length, new Request.Sampling(1, 0, 1, 1), seed, new int[0], threshold, 0);
    }

    /** Lengths of the sequences, the same in every run. */
    static int[] lengths(int count, int mean) {
        Random random = new Random(11);
        return IntStream.range(0, count)
                .map(i -> Math.clamp(Math.round(mean * (1 + random.nextGaussian() / 4)), 16, CONTEXT - 1))
                .toArray();
    }

    /** Nobody listens. */
    static RequestListener quiet() {
        return new RequestListener() {
            @Override
            public boolean token(int id, int depth) {
                return true;
            }

            @Override
            public void ended(End reason) {}
        };
    }

    /** Recursions of each token of so many sequences, by sequence and position. */
    static byte[][] depths(ServingModel model, int count) {
        int[] lengths = lengths(count, LENGTH);
        byte[][] depths = new byte[count][];
        DecoderSize size = size32(model);
        try (Scheduler scheduler =
                new Scheduler(model.engine, model.weights, size, BATCH, false, DepthPolicy.DEPTH_WISE)) {
            for (int i = 0; i < count; i++) {
                byte[] of = new byte[lengths[i]];
                depths[i] = of;
                scheduler.submit(request(start(model), lengths[i], 100 + i, 0.5), new RequestListener() {
                    private int position;

                    @Override
                    public boolean token(int id, int depth) {
                        of[position++] = (byte) depth;
                        return true;
                    }

                    @Override
                    public void ended(End reason) {}
                });
            }
            scheduler.drain();
        }
        return depths;
    }

    private static int[] start(ServingModel model) {
        return new int[] {model.config.vocabSize() - 1};
    }

    /**
     * Runs in turn, so that what disturbs the machine disturbs all of them; of each that with the median throughput.
     */
    static List<Figures> inTurn(int repeats, ServingRun... runs) {
        Figures[][] all = new Figures[runs.length][repeats];
        for (int repeat = 0; repeat < repeats; repeat++) {
            for (int i = 0; i < runs.length; i++) {
                long begin = System.nanoTime();
                Figures figures = runs[i].measure();
                all[i][repeat] = figures;
                System.err.printf(
                        "%s, %s, %d of at most %d sequences: %.0f tokens/s, mean depth %.2f, %.0f s%n",
                        runs[i].model.name,
                        runs[i].policy,
                        figures.most,
                        runs[i].size.sequences(),
                        figures.tokensPerSecond,
                        figures.meanDepth,
                        (System.nanoTime() - begin) * 1e-9);
            }
        }
        return Arrays.stream(all)
                .map(each -> Arrays.stream(each)
                        .sorted(Comparator.comparingDouble(Figures::tokensPerSecond))
                        .toList()
                        .get(repeats / 2))
                .toList();
    }

    Figures measure() {
        int[] lengths = lengths(count, mean);
        try (Scheduler scheduler = new Scheduler(model.engine, model.weights, size, size.sequences(), false, policy)) {
            for (int i = 0; i < Math.min(WARM_UP, count); i++) {
                scheduler.submit(request(start(model), 12, 100 + i, threshold.applyAsDouble(i)), quiet());
            }
            scheduler.drain();
            long tokens = scheduler.statistics().newTokens();
            long ticks = scheduler.statistics().ticks();
            long[] before = rows(scheduler, model);
            for (int i = 0; i < count; i++) {
                scheduler.submit(request(start(model), lengths[i], 100 + i, threshold.applyAsDouble(i)), quiet());
            }
            int most = 0;
            long begin = System.nanoTime();
            double full = Double.NaN;
            while (scheduler.step()) {
                most = Math.max(most, scheduler.running());
                if (scheduler.waiting() > 0) {
                    full = (scheduler.statistics().newTokens() - tokens) / ((System.nanoTime() - begin) * 1e-9);
                }
            }
            double seconds = (System.nanoTime() - begin) * 1e-9;
            tokens = scheduler.statistics().newTokens() - tokens;
            ticks = scheduler.statistics().ticks() - ticks;
            long[] rows = rows(scheduler, model);
            long all = 0;
            for (int r = 0; r < rows.length; r++) {
                rows[r] -= before[r];
                all += rows[r];
            }
            return new Figures(
                    tokens / seconds,
                    full,
                    (double) all / rows[0],
                    (double) all / ticks,
                    most,
                    scheduler.statistics().preemptions());
        }
    }

    /** Rows that ran each recursion so far, on the engine of the model. */
    static long[] rows(Scheduler scheduler, ServingModel model) {
        long[] rows = new long[model.config.recursions()];
        Arrays.setAll(rows, r -> scheduler.decoder().rowsAtDepth(r + 1));
        return rows;
    }
}
