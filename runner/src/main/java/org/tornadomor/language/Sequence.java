package org.tornadomor.language;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.serving.Extras;
import org.tornadomor.serving.Request;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.tokenizer.Continuation;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;

/** A prompt that is being continued: what was drawn, its text, and whether a stop string came. */
final class Sequence implements RequestListener {
    private final int number;
    private final int sample;
    private final int[] prompt;
    private final int[] promptDepths;
    private final GenerationOptions options;
    private final List<Integer> ids = new ArrayList<>();
    private final List<Integer> depths = new ArrayList<>();
    private final TextBoundaries texts;
    private final Set<Integer> stopTokens;
    private final Tokenizer tokenizer;
    /** Null for a model of bare ids. */
    private final Continuation stream;

    private boolean promptTold;
    private final StopText stopText;
    private final StringBuilder text = new StringBuilder();
    private final TokenListener listener;
    private Generation.End ended;

    /**
     * @param number which of all that are decoded together
     * @param sample which of its prompt's texts, from 0
     */
    Sequence(
            int number,
            int sample,
            int[] prompt,
            GenerationOptions options,
            TextBoundaries texts,
            Set<Integer> stopTokens,
            TokenListener listener) {
        this.number = number;
        this.sample = sample;
        this.prompt = prompt;
        this.options = options;
        this.promptDepths = new int[prompt.length];
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

    /** What to decode. */
    Request request() {
        int[] ends = texts.ends().stream()
                .filter(id -> !stopTokens.contains(id))
                .mapToInt(id -> id)
                .toArray();
        return new Request(
                prompt,
                options.maxNewTokens(),
                new Request.Sampling(
                        options.temperature(),
                        options.topK(),
                        options.topP(),
                        options.minP(),
                        options.repetitionPenalty()),
                options.seed() + sample,
                ends,
                options.threshold(),
                options.maxDepth(),
                options.exit(),
                new Extras(Map.of(), options.frequencyPenalty(), options.presencePenalty(), -1, false, false));
    }

    /** Whether the first new token is there. */
    boolean begun() {
        return !ids.isEmpty() || ended != null;
    }

    @Override
    public void prompt(int[] depthsOfPrompt, int cached) {
        System.arraycopy(depthsOfPrompt, 0, promptDepths, 0, promptDepths.length);
    }

    @Override
    public boolean token(int id, int depth) {
        if (stopTokens.contains(id)) {
            return false;
        }
        ids.add(id);
        depths.add(depth);
        String shown = stream == null ? "" : stopText.accept(stream.accept(id));
        tellPrompt();
        text.append(shown);
        listener.token(number, id, depth, shown);
        return !stopText.stopped();
    }

    @Override
    public void ended(End reason) {
        ended = switch (reason) {
            case LENGTH -> Generation.End.LENGTH;
            case CONTEXT -> Generation.End.CONTEXT;
            case END_TOKEN -> Generation.End.END_OF_TEXT;
            case STOPPED -> Generation.End.STOP;
            case CANCELLED, FAILED -> throw new IllegalStateException("nobody cancels, and faults come as exceptions");
        };
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
        return ids.size();
    }

    Generation result(ModelConfig config, int context) {
        int[] taken = depths.stream().mapToInt(d -> d).toArray();
        double[] share = new double[config.recursions()];
        for (int depth : taken) {
            share[depth - 1] += 1.0 / taken.length;
        }
        return new Generation(
                prompt,
                promptDepths,
                ids.stream().mapToInt(id -> id).toArray(),
                taken,
                text.toString(),
                ended,
                Arrays.stream(taken).average().orElse(Double.NaN),
                taken.length == 0 ? 0 : new Flops(config, context).computeSaved(share));
    }
}
