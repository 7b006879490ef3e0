package org.tornadomor.trainer;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.tornadomor.PublicApi;
import org.tornadomor.UserError;
import org.tornadomor.data.BatchSampler;
import org.tornadomor.data.HoldOut;
import org.tornadomor.data.SourceOptions;
import org.tornadomor.engine.Precision;
import org.tornadomor.files.DType;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterGroup;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.SpecialTokens;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * Everything that decides a training run, as data: read from YAML or JSON, changed key by key with {@link #with}, written
 * into the run folder. The components are the keys, in snake case; {@link #DEFAULT} has the value of every key that is not
 * given. The constructor refuses values that make no sense by themselves.
 *
 * @param preset a name of {@link org.tornadomor.model.Presets}; null follows from {@code init} and {@code model}
 * @param init a checkpoint or run folder whose weights to start from, or null for random ones
 * @param ignoreKeys keys of the {@code config.json} of {@code init} to pass over, which would be refused otherwise
 * @param model keys of {@code config.json} that override those of the preset or of {@code init}; a model that names its sizes
 *     needs neither
 * @param data what text to train on
 * @param tokenizer {@code bytes}, a {@code tokenizer.json} or a folder with one; null is the one of {@code init}, else bytes
 * @param bos whether documents begin with the tokenizer's beginning token; null leaves it to the tokenizer's files
 * @param context T, tokens of a sample
 * @param batch B, samples of a micro-batch
 * @param accumulate A, micro-batches of a step
 * @param order in which samples come
 * @param documentAttention keep attention inside documents, where the tokenizer has a token that ends them, with positions
 *     from 0 in each; else it goes over whole samples
 * @param seed of the initial weights and of the order
 * @param steps length of the run; at most one of the four lengths is set, none being {@link #DEFAULT_STEPS} steps
 * @param tokens length of the run, rounded up to whole steps
 * @param minutes length of the run in time, evaluation and saving included
 * @param epochs length of the run in passes over the training text, rounded up to whole steps; a run writes the steps that they are
 *     into its folder
 * @param lr highest learning rate
 * @param schedule {@code constant}, {@code cosine} or {@code trapezoid}
 * @param warmup {@link WarmUp#parse}
 * @param lrDecay trapezoid: the share of the run that falls to zero; null is 0.2, or what the warm-up leaves
 * @param minLrRatio cosine: the last rate over the highest
 * @param optimizer AdamW
 * @param distill a teacher to learn from
 * @param exit losses at the ends of recursions before the last
 * @param cluster how workers share the run
 * @param capacityWarmup expert-choice: steps over which capacities fall from everything to the model's own
 * @param evalEvery steps from one evaluation to the next; 0 evaluates at the end alone
 * @param evalSamples held-out samples of an evaluation; 0 for none
 * @param samples texts to write at each evaluation, each of which goes on with a piece of the held-out text; 0 for none
 * @param saveEvery steps from one checkpoint to the next; 0 saves at the end alone
 * @param keep how many checkpoints to keep, the latest ones; 0 for all
 * @param keepBest whether to keep, besides those, the checkpoint with the lowest validation loss, routed as in generation,
 *     among those that were saved at an evaluated step
 * @param recompute whether the backward computes the activations of a layer again instead of finding them in memory
 * @param dtype of the weights in checkpoints; resuming has full precision in any case
 * @param precision of matrix products, forward and backward; weights, sums and everything else stay float32
 * @param threads to compute on, 0 for all processors; results do not depend on it
 */
@PublicApi
public record TrainingConfig(
        String preset,
        String init,
        List<String> ignoreKeys,
        Map<String, Object> model,
        Data data,
        String tokenizer,
        Boolean bos,
        int context,
        int batch,
        int accumulate,
        BatchSampler.Order order,
        boolean documentAttention,
        long seed,
        Long steps,
        Long tokens,
        Double minutes,
        Double epochs,
        double lr,
        String schedule,
        String warmup,
        Double lrDecay,
        double minLrRatio,
        AdamW optimizer,
        Distill distill,
        Exit exit,
        Cluster cluster,
        int capacityWarmup,
        int evalEvery,
        int evalSamples,
        int samples,
        int saveEvery,
        int keep,
        boolean keepBest,
        boolean recompute,
        DType dtype,
        Precision precision,
        int threads) {

    /** Steps of a run whose length nobody gives. */
    public static final long DEFAULT_STEPS = 1000;

    /** The value of every key that is not given. */
    public static final TrainingConfig DEFAULT = new TrainingConfig(
            null,
            null,
            List.of(),
            Map.of(),
            Data.DEFAULT,
            null,
            null,
            256,
            8,
            1,
            BatchSampler.Order.SHUFFLED,
            true,
            1,
            null,
            null,
            null,
            null,
            0.003,
            "trapezoid",
            "5%",
            null,
            Schedule.DEFAULT_MIN_RATIO,
            new AdamW(0.9, 0.95, 1e-8, 0.1, 1, Freeze.NONE, Rates.EVEN),
            Distill.NONE,
            Exit.NONE,
            Cluster.NONE,
            0,
            100,
            32,
            2,
            500,
            2,
            true,
            false,
            DType.F32,
            Precision.FLOAT32,
            0);

    /** Steps and tokens are counted in doubles here and there, which are exact up to here. */
    static final long LONGEST = 1L << 53;

    /** Samples are written side by side. */
    private static final int MOST_SAMPLES = 10_000;

    /** The key of {@link Data#holdOut}, for errors. */
    private static final String HOLD_OUT = "data.hold_out";

    /**
     * What text to train on.
     *
     * @param sources {@code jdk}, {@code jdk:GLOB}, or paths or globs of text files, folders and archives; or one prepared
     *     corpus, which has its own filter, limit and hold-out
     * @param filter a glob on the paths within folders and archives, or null for all
     * @param maxBytes how much text to take at most; 0 for all
     * @param textField the path of the field of JSON Lines or the column of Parquet that holds the text
     * @param holdOut what to validate on: a share of the tail ({@code 5%} or {@code 0.05}, 0 for nothing), a share of the
     *     documents picked by their text ({@code documents 5%}), or one document in n ({@code every 20})
     * @param jdkFallback an archive of Java sources to take where the JDK comes without its own, or null
     * @param parseSpecial whether text that spells a special token becomes it
     * @param validation text to validate on, named like the sources; nothing of them is held out then
     */
    public record Data(
            List<String> sources,
            String filter,
            String textField,
            long maxBytes,
            String holdOut,
            String jdkFallback,
            boolean parseSpecial,
            List<String> validation) {
        private static final Data DEFAULT =
                new Data(List.of("jdk"), null, SourceOptions.TEXT_FIELD, 0, "5%", null, false, List.of());

        public Data {
            sources = List.copyOf(sources);
            sources.forEach(source -> requirePath("data.sources", source));
            requirePath("data.jdk_fallback", jdkFallback);
            notNegative("data.max_bytes", maxBytes);
            HoldOut.parse(HOLD_OUT, holdOut);
            validation = validation == null ? List.of() : List.copyOf(validation);
            validation.forEach(source -> requirePath("data.validation", source));
            if (!validation.isEmpty()
                    && !holdOut.equals("5%")
                    && !HoldOut.parse(HOLD_OUT, holdOut).isNothing()) {
                throw new UserError("data.validation and data.hold_out both say what to validate on; keep one of them");
            }
        }

        /** What is held out of the sources. */
        public HoldOut split() {
            return validation.isEmpty() ? HoldOut.parse(HOLD_OUT, holdOut) : HoldOut.tail(0);
        }

        /** How to read the text to validate on: the same kind of files as the sources, in whole, however large. */
        SourceOptions validationOptions() {
            return new SourceOptions(filter, List.of(), textField, 0, options().jdkFallback());
        }

        /** What becomes of text that spells special tokens. */
        public SpecialTokens special() {
            return parseSpecial ? SpecialTokens.PARSED : SpecialTokens.AS_TEXT;
        }

        /** What is wanted from the sources. */
        public SourceOptions options() {
            return new SourceOptions(
                    filter, List.of(), textField, maxBytes, jdkFallback == null ? null : Path.of(jdkFallback));
        }

        /** Whether there is nothing to validate on. */
        public boolean holdsNothingOut() {
            return validation.isEmpty() && split().isNothing();
        }

        /** Refuses settings that make sense only for text that is not prepared. */
        void requirePrepared() {
            if (filter != null || maxBytes != 0 || !holdOut.equals(DEFAULT.holdOut) || parseSpecial) {
                throw new UserError(
                        "data.sources is a prepared corpus, whose filter, size, hold-out and special tokens were decided"
                                + " when it was made: leave data.filter, data.max_bytes, data.hold_out and"
                                + " data.parse_special away");
            }
        }
    }

    /**
     * Settings of AdamW.
     *
     * @param decay of the weights, matrices only
     * @param clip largest global gradient norm of what is trained, 0 for no clipping
     * @param freeze what is not trained
     * @param rates of groups
     */
    public record AdamW(double beta1, double beta2, double eps, double decay, double clip, Freeze freeze, Rates rates) {
        public AdamW {
            share("optimizer.beta1", beta1);
            share("optimizer.beta2", beta2);
            positive("optimizer.eps", eps);
            notNegative("optimizer.decay", decay);
            notNegative("optimizer.clip", clip);
        }

        /** The groups of parameters that are not frozen. */
        Set<ParameterGroup> trained() {
            return settings().rates().keySet();
        }

        Optimizer.Settings settings() {
            Map<ParameterGroup, Float> byGroup = rates.byGroup();
            switch (freeze) {
                case NONE -> {}
                case SHARED -> byGroup.remove(ParameterGroup.SHARED);
                case LORA -> byGroup.remove(ParameterGroup.LORA);
            }
            return new Optimizer.Settings(
                    (float) beta1, (float) beta2, (float) eps, (float) decay, (float) clip, byGroup);
        }

        /** Refuses what the model does not have. */
        void requireFits(ModelConfig model) {
            if (freeze == Freeze.SHARED && model.mor() == null) {
                throw new UserError("optimizer.freeze is shared, and the model has no layers that recursions share;"
                        + " leave it away");
            }
            boolean setsFactors = freeze == Freeze.LORA || rates.lora() != 1;
            if (setsFactors && model.lora() == null) {
                throw new UserError("optimizer." + (freeze == Freeze.LORA ? "freeze is lora" : "rates.lora is set")
                        + ", and the model has no low-rank factors; leave it away, or give some to the model"
                        + " (model.mor.lora.rank)");
            }
        }
    }

    /** @throws UserError naming the key, the cause and the fix */
    public TrainingConfig {
        requirePath("init", init);
        requirePath("tokenizer", tokenizer);
        ignoreKeys = List.copyOf(ignoreKeys);
        UnknownKeys.passingOver(ignoreKeys);
        // A map with null values, which take a key of the preset away.
        model = Collections.unmodifiableMap(new LinkedHashMap<>(model));
        positive("context", context);
        positive("batch", batch);
        requireRows(batch, context);
        positive("accumulate", accumulate);
        requireLength(steps, tokens, minutes, epochs);
        positive("lr", lr);
        schedule = schedule.toLowerCase(Locale.ROOT);
        Schedule.of(schedule, 0);
        try {
            WarmUp.parse(warmup);
        } catch (UserError e) {
            throw new UserError("warmup: " + e.getMessage(), e);
        }
        share("min_lr_ratio", minLrRatio);
        if (lrDecay != null) {
            share("lr_decay", lrDecay);
        }
        notNegative("capacity_warmup", capacityWarmup);
        notNegative("eval_every", evalEvery);
        notNegative("eval_samples", evalSamples);
        notNegative("samples", samples);
        atMost("samples", samples, MOST_SAMPLES);
        notNegative("save_every", saveEvery);
        notNegative("keep", keep);
        notNegative("threads", threads);
        if (dtype != DType.F32 && dtype != DType.F16 && dtype != DType.BF16) {
            throw new UserError("dtype is " + dtype.name().toLowerCase(Locale.ROOT) + "; use f32, f16 or bf16");
        }
    }

    /** Refuses what is no path on this system: some locales do not allow letters of other languages. */
    static void requirePath(String key, String text) {
        try {
            // Signs of globs are replaced, since some systems do not allow them in paths.
            Path.of(text == null ? "" : text.replaceAll("[*?<>|:\"]", "x"));
        } catch (InvalidPathException e) {
            throw new UserError(
                    key + " has '" + text + "', which is no path on this system (" + e.getReason()
                            + "): check it, or set a locale that has its letters, such as LC_ALL=C.UTF-8",
                    e);
        }
    }

    /** Rows of a micro-batch are counted in 32 bits; memory ends long before. */
    private static void requireRows(int batch, int context) {
        if ((long) batch * context > Integer.MAX_VALUE) {
            throw new UserError("batch: a batch of " + batch + " x " + context
                    + " tokens is too large; use a smaller batch, and raise accumulate instead");
        }
    }

    private static void requireLength(Long steps, Long tokens, Double minutes, Double epochs) {
        int given = (steps == null ? 0 : 1)
                + (tokens == null ? 0 : 1)
                + (minutes == null ? 0 : 1)
                + (epochs == null ? 0 : 1);
        if (given > 1) {
            throw new UserError(
                    "the length of a run is given more than once; keep one of steps, tokens, minutes and epochs");
        }
        if (steps != null) {
            positive("steps", steps);
            atMost("steps", steps, LONGEST);
        }
        if (tokens != null) {
            positive("tokens", tokens);
            atMost("tokens", tokens, LONGEST);
        }
        if (minutes != null) {
            positive("minutes", minutes);
        }
        if (epochs != null) {
            positive("epochs", epochs);
        }
    }

    /**
     * Reads a YAML or JSON file; keys that it leaves out have their defaults.
     *
     * @throws UserError naming the file, the key, the cause and the fix
     */
    public static TrainingConfig read(Path file) {
        return ConfigTree.read(file);
    }

    /**
     * Reads YAML or JSON.
     *
     * @param source names the text in errors
     * @throws UserError as {@link #read}
     */
    public static TrainingConfig parse(String yaml, String source) {
        return ConfigTree.parse(yaml, source);
    }

    /**
     * A copy with one key changed. A new length takes the place of another kind of length, and a new preset that of a model.
     *
     * @param key with dots, such as {@code optimizer.decay} or {@code model.mor.router}
     * @param value as in YAML: a number (also {@code 2M}, {@code 500k}), true, false, null, a list in brackets, or text
     * @throws UserError if there is no such key (naming the nearest) or the value does not fit
     */
    public TrainingConfig with(String key, String value) {
        return ConfigTree.with(this, key, value);
    }

    /**
     * A copy that names the preset which it means without saying so. Keys of the model then go over that preset, however many
     * are changed: a model that names all its sizes would stand for itself, and be a plain one.
     */
    public TrainingConfig withPresetNamed() {
        String meant = ModelChoice.preset(this);
        return meant == null || meant.equals(preset) ? this : ConfigTree.over(this, Map.of("preset", meant));
    }

    /**
     * A copy with the values of some keys changed, as a file over the defaults.
     *
     * @param keys in snake case, with maps where a key has keys of its own; null takes a key of the model away
     * @throws UserError as {@link #with}
     */
    public TrainingConfig over(Map<String, Object> keys) {
        return ConfigTree.over(this, keys);
    }

    /**
     * A copy that begins with the weights of a checkpoint which need not be there yet.
     *
     * @param path of the checkpoint
     * @param begin its model, whose keys those of {@link #model} override
     * @throws UserError if they do not fit together
     */
    public TrainingConfig begunWith(String path, ModelConfig begin) {
        Map<String, Object> keys = Map.of("init", path, "model", ModelChoice.over(begin, this));
        return ConfigTree.over(this, keys);
    }

    /**
     * The model that this means, complete.
     *
     * @throws UserError if keys are missing or do not fit together, or the vocabulary is too small for the tokenizer
     */
    public ModelConfig modelFor(Tokenizer tokenizer) {
        return ModelChoice.resolve(this, tokenizer);
    }

    /**
     * Refuses what does not fit together, as far as that can be told without the text, the tokenizer and the checkpoint to
     * begin with.
     *
     * @throws UserError naming the key
     */
    public void requireSound() {
        if (epochs == null) {
            RunLength.of(this).schedule(this);
        }
        if (init == null) {
            RunSetup.requireFits(this, ModelChoice.resolve(this, ByteTokenizer.VOCAB_SIZE));
        }
    }

    /** This configuration as YAML, which {@link #parse} gives back equal. */
    public String toYaml() {
        return ConfigTree.toYaml(this);
    }

    /** Every key with its value as text, dots between the levels, in the order of the alphabet. */
    public Map<String, String> settings() {
        return ConfigTree.flat(this);
    }

    /** Tokens of an optimiser step, A B T; of workers that take steps of their own, those of all. */
    public long tokensPerStep() {
        return samplesPerStep() * context;
    }

    /** Samples of an optimiser step. */
    long samplesPerStep() {
        return (long) accumulate * batch * cluster.samplesFactor();
    }

    /** What to do about keys of the checkpoint to begin with that are not understood. */
    public UnknownKeys unknownKeys() {
        return UnknownKeys.passingOver(ignoreKeys);
    }

    static void positive(String key, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new UserError(key + " is " + text(value) + "; it must be a number above 0");
        }
    }

    private static void atMost(String key, long value, long most) {
        if (value > most) {
            throw new UserError(key + " is " + value + "; it must be at most " + most);
        }
    }

    private static void notNegative(String key, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new UserError(key + " is " + text(value) + "; it must be 0 or more");
        }
    }

    private static void share(String key, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new UserError(key + " is " + text(value) + "; it must be a number from 0 to 1");
        }
    }

    private static String text(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : "" + value;
    }
}
