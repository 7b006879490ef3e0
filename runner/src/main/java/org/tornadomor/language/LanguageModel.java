package org.tornadomor.language;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tornadomor.Counts;
import org.tornadomor.PublicApi;
import org.tornadomor.UserError;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Processors;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.Checksums;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.serving.Scheduler;
import org.tornadomor.serving.ServingLoop;
import org.tornadomor.tokenizer.SpecialTokens;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;

/**
 * A model that continues and scores text.
 *
 * <pre>{@code
 * try (LanguageModel model = LanguageModel.load(Path.of("runs/demo"))) {
 *     Generation answer = model.generate("public class ", GenerationOptions.DEFAULT);
 *     System.out.println(answer.text() + " at a mean depth of " + answer.meanDepth());
 * }
 * }</pre>
 *
 * <p>For one thread at a time.
 */
@PublicApi
public final class LanguageModel implements AutoCloseable {
    /** Tokens of prompts that serving reads in a pass: few, so that the other texts keep coming. */
    private static final int PROMPT_ROWS = 256;

    private final Engine engine;
    private final boolean ownsEngine;
    private final ParameterSet weights;
    private final TextBoundaries texts;
    private final Tokenizer tokenizer;
    private final boolean ownsWeights;
    /** What to do where there is no tokenizer. */
    private final String tokenizerFix;

    private ElementType keys = ElementType.F32;
    private Timing lastTiming = Timing.NONE;

    private LanguageModel(
            Engine engine,
            boolean ownsEngine,
            ParameterSet weights,
            boolean ownsWeights,
            TextBoundaries texts,
            String tokenizerFix) {
        this.engine = engine;
        this.ownsEngine = ownsEngine;
        this.weights = weights;
        this.ownsWeights = ownsWeights;
        this.texts = texts;
        this.tokenizer = texts.tokenizer();
        this.tokenizerFix = tokenizerFix;
    }

    /**
     * Loads a checkpoint onto the CPU, on all processors.
     *
     * @param folder of a checkpoint, or of a run, which means its newest checkpoint; {@code checkpoints/best} in a run means
     *     the one with the lowest validation loss; or a file of GGUF or llama2.c
     * @throws UserError if it cannot be loaded, or the run has saved no checkpoint yet
     */
    public static LanguageModel load(Path folder) {
        return load(folder, Processors.count());
    }

    /** As {@link #load(Path)}, on so many threads, at most four to a processor. */
    public static LanguageModel load(Path folder, int threads) {
        Engine engine = new CpuEngine(threads);
        try {
            return load(folder, engine, null, UnknownKeys.REFUSED, true);
        } catch (RuntimeException | Error e) {
            engine.close();
            throw e;
        }
    }

    /**
     * As {@link #load(Path)}, onto an engine that stays the caller's: a {@link CpuEngine}, or a
     * {@link org.tornadomor.engine.tornado.TornadoEngine} in a JVM that was started on a TornadoVM.
     *
     * @throws UserError as {@link #load(Path)} does
     */
    public static LanguageModel load(Path folder, Engine engine) {
        return load(folder, engine, (ElementType) null);
    }

    /**
     * As {@link #load(Path, Engine)}, with the matrices kept as a narrow type: less memory, and faster generation.
     *
     * @param type null keeps weights of 8 bits in a file as they are where the engine can, and makes all others float32
     * @throws UserError if it cannot be loaded, or the engine does not know the type
     */
    public static LanguageModel load(Path folder, Engine engine, ElementType type) {
        return load(folder, engine, type, UnknownKeys.REFUSED);
    }

    /** As {@link #load(Path, Engine, ElementType)}, passing over keys of its configuration that somebody knows to be harmless. */
    public static LanguageModel load(Path folder, Engine engine, ElementType type, UnknownKeys unknown) {
        return load(folder, engine, type, unknown, false);
    }

