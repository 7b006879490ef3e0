package org.tornadomor.language;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.serving.Scheduler;
import org.tornadomor.tokenizer.TextBoundaries;

/** Continues prompts of any lengths side by side. What comes of a prompt depends neither on the
 * others nor on its place among them. */
public final class BatchGenerator implements AutoCloseable {
    /** Prompts that run side by side; when one ends, the next begins. */
    private static final int MAX_SEQUENCES = 32;
    /** Tokens of prompts that are read in a tick. */
    private static final int PREFILL_ROWS = 512;

    private final ModelConfig config;
    private final TextBoundaries texts;
    private final int context;
    private final Scheduler scheduler;

    /** What came of the prompts and how long it took. */
    public record Result(List<Generation> generations, Timing timing) {}

    /**
     * Reserves memory.
     *
     * @param texts how texts begin and end, and the tokenizer
     * @param sequences that run side by side
     * @param context tokens that a sequence may grow to
     * @param promptTokens of all prompts together: more memory than they need would be wasted
     * @param keys how keys and values are kept
     */
    public BatchGenerator(
            Engine engine,
            ParameterSet weights,
            TextBoundaries texts,
            int sequences,
            int context,
            long promptTokens,
            ElementType keys) {
        config = weights.config();
        this.texts = texts;
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
     * @param texts how texts begin and end, and the tokenizer
     * @param prompts neither empty nor longer than the context
     * @param keys how keys and values are kept
     */
    public static Result generate(
            Engine engine,
            ParameterSet weights,
            TextBoundaries texts,
            List<int[]> prompts,
            GenerationOptions options,
            ElementType keys,
            TokenListener listener) {
        int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
        long total = prompts.stream().mapToLong(prompt -> prompt.length).sum() * options.samples();
        int context = (int) Math.min(weights.config().longestSequence(), (long) longest + options.maxNewTokens());
        int sequences = Math.clamp((long) prompts.size() * options.samples(), 1, MAX_SEQUENCES);
        try (BatchGenerator generator = new BatchGenerator(engine, weights, texts, sequences, context, total, keys)) {
            return generator.generate(prompts, options, listener);
        }
    }

    /**
     * Continues prompts.
     *
     * @return as many texts of each prompt as the options say, beside one another
     * @param prompts neither empty nor longer than the context
     */
    public Result generate(List<int[]> prompts, GenerationOptions options, TokenListener listener) {
        Set<Integer> stopTokens = texts.specialTokens(options.stop());
        List<Sequence> sequences = new ArrayList<>();
        for (int[] prompt : prompts) {
            for (int sample = 0; sample < options.samples(); sample++) {
                sequences.add(new Sequence(sequences.size(), sample, prompt, options, texts, stopTokens, listener));
            }
        }
        List<Sequence> together = sequences.subList(0, Math.min(sequences.size(), scheduler.places()));
        long begin = System.nanoTime();
        sequences.forEach(sequence -> scheduler.submit(sequence.request(), sequence));
        long first = 0;
        long read = 0;
        int firstTokens = 0;
        while (scheduler.step()) {
            if (first == 0 && newTokens(sequences) > 0) {
                first = System.nanoTime();
            }
            if (read == 0 && together.stream().allMatch(Sequence::begun)) {
                read = System.nanoTime();
                firstTokens = newTokens(sequences);
            }
        }
        long end = System.nanoTime();
        read = read == 0 ? end : read;
        Timing timing = new Timing(
                options.samples()
                        * prompts.stream().mapToInt(prompt -> prompt.length).sum(),
                (read - begin) / 1e9,
                ((first == 0 ? end : first) - begin) / 1e9,
                newTokens(sequences),
                newTokens(sequences) - firstTokens,
                (end - read) / 1e9);
        return new Result(sequences.stream().map(s -> s.result(config, context)).toList(), timing);
    }

    private static int newTokens(List<Sequence> sequences) {
        return sequences.stream().mapToInt(Sequence::newTokens).sum();
    }

    @Override
    public void close() {
        scheduler.close();
    }
}
