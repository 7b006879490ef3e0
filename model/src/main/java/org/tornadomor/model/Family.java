package org.tornadomor.model;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The kinds of checkpoints that are read and written: what Hugging Face's classes of that name compute beyond a plain Llama, which
 * keys say so, and what a missing key means. The layers never ask for the family, only for the {@link Architecture}. To add one,
 * describe it here.
 */
public enum Family {
    LLAMA(
            List.of("LlamaForCausalLM", "LLaMAForCausalLM"),
            Biases.BY_KEY,
            true,
            false,
            Windows.NONE,
            Defaults.LLAMA,
            Set.of(Keys.ATTENTION_BIAS, Keys.MLP_BIAS)),
    MISTRAL(
            List.of("MistralForCausalLM"),
            Biases.NONE,
            false,
            false,
            Windows.ALL_LAYERS,
            new Defaults(8, 0, 131_072, 10_000, false, 4096, false),
            Set.of(Keys.WINDOW)),
    QWEN2(
            List.of("Qwen2ForCausalLM"),
            Biases.QUERIES_KEYS_VALUES,
            false,
            false,
            Windows.LATE_LAYERS,
            new Defaults(32, 0, 32_768, 10_000, false, 4096, false),
            Set.of(Keys.WINDOW, Keys.USE_WINDOW, Keys.LAYER_TYPES, Keys.MAX_WINDOW_LAYERS)),
    QWEN3(
            List.of("Qwen3ForCausalLM"),
            Biases.BY_KEY,
            false,
            true,
            Windows.LATE_LAYERS,
            new Defaults(32, 128, 32_768, 10_000, false, 4096, false),
            Set.of(Keys.ATTENTION_BIAS, Keys.WINDOW, Keys.USE_WINDOW, Keys.LAYER_TYPES, Keys.MAX_WINDOW_LAYERS)),
    SMOLLM3(
            List.of("SmolLM3ForCausalLM"),
            Biases.BY_KEY,
            true,
            false,
            Windows.LAYERS_WITHOUT_ROTARY,
            new Defaults(4, 0, 32_768, 2_000_000, true, 0, true),
            Set.of(
                    Keys.ATTENTION_BIAS,
                    Keys.MLP_BIAS,
                    Keys.WINDOW,
                    Keys.USE_WINDOW,
                    Keys.LAYER_TYPES,
                    Keys.NO_ROPE_LAYERS,
                    Keys.NO_ROPE_INTERVAL)),
    /** Looped: its layers run {@code total_ut_steps} times, and a gate may let a token leave earlier. */
    OURO(
            List.of("OuroForCausalLM"),
            Biases.NONE,
            false,
            false,
            Windows.LATE_LAYERS,
            new Defaults(32, 0, 32_768, 10_000, false, 4096, false),
            Set.of(
                    Keys.WINDOW,
                    Keys.USE_WINDOW,
                    Keys.LAYER_TYPES,
                    Keys.MAX_WINDOW_LAYERS,
                    Keys.LOOPS,
                    Keys.EXIT_THRESHOLD),
            new Loops(4, 1)),
    /**
     * Recursive and routed models, with every feature by a key of its own; also plain ones that no other family's class
     * computes.
     */
    MOR(
            List.of("MoRForCausalLM"),
            Biases.EACH_BY_KEY,
            true,
            false,
            Windows.NAMED_LAYERS,
            Defaults.LLAMA,
            Set.of(
                    Keys.ATTENTION_BIAS,
                    Keys.OUTPUT_BIAS,
                    Keys.MLP_BIAS,
                    Keys.HEAD_NORMS,
                    Keys.SANDWICH_NORMS,
                    Keys.LOOP_NORM,
                    Keys.WINDOW,
                    Keys.USE_WINDOW,
                    Keys.LAYER_TYPES,
                    Keys.NO_ROPE_LAYERS,
                    Keys.NO_ROPE_INTERVAL));

    /** Keys of {@code config.json} beyond a plain Llama's. */
    static final class Keys {
        static final String ATTENTION_BIAS = "attention_bias";
        static final String OUTPUT_BIAS = "attention_output_bias";
        static final String MLP_BIAS = "mlp_bias";
        static final String HEAD_NORMS = "qk_norm";
        static final String SANDWICH_NORMS = "sandwich_norms";
        static final String LOOP_NORM = "loop_norm";
        static final String LOOPS = "total_ut_steps";
        static final String EXIT_THRESHOLD = "early_exit_threshold";
        static final String AUTO_MAP = "auto_map";
        static final String WINDOW = "sliding_window";
        static final String USE_WINDOW = "use_sliding_window";
        static final String LAYER_TYPES = "layer_types";
        static final String MAX_WINDOW_LAYERS = "max_window_layers";
        static final String NO_ROPE_LAYERS = "no_rope_layers";
        static final String NO_ROPE_INTERVAL = "no_rope_layer_interval";

        private Keys() {}
    }

    /** Which of the attention's projections have biases. */
    enum Biases {
        NONE,
        /** Queries, keys and values always, the output never. */
        QUERIES_KEYS_VALUES,
        /** All four, if {@code attention_bias} says so. */
        BY_KEY,
        /** Queries, keys and values by one key, the output by another. */
        EACH_BY_KEY
    }

    /** Which layers have a window where {@code layer_types} does not say it. */
    enum Windows {
        NONE,
        ALL_LAYERS,
        /** The layers from {@code max_window_layers} on. */
        LATE_LAYERS,
        LAYERS_WITHOUT_ROTARY,
        /** All, and {@code layer_types} may say otherwise. */
        NAMED_LAYERS
    }