    private static LanguageModel load(
            Path given, Engine engine, ElementType type, UnknownKeys unknown, boolean ownsEngine) {
        Path source = ModelFolders.checkpoint(given);
        try (CheckpointFolder checkpoint = CheckpointSource.open(source, unknown)) {
            Path folder = checkpoint.folder();
            Checksums.verify(folder);
            ModelConfig config = checkpoint.config();
            Optional<Tokenizer> tokenizer = Tokenizers.forCheckpoint(folder, config.vocabSize());
            TextBoundaries texts = TextBoundaries.of(folder, tokenizer.orElse(null));
            ElementType kept = Checkpoints.typeOf(checkpoint, engine, type, unknown.notes());
            ParameterSet weights = new ParameterSet(engine, "weights", config, kept);
            try {
                Checkpoints.load(engine, checkpoint, weights);
            } catch (RuntimeException | Error e) {
                weights.close();
                throw e;
            }
            return new LanguageModel(engine, ownsEngine, weights, true, texts, CheckpointSource.tokenizerFix(source));
        }
    }

    /** A model of weights that stay the caller's, such as those of a model in training. */
    public static LanguageModel of(Engine engine, ParameterSet weights, Tokenizer tokenizer) {
        return new LanguageModel(engine, false, weights, false, TextBoundaries.of(tokenizer), "give it one");
    }

    public ModelConfig config() {
        return weights.config();
    }

    /** The tokenizer; empty for a model of bare ids. */
    public Optional<Tokenizer> tokenizer() {
        return Optional.ofNullable(tokenizer);
    }

    /** How texts begin and end. */
    public TextBoundaries texts() {
        return texts;
    }

    /** The engine that it runs on. */
    public Engine engine() {
        return engine;
    }

    /** Continues a text, in which spelled special tokens are parsed, once. */
    public Generation generate(String prompt, GenerationOptions options) {
        return generate(prompt, options, TokenListener.NONE);
    }

    /** Continues a text and tells of each token as it comes. */
    public Generation generate(String prompt, GenerationOptions options, TokenListener listener) {
        return generate(List.of(encode(prompt)), options.withSamples(1), listener)
                .getFirst();
    }

    /**
     * Continues several prompts of any lengths, given as tokens, side by side.
     *
     * @return of each prompt as many texts as the options say, beside one another
     */
    public List<Generation> generate(List<int[]> prompts, GenerationOptions options, TokenListener listener) {
        if (!options.stop().isEmpty()) {
            requireTokenizer("stop strings need");
        }
        prompts.forEach(this::requirePrompt);
        BatchGenerator.Result result =
                BatchGenerator.generate(engine, weights, texts, prompts, options, keys, listener);
        lastTiming = result.timing();
        return result.generations();
    }

    /**
     * Serves the model to any number of threads, which decodes their requests together. Until the loop is closed, nothing else may be
     * done with this model.
     *
     * @param texts decoded at a time, each of any length that the model knows
     * @param queue requests that may wait beside them
     * @return the loop, which the caller closes before the model
     * @throws UserError if there is too little memory for keys and values of so many texts
     */
    public ServingLoop serve(int texts, int queue) {
        int rows = texts + PROMPT_ROWS * config().recursions();
        DecoderSize size =
                DecoderSize.full(config(), texts, config().maxPositions(), rows).withKeys(keys);
        return new ServingLoop(new Scheduler(engine, weights, size, PROMPT_ROWS, true, DepthPolicy.DEPTH_WISE), queue);
    }

    /** @throws UserError naming a token that the model does not have */
    public void requireKnown(int[] ids) {
        config().requireTokens(ids, 0, ids.length);
    }

    /** @throws UserError if the model cannot continue a prompt: it is empty, too long, or has unknown tokens */
    public void requirePrompt(int[] ids) {
        requireKnown(ids);
        if (ids.length == 0) {
            throw new UserError("the prompt is empty; give at least one token");
        }
        if (ids.length > config().longestSequence()) {
            throw new UserError("a prompt of " + Counts.of(ids.length, "token")
                    + " is longer than the model's context of " + config().longestSequence() + "; shorten it");
        }
    }

