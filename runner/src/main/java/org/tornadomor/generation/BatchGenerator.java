package org.tornadomor.generation;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.Generation;
import org.tornadomor.GenerationOptions;
import org.tornadomor.Timing;
import org.tornadomor.TokenListener;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.serving.Scheduler;
import org.tornadomor.tokenizer.Tokenizer;

/** Continues prompts of any lengths side by side. What comes of a prompt does not depend on the others. */
public final class BatchGenerator implements AutoCloseable {
    /** Prompts that run side by side; when one ends, the next begins. */
    private static final int MAX_SEQUENCES = 32;
    /** Tokens of prompts that are read in a tick. */
    private static final int PREFILL_ROWS = 512;

    private final ModelConfig config;
    private final Tokenizer tokenizer;
    private final int context;
    private final Scheduler scheduler;

    /** What came of the prompts and how long it took. */
    public record Result(List<Generation> generations, Timing timing) {}

    /**
     * Reserves memory.
     *
     * @param tokenizer null for a model of bare ids
     * @param sequences that run side by side
     * @param context tokens that a sequence may grow to
     * @param promptTokens of all prompts together: more memory than they need would be wasted
     * @param keys how keys and values are kept
     */
    public BatchGenerator(
            
            Engine engine,
            ParameterSet weights,
            Tokenizer tokenizer,
            int sequences,
            int context,
            int promptTokens,
            ElementType keys) {
        config = weights.config();
        this.tokenizer = tokenizer;
        this.context = context;
        int prefill = Math.clamp(promptTokens, 1, PREFILL_ROWS);
        // Pieces of prompts at every depth may be under way at once.
        int rows = sequences + prefill * config.recursions();
        scheduler = new Scheduler(
                engine,
                weights,
                DecoderSize.full(config, sequences, context, rows).withKeys(keys),
                prefill,
                false,
                DepthPolicy.DEPTH_WISE);
    }

    /**
     * Continues prompts once, in memory of just that size.
     *
     * @param tokenizer null for a model of bare ids
     * @param prompts neither empty nor longer than the context
     * @param keys how keys and values are kept
     */
    public static Result generate(
            Engine engine,
            ParameterSet weights,
            Tokenizer tokenizer,
            List<int[]> prompts,
            GenerationOptions options,
            ElementType keys,
            TokenListener listener) {
        int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
        int total = prompts.stream().mapToInt(prompt -> prompt.length).sum();
        int context = (int) Math.min(weights.config().maxPositions(), (long) longest + options.maxNewTokens());
        int sequences = Math.clamp(prompts.size(), 1, MAX_SEQUENCES);
        try (BatchGenerator generator = new BatchGenerator(engine, weights, tokenizer, sequences, context, total, keys)) {
            return generator.generate(prompts, options, listener);
        }
    }

    /**
     * Continues prompts.
     *
     * @param prompts neither empty nor longer than the context
     */
    public Result generate(List<int[]> prompts, GenerationOptions options, TokenListener listener) {
        List<Sequence> sequences = new ArrayList<>();
        for (int[] prompt : prompts) {
            sequences.add(new Sequence(sequences.size(), prompt, options, tokenizer, listener));
        }
        long begin = System.nanoTime();
        sequences.forEach(sequence -> scheduler.submit(sequence.request(), sequence));
        long read = begin;
        while (scheduler.step()) {
            if (sequences.stream().anyMatch(sequence -> !sequence.begun())) {
                read = System.nanoTime();
            }
        }
        double decodeSeconds = (System.nanoTime() - read) / 1e9;
        int promptTokens = prompts.stream().mapToInt(prompt -> prompt.length).sum();
        int newTokens = sequences.stream().mapToInt(Sequence::newTokens).sum();
        Timing timing = new Timing(promptTokens, (read - begin) / 1e9, newTokens, decodeSeconds);
        return new Result(sequences.stream().map(s -> s.result(config, context)).toList(), timing);
    }

    @Override
    public void close() {
        scheduler.close();
    }
}
