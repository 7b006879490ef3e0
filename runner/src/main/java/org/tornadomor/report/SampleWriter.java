package org.tornadomor.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.tornadomor.data.TokenSequence;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.language.BatchGenerator;
import org.tornadomor.language.Generation;
import org.tornadomor.language.GenerationOptions;
import org.tornadomor.language.TokenListener;
import org.tornadomor.trainer.Trainer;

/**
 * Lets a model in training write texts, each time after the same pieces of held-out text and with the same draws, so that runs
 * and evaluations can be compared. Memory is allocated once.
 */
public final class SampleWriter implements AutoCloseable {
    private static final int PROMPT_TOKENS = 48;
    private static final int NEW_TOKENS = 192;

    private final Trainer trainer;
    private final SampleLog log;
    private final List<int[]> prompts;
    private final GenerationOptions options;
    /** Null if no texts are wanted. */
    private final BatchGenerator generator;

    /**
     * @param samples texts of an evaluation, 0 for none
     * @param step the last step that counts in a log that is there already
     * @param notes hears what is taken out of that log
     * @throws org.tornadomor.UserError if the log cannot be written
     */
    public SampleWriter(Engine engine, Trainer trainer, Path folder, int samples, long step, Consumer<String> notes) {
        this.trainer = trainer;
        log = SampleLog.resume(folder, step, notes);
        prompts = prompts(trainer, samples);
        int capacity = Math.min(trainer.model().maxPositions(), PROMPT_TOKENS + NEW_TOKENS);
        options = GenerationOptions.DEFAULT.withMaxNewTokens(NEW_TOKENS);
        generator = prompts.isEmpty()
                ? null
                : new BatchGenerator(
                        engine,
                        trainer.weights(),
                        trainer.texts(),
                        prompts.size(),
                        capacity,
                        prompts.stream().mapToInt(prompt -> prompt.length).sum(),
                        ElementType.F32);
    }

    /** Pieces of the held-out text, evenly spread. */
    private static List<int[]> prompts(Trainer trainer, int samples) {
        TokenSequence text = trainer.corpus().validation().tokens();
        int length = Math.min(PROMPT_TOKENS, Math.max(1, trainer.model().maxPositions() / 4));
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < samples && text.size() >= length; i++) {
            int[] prompt = new int[length];
            text.copy(i * (text.size() - length) / samples, prompt, 0, length);
            prompts.add(prompt);
        }
        return prompts;
    }

    /**
     * Writes texts with the weights as they are now, and the excerpt that the last evaluation saw.
     *
     * @throws org.tornadomor.UserError if the disk or the device refuses
     */
    public void write(long step) {
        List<Generation> generations = generator == null
                ? List.of()
                : generator.generate(prompts, options, TokenListener.NONE).generations();
        log.write(step, trainer.tokenizer(), generations, trainer.excerpt());
    }

    @Override
    public void close() {
        log.close();
        if (generator != null) {
            generator.close();
        }
    }
}
