package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.UserError;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.DenseOp.RmsNorm;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.SampleOp;
import org.tornadomor.engine.SampleOp.Sample;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Runs new tokens of several sequences against their caches: prompts in pieces of any length, then token by token, in any
 * mixture. Routing is causal, each token deciding for itself, so the split into runs does not change what comes out. With
 * recursion-wise caching each depth has its own length for each sequence; a token that stops at depth 1 costs one recursion
 * and leaves nothing in deeper caches.
 */
public final class Decoder implements AutoCloseable {
    private final Engine engine;
    private final ModelConfig config;
    private final int sequences;
    private final int capacity;
    private final int maxRows;
    private final Arena floats;
    private final Forward forward;
    private final int vocabulary;
    private final int[] length;

    private final Extent wanted;
    private final Tensor wantedIndex;
    private final Tensor logits;
    private final Binding head;

    private final Extent sampled;
    private final Tensor settings;
    private final Tensor uniform;
    private final Tensor history;
    private final Tensor historyLength;
    private final Tensor next;
    private final Binding sample;

    private final int[] start;
    private final int[] lastStart;
    private final int[] position;
    private final int[] wantedRows;
    private final Tensor[] idViews;
    private final Tensor[] positionViews;
    private final Tensor[] wantedViews;
    private final Tensor[] depthViews;
    private final Tensor[] sampleViews;
    private final Tensor[] uniformViews;
    private int rowsNow;

    /**
     * @param sequences places for sequences
     * @param capacity tokens that a sequence may grow to
     * @param maxRows the most new tokens of a run, over all sequences
     * @param maxLogits the most rows of a run whose logits are wanted; at least {@code sequences}
     */
    public Decoder(Engine engine, ParameterSet weights, int sequences, int capacity, int maxRows, int maxLogits) {
        this.engine = engine;
        this.config = weights.config();
        this.sequences = sequences;
        this.capacity = capacity;
        ForwardSpec spec = ForwardSpec.decode(sequences, capacity, maxRows);
        this.maxRows = spec.maxRows();
        this.vocabulary = config.vocabSize();
        floats = engine.arena("decode activations", ElementType.F32);
        forward = new Forward(engine, weights, spec, this.maxRows, null, null, null, floats);
        length = new int[sequences];
        start = new int[sequences + 1];
        lastStart = new int[sequences + 1];
        Arrays.fill(lastStart, -1);
        position = new int[this.maxRows];

        int rows = Math.max(sequences, maxLogits);
        wanted = Extent.of("wanted", rows);
        wantedIndex = forward.indices.allocate("wanted", rows);
        wantedRows = new int[rows];
        logits = floats.allocate("logits", rows, vocabulary);
        head = head(weights, rows);

        sampled = Extent.of("sampled", sequences);
        settings = floats.allocate("sample.settings", sequences, 4);
        uniform = floats.allocate("sample.uniform", sequences);
        history = forward.indices.allocate("sample.history", sequences, capacity);
        historyLength = forward.indices.allocate("sample.history_length", sequences);
        next = forward.indices.allocate("sample.next", sequences);
        sample = sampler();

        idViews = prefixes(forward.batch.ids());
        positionViews = prefixes(forward.batch.all().position());
        depthViews = prefixes(forward.batch.depth());
        wantedViews = prefixes(wantedIndex);
        sampleViews = prefixes(next);
        uniformViews = prefixes(uniform);
        forward.fill();
        setThreshold(0.5);
    }

    private Binding head(ParameterSet weights, int rows) {
        Tensor gathered = floats.allocate("head.gathered", rows, config.hiddenSize());
        Tensor normed = floats.allocate("head.normed", rows, config.hiddenSize());
        Wiring w = new Wiring(forward.name("head"));
        w.add(new Gather(w.of(gathered, wanted), w.of(forward.hidden), w.of(wantedIndex, wanted)));
        w.add(new RmsNorm(
                w.of(normed, wanted), w.of(gathered, wanted), w.of(weights.finalNorm()), (float) config.rmsNormEps()));
        w.add(new MatmulNT(w.of(logits, wanted), w.of(normed, wanted), w.of(weights.head())));
        return w.on(engine);
    }

    private Binding sampler() {
        Wiring w = new Wiring(forward.name("sample"));
        w.add(new Sample(
                w.of(next, sampled),
                w.of(logits, sampled),
                w.of(settings, sampled),
                w.of(uniform, sampled),
                w.of(history, sampled),
                w.of(historyLength, sampled)));
        return w.on(engine);
    }

    /** Views of the first 0, 1, 2, ... rows, so that a step need not make them. */
    private static Tensor[] prefixes(Tensor tensor) {
        Tensor[] views = new Tensor[tensor.rows() + 1];
        for (int i = 0; i < views.length; i++) {
            views[i] = tensor.rows(0, i);
        }
        return views;
    }

