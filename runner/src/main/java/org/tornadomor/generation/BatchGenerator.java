package org.tornadomor.generation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tornadomor.Generation;
import org.tornadomor.GenerationOptions;
import org.tornadomor.Timing;
import org.tornadomor.TokenListener;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.Decoder;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.tokenizer.TextBoundaries;

/**
 * Continues a batch of prompts of any lengths: prompts are run in pieces, and a sequence whose prompt is done goes on token by
 * token until it ends. What comes of a prompt depends neither on the others nor on its place among them.
 */
public final class BatchGenerator {
    /** New tokens of one run while prompts are read. */
    private static final int PREFILL_ROWS = 512;

    private final ModelConfig config;
    private final GenerationOptions options;
    private final List<Sequence> sequences = new ArrayList<>();
    private final int context;
    private final Decoder decoder;
    private final int[] counts;
    private final int[] ids;
    private final int[] depths;
    private final int[] drawn;
    private final float[] draws;
    private Timing timing;

    private BatchGenerator(
            Decoder decoder,
            ModelConfig config,
            TextBoundaries texts,
            List<int[]> prompts,
            int firstNumber,
            GenerationOptions options,
            TokenListener listener) {
        this.config = config;
        this.decoder = decoder;
        this.options = options;
        context = context(decoder.capacity(), prompts, options);
        Set<Integer> stopTokens = stopTokens(texts, options.stop());
        for (int[] prompt : prompts) {
            sequences.add(new Sequence(
                    firstNumber + sequences.size(), prompt, context, options, texts, stopTokens, listener));
        }
        counts = new int[decoder.sequences()];
        ids = new int[decoder.maxRows()];
        depths = new int[decoder.maxRows()];
        drawn = new int[decoder.sequences()];
        draws = new float[decoder.sequences()];
    }

    /** Special tokens give no text in which a stop string could be found. */
    private static Set<Integer> stopTokens(TextBoundaries texts, List<String> stops) {
        Set<Integer> tokens = new HashSet<>();
        stops.stream().map(texts::specialToken).filter(id -> id >= 0).forEach(tokens::add);
        return tokens;
    }

    /** The tokens that the longest prompt can grow to. */
    private static int context(int most, List<int[]> prompts, GenerationOptions options) {
        int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
        return (int) Math.min(most, (long) longest + options.maxNewTokens());
    }

    /** What came of the prompts and how long it took. */
    public record Result(List<Generation> generations, Timing timing) {}

    /**
     * Runs a batch to its end.
     *
     * @param texts how texts begin and end, and the tokenizer
     * @param prompts neither empty nor longer than the context
     * @param firstNumber the number of the first prompt among all
     */
    public static Result generate(
            Engine engine,
            ParameterSet weights,
            TextBoundaries texts,
            List<int[]> prompts,
            int firstNumber,
            GenerationOptions options,
            TokenListener listener) {
        ModelConfig config = weights.config();
        int size = prompts.size();
        int total = prompts.stream().mapToInt(prompt -> prompt.length).sum();
        int rows = Math.clamp(total, size, Math.max(size, PREFILL_ROWS));
        int context = context(config.maxPositions(), prompts, options);
        try (Decoder decoder = new Decoder(engine, weights, size, context, rows, 0)) {
            return generate(decoder, config, texts, prompts, firstNumber, options, listener);
        }
    }

    /**
     * Runs a batch to its end in memory that is there already.
     *
     * @param decoder for at least as many sequences as there are prompts; what it holds is forgotten
     * @param config of its model
     * @param prompts neither empty nor longer than the decoder's capacity
     */
    public static Result generate(
            Decoder decoder,
            ModelConfig config,
            TextBoundaries texts,
            List<int[]> prompts,
            int firstNumber,
            GenerationOptions options,
            TokenListener listener) {
        BatchGenerator batch = new BatchGenerator(decoder, config, texts, prompts, firstNumber, options, listener);
        decoder.setThreshold(options.threshold());
        decoder.setMaxDepth(options.maxDepth() == 0 ? config.recursions() : options.maxDepth());
        for (int row = 0; row < prompts.size(); row++) {
            decoder.clear(row);
            decoder.setSampling(row, (float) options.temperature(), options.topK(), (float) options.topP(), (float)
                    options.repetitionPenalty());
        }
        batch.run();
        List<Generation> generations = batch.sequences.stream()
                .map(s -> s.result(batch.config, batch.context))
                .toList();
        return new Result(generations, batch.timing);
    }

    private void run() {
        long begin = System.nanoTime();
        int promptTokens = 0;
        for (Sequence sequence : sequences) {
            promptTokens += sequence.prompt.length;
        }
        long first = 0;
        while (plan(true) > 0) {
            step();
            if (first == 0 && sequences.stream().anyMatch(sequence -> sequence.promptLeft() == 0)) {
                first = System.nanoTime();
            }
        }
        long prefilled = System.nanoTime();
        int firstTokens = newTokens();
        while (plan(false) > 0) {
            step();
        }
        double decodeSeconds = (System.nanoTime() - prefilled) / 1e9;
        timing = new Timing(
                promptTokens,
                (prefilled - begin) / 1e9,
                (first - begin) / 1e9,
                newTokens(),
                newTokens() - firstTokens,
                decodeSeconds);
    }

    private int newTokens() {
        return sequences.stream().mapToInt(Sequence::newTokens).sum();
    }

    /** Chooses the tokens of the next run: pieces of prompts, or one token of each sequence that goes on. @return how many */
    private int plan(boolean prompts) {
        int rows = 0;
        for (int b = 0; b < sequences.size(); b++) {
            Sequence sequence = sequences.get(b);
            int wanted = prompts ? sequence.promptLeft() : sequence.ended() ? 0 : 1;
            counts[b] = Math.min(wanted, ids.length - rows);
            sequence.feed(counts[b], ids, rows);
            rows += counts[b];
        }
        return rows;
    }

    private void step() {
        decoder.run(counts, ids);
        decoder.depths(depths);
        int logitRow = 0;
        for (int b = 0; b < sequences.size(); b++) {
            if (counts[b] > 0) {
                prepareDraw(sequences.get(b), logitRow++);
            }
        }
        decoder.sample(draws, drawn);
        logitRow = 0;
        int row = 0;
        for (int b = 0; b < sequences.size(); b++) {
            if (counts[b] > 0) {
                take(sequences.get(b), row, counts[b], drawn[logitRow++]);
                row += counts[b];
            }
        }
    }

    private void prepareDraw(Sequence sequence, int logitRow) {
        boolean speaks = sequence.promptLeft() == 0;
        draws[logitRow] = speaks ? sequence.draw() : 0;
        if (speaks && options.repetitionPenalty() != 1) {
            decoder.setHistory(logitRow, sequence.ids, sequence.length());
        }
    }

    private void take(Sequence sequence, int row, int count, int id) {
        int first = sequence.fed() - count;
        for (int i = 0; i < count; i++) {
            if (first + i < sequence.prompt.length) {
                sequence.promptDepths[first + i] = depths[row + i];
            }
        }
        if (sequence.promptLeft() == 0) {
            sequence.accept(id, depths[row + count - 1]);
        }
    }
}