    /**
     * What a file means that leaves a key out.
     *
     * @param kvHeads 0: as many as there are query heads
     * @param headDim 0: hidden size / heads
     * @param window 0: none
     * @param padding whether the class has a padding token of its own
     */
    record Defaults(int kvHeads, int headDim, int positions, double theta, boolean tied, int window, boolean padding) {
        static final Defaults LLAMA = new Defaults(0, 0, 2048, 10_000, false, 0, false);
    }

    /**
     * What belongs to a family whose layers run several times, with sandwich norms, the final norm behind each time, and an
     * {@link ExitGate}; its {@code num_hidden_layers} counts the layers of one time.
     *
     * @param steps what a file without {@link Keys#LOOPS} means
     * @param threshold what a file without {@link Keys#EXIT_THRESHOLD} means
     */
    record Loops(int steps, double threshold) {
        /** Recursion of such a model. */
        MorConfig mor(int loops, double exitThreshold) {
            return new MorConfigBuilder(loops, RouterKind.EXIT_GATE)
                    .sharing(Sharing.CYCLE)
                    .exitThreshold(exitThreshold)
                    .build();
        }

        /** Whether this describes a model's recursion completely. */
        boolean expresses(MorConfig mor) {
            return mor != null && mor.equals(mor(mor.numRecursions(), mor.exitThreshold()));
        }
    }

    private final List<String> classes;
    private final Biases biases;
    private final boolean mlpBias;
    private final boolean headNorms;
    private final Windows windows;
    private final Defaults defaults;
    private final Set<String> keys;
    /** Null for a family of plain models. */
    private final Loops loops;

    Family(
            List<String> classes,
            Biases biases,
            boolean mlpBias,
            boolean headNorms,
            Windows windows,
            Defaults defaults,
            Set<String> keys) {
        this(classes, biases, mlpBias, headNorms, windows, defaults, keys, null);
    }

    Family(
            List<String> classes,
            Biases biases,
            boolean mlpBias,
            boolean headNorms,
            Windows windows,
            Defaults defaults,
            Set<String> keys,
            Loops loops) {
        this.classes = classes;
        this.biases = biases;
        this.mlpBias = mlpBias;
        this.headNorms = headNorms;
        this.windows = windows;
        this.defaults = defaults;
        this.keys = keys;
        this.loops = loops;
    }

    /** The {@code model_type} of a file. */
    public String modelType() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** The class of Hugging Face's library that computes it. */
    public String className() {
        return classes.getFirst();
    }

    /** What people call it, such as Qwen2. */
    public String title() {
        return className().replace("ForCausalLM", "");
    }

    static Optional<Family> ofModelType(String type) {
        return Arrays.stream(values()).filter(f -> f.modelType().equals(type)).findFirst();
    }

    static Optional<Family> ofClass(String name) {
        return Arrays.stream(values()).filter(f -> f.classes.contains(name)).findFirst();
    }

    static String modelTypes() {
        return Stream.of(values()).map(Family::modelType).sorted().collect(Collectors.joining(", "));
    }

    Biases biases() {
        return biases;
    }

    /** Whether {@code mlp_bias} is read. */
    boolean readsMlpBias() {
        return mlpBias;
    }

    /** Whether heads of queries and keys are normalised in every model of the family. */
    boolean alwaysNormsHeads() {
        return headNorms;
    }

    Windows windows() {
        return windows;
    }

    Defaults defaults() {
        return defaults;
    }

    /** Whether a key beyond a plain Llama's is read. */
    boolean reads(String key) {
        return keys.contains(key);
    }

    /** How its layers recur, or null. */
    Loops loops() {
        return loops;
    }

    /**
     * Whether {@code auto_map} names the classes that the family's authors gave with their weights, which are what is computed here.
     *
     * @param named such as {@code modeling_ouro.OuroForCausalLM}
     */
    boolean isOwnCode(String named) {
        return loops != null
                && named.matches("([\\w./-]+--)?(modeling|configuration)_" + modelType() + "\\." + title() + "\\w*");
    }

    /** Whether the family's class computes such a model. @param mor its recursion and routing, or null */
    boolean expresses(Architecture a, MorConfig mor) {
        if (this == MOR) {
            return true;
        }
        if (loops == null ? mor != null : !loops.expresses(mor)) {
            return false;
        }
        boolean attention = switch (biases) {
            case NONE -> !a.qkvBias() && !a.outputBias();
            case QUERIES_KEYS_VALUES -> a.qkvBias() && !a.outputBias();
            case BY_KEY -> a.qkvBias() == a.outputBias();
            case EACH_BY_KEY -> true;
        };
        boolean positions = reads(Keys.NO_ROPE_LAYERS) || a.layers().stream().allMatch(AttentionKind::rotary);
        return attention
                && positions
                && (mlpBias || !a.mlpBias())
                && headNorms == a.headNorms()
                && (loops != null) == a.sandwichNorms()
                && (loops != null) == a.loopNorm()
                && expressesWindows(a.layers());
    }

    private boolean expressesWindows(List<AttentionKind> layers) {
        long wide = layers.stream().filter(kind -> kind.window() == 0).count();
        return switch (windows) {
            case NONE -> wide == layers.size();
            case ALL_LAYERS -> wide == layers.size() || wide == 0;
            case LATE_LAYERS, LAYERS_WITHOUT_ROTARY, NAMED_LAYERS -> true;
        };
    }

    /** The first family whose class computes such a model; {@link #MOR} if there is no other. */
    static Family of(Architecture a, MorConfig mor) {
        return Arrays.stream(values())
                .filter(f -> f.expresses(a, mor))
                .findFirst()
                .orElseThrow();
    }
}
