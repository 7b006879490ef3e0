package org.tornadomor.generation;

import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import org.tornadomor.Generation;
import org.tornadomor.GenerationOptions;
import org.tornadomor.TokenListener;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.tokenizer.Continuation;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;

/** One prompt on its way through a batch. */
final class Sequence {
    final int number;
    final int[] prompt;
    final int[] promptDepths;
    /** Prompt, then new tokens. */
    final int[] ids;

    private final int[] depths;
    private final int limit;
    private final boolean limitedByContext;
    private final SplittableRandom random;
    private final TextBoundaries texts;
    private final Set<Integer> stopTokens;
    private final Tokenizer tokenizer;
    /** Null for a model of bare ids. */
    private final Continuation stream;

    private boolean promptTold;
    private final StopText stopText;
    private final StringBuilder text = new StringBuilder();
    private final TokenListener listener;
    private int fed;
    private int count;
    private Generation.End ended;

    Sequence(
            int number,
            int[] prompt,
            int context,
            GenerationOptions options,
            TextBoundaries texts,
            Set<Integer> stopTokens,
            TokenListener listener) {
        this.number = number;
        this.prompt = prompt;
        this.promptDepths = new int[prompt.length];
        int room = context - prompt.length + 1;
        limit = Math.min(options.maxNewTokens(), room);
        limitedByContext = room < options.maxNewTokens();
        ids = Arrays.copyOf(prompt, prompt.length + limit);
        depths = new int[limit];
        // Streams of neighbouring seeds would be the same but for a shift, were it not for the first draw in between.
        random = new SplittableRandom(new SplittableRandom(options.seed()).nextLong());
        this.texts = texts;
        this.stopTokens = stopTokens;
        this.tokenizer = texts.tokenizer();
        stream = tokenizer == null ? null : Continuation.of(tokenizer, prompt);
        stopText = new StopText(options.stop());
        this.listener = listener;
        tellPrompt();
    }

    private void tellPrompt() {
        if (stream != null && !promptTold && stream.isPromptCertain()) {
            promptTold = true;
            listener.prompt(number, stream.prompt());
        }
    }

    /** Prompt tokens that have not been run yet. */
    int promptLeft() {
        return Math.max(0, prompt.length - fed);
    }

    /** Copies the next tokens to run and counts them as run. */
    void feed(int tokens, int[] target, int at) {
        System.arraycopy(ids, fed, target, at, tokens);
        fed += tokens;
    }

    int fed() {
        return fed;
    }

    /** Tokens known so far. */
    int length() {
        return prompt.length + count;
    }

    boolean ended() {
        return ended != null;
    }

    float draw() {
        return (float) random.nextInt(1 << 24) / (1 << 24);
    }

    /** Takes the next token. @param depth recursions of the step that produced it */
    void accept(int id, int depth) {
        if (stopTokens.contains(id) || texts.ends(id)) {
            end(stopTokens.contains(id) ? Generation.End.STOP : Generation.End.END_OF_TEXT);
            return;
        }
        ids[prompt.length + count] = id;
        depths[count++] = depth;
        String shown = stream == null ? "" : stopText.accept(stream.accept(id));
        tellPrompt();
        text.append(shown);
        listener.token(number, id, depth, shown);
        if (stopText.stopped()) {
            end(Generation.End.STOP);
        } else if (count == limit) {
            end(limitedByContext ? Generation.End.CONTEXT : Generation.End.LENGTH);
        }
    }

    private void end(Generation.End reason) {
        ended = reason;
        if (stream != null) {
            String rest = stopText.accept(stream.finish()) + stopText.flush();
            tellPrompt();
            text.append(rest);
            if (!rest.isEmpty()) {
                listener.token(number, -1, 0, rest);
            }
        }
    }

    int newTokens() {
        return count;
    }

    Generation result(ModelConfig config, int context) {
        int[] taken = Arrays.copyOf(depths, count);
        double[] share = new double[config.recursions()];
        for (int depth : taken) {
            share[depth - 1] += 1.0 / count;
        }
        return new Generation(
                prompt,
                promptDepths,
                Arrays.copyOfRange(ids, prompt.length, prompt.length + count),
                taken,
                text.toString(),
                ended,
                Arrays.stream(taken).average().orElse(Double.NaN),
                count == 0 ? 0 : new Flops(config, context).computeSaved(share));
    }
}