    /**
     * How keys and values are kept from now on: F32, as at first, or BF16, which takes half the memory and needs the CPU engine.
     */
    public void keepKeysAs(ElementType type) {
        keys = type;
    }

    /** How long the last call to generate took. */
    public Timing lastTiming() {
        return lastTiming;
    }

    /**
     * The tokens of a prompt, in which spelled special tokens are parsed, behind the beginning token if the tokenizer's files
     * ask for one ({@link TextBoundaries#encode}); of an empty prompt the beginning token, else the end token, after which any
     * document may begin.
     */
    public int[] encode(String text) {
        return encode(text, SpecialTokens.PARSED, null);
    }

    /**
     * As {@link #encode(String)}, with choices.
     *
     * @param special what becomes of text that spells a special token
     * @param bos whether the beginning token goes before it; null leaves it to the tokenizer's files
     * @throws UserError if it is wanted and there is none
     */
    public int[] encode(String text, SpecialTokens special, Boolean bos) {
        requireTokenizer("text needs");
        return texts.withBos(bos).encode(text, special);
    }

    private void requireTokenizer(String what) {
        if (tokenizer == null) {
            throw new UserError(
                    what + " a tokenizer, and the checkpoint has none; " + tokenizerFix + " or give token ids");
        }
    }

    /**
     * Scores a text: how well the model predicts each token from those before it, in windows of the model's context. What spells
     * a special token is text, as in corpora. The first token is predicted from what stands before a text
     * ({@link TextBoundaries#context}), and left out if that is nothing.
     *
     * @param causal route as in generation; else by the top k of each window, as in training (expert-choice)
     */
    public Score score(String text, boolean causal) {
        requireTokenizer("text needs");
        int[] context = texts.context();
        int[] ids = TextBoundaries.behind(context, tokenizer.encode(text));
        // What stands before a text is given, not predicted.
        int given = Math.max(0, context.length - 1);
        Score all = score(ids, causal, texts.startsBehindEnd() ? texts.end() : -1);
        return given == 0
                ? all
                : new Score(
                        Arrays.copyOfRange(all.losses(), given, all.losses().length),
                        Arrays.copyOfRange(all.depths(), given, all.depths().length));
    }

    /** As {@link #score(String, boolean)} for tokens, of which the first is given. */
    public Score score(int[] ids, boolean causal) {
        return score(ids, causal, -1);
    }

    /** @param end the token after which attention starts anew, or -1 */
    private Score score(int[] ids, boolean causal, int end) {
        requireKnown(ids);
        int count = ids.length - 1;
        if (count < 1) {
            throw new UserError(
                    "a text of " + Counts.of(ids.length, "token") + " has nothing to predict; give at least two");
        }
        int window = Math.min(count, config().maxPositions());
        double[] losses = new double[count];
        int[] depths = new int[count];
        float[] windowLosses = new float[window];
        int[] windowDepths = new int[window];
        try (Scorer scorer = new Scorer(engine, weights, 1, window)) {
            scorer.keepWithinDocuments(end);
            for (int from = 0; from < count; from += window) {
                int length = Math.min(window, count - from);
                int[] inputs = Arrays.copyOfRange(ids, from, from + length);
                int[] targets = Arrays.copyOfRange(ids, from + 1, from + length + 1);
                scorer.score(inputs, targets, 1, length, causal, null);
                scorer.losses(windowLosses);
                scorer.depths(windowDepths);
                for (int i = 0; i < length; i++) {
                    losses[from + i] = windowLosses[i];
                    depths[from + i] = windowDepths[i];
                }
            }
        }
        return new Score(losses, depths);
    }

    @Override
    public void close() {
        try {
            if (ownsWeights) {
                weights.close();
            }
            if (tokenizer != null && ownsWeights) {
                tokenizer.close();
            }
        } finally {
            if (ownsEngine) {
                engine.close();
            }
        }
    }
}