    /** Tokens run at most so many recursions. */
    public void setMaxDepth(int depth) {
        forward.setMaxDepth(depth);
    }

    /** Moves the causal decision of expert-choice: a probability, 0.5 being a logit of 0. */
    public void setThreshold(double probability) {
        if (forward.routing instanceof ExpertRouting expert) {
            expert.setThreshold(Thresholds.logit(probability));
        }
    }

    /** Tokens of a sequence so far. */
    public int length(int sequence) {
        return length[sequence];
    }

    public int sequences() {
        return sequences;
    }

    public int capacity() {
        return capacity;
    }

    /** The most new tokens of a run. */
    public int maxRows() {
        return maxRows;
    }

    /** Forgets a sequence. */
    public void clear(int sequence) {
        length[sequence] = 0;
        forward.caches.clear(sequence);
    }

    /**
     * Runs new tokens and leaves the logits of the last new token of each sequence that has any, in sequence order.
     *
     * @param counts [sequences] new tokens of each sequence, 0 or more
     * @param ids the new tokens, sequence after sequence
     */
    public void run(int[] counts, int[] ids) {
        place(counts, ids);
        int rows = 0;
        for (int b = 0; b < sequences; b++) {
            if (counts[b] > 0) {
                wantedRows[rows++] = start[b + 1] - 1;
            }
        }
        finish(rows);
    }

    /** As {@link #run}, leaving the logits of every new token. */
    public void runAll(int[] counts, int[] ids) {
        place(counts, ids);
        for (int i = 0; i < rowsNow; i++) {
            wantedRows[i] = i;
        }
        finish(rowsNow);
    }

    private void place(int[] counts, int[] ids) {
        int rows = 0;
        for (int b = 0; b < sequences; b++) {
            if (length[b] + counts[b] > capacity) {
                throw new UserError("sequence of " + (length[b] + counts[b]) + " tokens is longer than the context of "
                        + capacity + "; use a shorter prompt or generate fewer tokens");
            }
            start[b] = rows;
            for (int i = 0; i < counts[b]; i++) {
                if (ids[rows] < 0 || ids[rows] >= vocabulary) {
                    throw new UserError("token " + ids[rows] + " is not in the vocabulary of " + vocabulary
                            + "; use the tokenizer that the model was trained with");
                }
                position[rows++] = length[b] + i;
            }
            length[b] += counts[b];
        }
        start[sequences] = rows;
        rowsNow = rows;
        forward.batch.all().extent().set(rows);
        engine.upload(idViews[rows], ids, 0);
        engine.upload(positionViews[rows], position, 0);
        if (!Arrays.equals(start, lastStart)) {
            engine.upload(forward.batch.all().start(), start, 0);
            System.arraycopy(start, 0, lastStart, 0, start.length);
        }
        forward.run(true);
    }

    private void finish(int rows) {
        wanted.set(rows);
        engine.upload(wantedViews[rows], wantedRows, 0);
        head.run();
    }

    /** The logits that the last run left, [rows, V]. */
    public void logits(float[] target) {
        engine.download(logits.rows(0, wanted.count()), target, 0);
    }

    /** The last recursion of each new token of the last run. */
    public void depths(int[] target) {
        forward.depths(target, depthViews[rowsNow], rowsNow);
    }

    /**
     * Sets how a row of the next samples is drawn: see {@link SampleOp} for the meanings.
     *
     * @param row the row of the logits, not the sequence
     */
    public void setSampling(int row, float temperature, int topK, float topP, float penalty) {
        float[] values = new float[4];
        values[SampleOp.TEMPERATURE] = temperature;
        values[SampleOp.TOP_K] = topK;
        values[SampleOp.TOP_P] = topP;
        values[SampleOp.PENALTY] = penalty;
        engine.upload(settings.rows(row, 1), values, 0);
    }

    /** Sets the tokens that the repetition penalty of a row looks at: the last ones if there are more than the capacity. */
    public void setHistory(int row, int[] ids, int count) {
        int kept = Math.min(count, capacity);
        engine.upload(history.rows(row, 1).columns(0, Math.max(1, kept)), ids, count - kept);
        engine.upload(historyLength.rows(row, 1), new int[] {kept}, 0);
    }

    /**
     * Draws the next token of each row of logits that the last run left.
     *
     * @param draws [rows] numbers in [0, 1)
     * @param target [rows] filled with the tokens
     */
    public void sample(float[] draws, int[] target) {
        int rows = wanted.count();
        sampled.set(rows);
        engine.upload(uniformViews[rows], draws, 0);
        sample.run();
        engine.download(sampleViews[rows], target, 0);
    }

    /** Bytes of keys and values. */
    public long cacheBytes() {
        return forward.caches.bytes();
    }

    @Override
    public void close() {
        forward.close();
        floats.close();
    }
}
