package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.engine.Engine;

/** Runs given tokens of several sequences to their end before it returns: a decoder as tests and measurements want it. */
public final class BatchDecoder implements AutoCloseable {
    private final Decoder decoder;
    private final DepthPolicy policy;
    private final int sequences;
    private final int vocabulary;
    private final int recursions;
    private final int[] before;
    private final int[] counts;
    private double threshold = 0.5;
    private int maxDepth;
    /** Where logits of all rows are put together if they come in several ticks, by sequence and position; or null. */
    private float[] all;

    private float[] some;

    /** Lock-step: the logits of all sequences are there at once. */
    public BatchDecoder(Engine engine, ParameterSet weights, int sequences, int capacity, int maxRows, int maxLogits) {
        this(
                engine,
                weights,
                DecoderSize.full(weights.config(), sequences, capacity, maxRows).withLogitRows(maxLogits),
                DepthPolicy.LOCK_STEP);
    }

    public BatchDecoder(Engine engine, ParameterSet weights, DecoderSize size, DepthPolicy policy) {
        this.policy = policy;
        sequences = size.sequences();
        decoder = new Decoder(engine, weights, size);
        vocabulary = weights.config().vocabSize();
        recursions = weights.config().recursions();
        maxDepth = recursions;
        before = new int[sequences];
        counts = new int[sequences];
        for (int b = 0; b < sequences; b++) {
            decoder.open(threshold, maxDepth);
        }
    }

    public Decoder decoder() {
        return decoder;
    }

    public void setThreshold(double probability) {
        threshold = probability;
        route();
    }

    public void setMaxDepth(int depth) {
        maxDepth = depth;
        for (int b = sequences - 1; b >= 0; b--) {
            decoder.close(b);
        }
        for (int b = 0; b < sequences; b++) {
            decoder.open(threshold, maxDepth);
        }
    }

    private void route() {
        for (int b = 0; b < sequences; b++) {
            decoder.setRouting(b, threshold, maxDepth);
        }
    }

    public int length(int sequence) {
        return decoder.length(sequence);
    }

    public int sequences() {
        return sequences;
    }

    public int capacity() {
        return decoder.size().context();
    }

    /** Forgets a sequence. */
    public void clear(int sequence) {
        decoder.close(sequence);
        decoder.open(threshold, maxDepth);
    }

    /** Runs new tokens and leaves the logits of the last new token of each sequence that has any. */
    public void run(int[] newTokens, int[] ids) {
        all = null;
        feed(newTokens, ids, false);
        while (decoder.rowsUnderWay() > 0) {
            tick();
        }
    }

    /** As {@link #run}, leaving the logits of every new token. */
    public void runAll(int[] newTokens, int[] ids) {
        int rows = feed(newTokens, ids, true);
        all = new float[rows * vocabulary];
        some = new float[decoder.size().logitRows() * vocabulary];
        while (decoder.rowsUnderWay() > 0) {
            int outputs = tick();
            decoder.logits(some);
            for (int i = 0; i < outputs; i++) {
                int s = decoder.outputSequence(i);
                int row = decoder.outputPosition(i) - before[s];
                for (int b = 0; b < s; b++) {
                    row += counts[b];
                }
                System.arraycopy(some, i * vocabulary, all, row * vocabulary, vocabulary);
            }
        }
    }

    private int feed(int[] newTokens, int[] ids, boolean logitsOfAll) {
        int rows = 0;
        for (int b = 0; b < sequences; b++) {
            before[b] = decoder.length(b);
            counts[b] = newTokens[b];
            if (newTokens[b] > 0 && !decoder.feed(b, ids, rows, newTokens[b], logitsOfAll ? newTokens[b] : 1)) {
                throw new IllegalStateException("no room");
            }
            rows += newTokens[b];
        }
        return rows;
    }

    private int tick() {
        if (!decoder.reserve()) {
            throw new IllegalStateException("no pages");
        }
        return decoder.tick(policy);
    }

    public void logits(float[] target) {
        if (all == null) {
            decoder.logits(target);
        } else {
            System.arraycopy(all, 0, target, 0, all.length);
        }
    }

    /** Recursions of each new token of the last run. */
    public void depths(int[] target) {
        int row = 0;
        for (int b = 0; b < sequences; b++) {
            for (int i = 0; i < counts[b]; i++) {
                target[row++] = decoder.depth(b, before[b] + i);
            }
        }
    }

    public void setSampling(int row, float temperature, int topK, float topP, float minP, float penalty) {
        decoder.setSampling(row, temperature, topK, topP, minP, penalty);
    }

    public void sample(float[] draws, int[] target) {
        decoder.sample(draws, target);
    }

    public long cacheBytes() {
        return decoder.cacheBytes();
    }

    @Override
    public void close() {
        decoder.close();
    }

    @Override
    public String toString() {
        return policy + ", " + Arrays.toString(counts);
    }
}
