package org.tornadomor.model;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.UserError;

/**
 * The shape of a model: a Llama decoder, with {@link MorConfig} on top where layers recur. Read from and written as
 * Hugging Face {@code config.json}. The constructor refuses shapes that cannot be.
 *
 * @param vocabSize V, number of token ids
 * @param hiddenSize d
 * @param intermediateSize width of the SwiGLU feed-forward
 * @param numLayers L, the unrolled depth: the layers that the deepest token passes
 * @param numHeads query heads
 * @param numKvHeads key and value heads; divides {@code numHeads}
 * @param headDim size of a head, even (rotary embedding turns halves of it)
 * @param rmsNormEps added to the mean square
 * @param ropeTheta base of the rotary frequencies
 * @param maxPositions longest sequence
 * @param tieEmbeddings whether the head is the embedding matrix
 * @param initializerRange standard deviation of initial weights
 * @param architecture what layers have beyond a plain Llama's: biases, norms of heads, windows, rotary scaling; the constructor
 *     corrects its family where another one is right, such as {@link Family#MOR} for routed models
 * @param mor recursion and routing; null = a plain Llama
 */
public record ModelConfig(
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int numLayers,
        int numHeads,
        int numKvHeads,
        int headDim,
        double rmsNormEps,
        double ropeTheta,
        int maxPositions,
        boolean tieEmbeddings,
        double initializerRange,
        Architecture architecture,
        MorConfig mor) {

    /** Far above any model; a damaged file must not ask for billions of tensors. */
    static final int MAX_LAYERS = 10_000;

    /** Guards the floor in {@link #capacities} against products such as 0.29 x 100 = 28.999999999999996. */
    private static final double FLOOR_SLACK = 1e-9;

    /** @throws UserError naming the key, the cause and the fix */
    public ModelConfig {
        Checks.positive("vocab_size", vocabSize);
        Checks.positive("hidden_size", hiddenSize);
        Checks.positive("intermediate_size", intermediateSize);
        Checks.positive("num_hidden_layers", numLayers);
        Checks.atMost("num_hidden_layers", numLayers, MAX_LAYERS);
        Checks.positive("num_attention_heads", numHeads);
        Checks.positive("num_key_value_heads", numKvHeads);
        Checks.positive("head_dim", headDim);
        Checks.positive("max_position_embeddings", maxPositions);
        Checks.positive("rms_norm_eps", rmsNormEps);
        Checks.positive("rope_theta", ropeTheta);
        Checks.notNegative("initializer_range", initializerRange);
        if (numHeads % numKvHeads != 0) {
            throw new UserError("num_key_value_heads " + numKvHeads + " does not divide num_attention_heads " + numHeads
                    + "; each key and value head serves equally many query heads, so choose a divisor of " + numHeads);
        }
        if (headDim % 2 != 0) {
            throw new UserError("head_dim is " + headDim
                    + "; rotary embedding turns pairs, so it must be even: change head_dim, or hidden_size and"
                    + " num_attention_heads");
        }
        checkSize("vocab_size x hidden_size", vocabSize, hiddenSize);
        checkSize("intermediate_size x hidden_size", intermediateSize, hiddenSize);
        checkSize("num_attention_heads x head_dim", numHeads, headDim);
        checkSize("num_attention_heads x head_dim x hidden_size", (long) numHeads * headDim, hiddenSize);
        if (!architecture.layers().isEmpty() && architecture.layers().size() != numLayers) {
            throw new UserError("layer_types and no_rope_layers are for "
                    + architecture.layers().size() + " layers where num_hidden_layers is " + numLayers);
        }
        architecture = architecture.named(mor);
        checkNorms(architecture, mor);
        if (mor != null) {
            checkLayers(numLayers, mor);
            if (mor.lora() != null) {
                mor.lora()
                        .requireFits(new LoraTarget.Widths(
                                hiddenSize, intermediateSize, numHeads * headDim, numKvHeads * headDim));
            }
            checkKinds(numLayers, mor, architecture);
            checkSize("the router's width x hidden_size", mor.routerArch().width(hiddenSize), hiddenSize);
        }
    }

    /** A model whose layers are a plain Llama's. */
    public ModelConfig(
            int vocabSize,
            int hiddenSize,
            int intermediateSize,
            int numLayers,
            int numHeads,
            int numKvHeads,
            int headDim,
            double rmsNormEps,
            double ropeTheta,
            int maxPositions,
            boolean tieEmbeddings,
            double initializerRange,
            MorConfig mor) {
        this(
                vocabSize,
                hiddenSize,
                intermediateSize,
                numLayers,
                numHeads,
                numKvHeads,
                headDim,
                rmsNormEps,
                ropeTheta,
                maxPositions,
                tieEmbeddings,
                initializerRange,
                Architecture.LLAMA,
                mor);
    }

    private static void checkSize(String what, long rows, long columns) {
        if (rows > 0 && columns > Integer.MAX_VALUE / rows) {
            throw new UserError(what + " is " + rows + " x " + columns
                    + "; a matrix holds at most 2^31 - 1 elements, so make one of them smaller");
        }
    }

    private static void checkLayers(int numLayers, MorConfig mor) {
        long next = nextDividingLayers(numLayers, mor.sharing(), mor.numRecursions());
        if (next != numLayers) {
            String unique = mor.sharing().middle() ? " (after the first and the last, which are not shared)" : "";
            throw new UserError("num_hidden_layers " + numLayers + " does not divide into " + mor.numRecursions()
                    + " recursions with mor.sharing " + mor.sharing().spelling() + unique + "; the next that does is "
                    + next);
        }
    }

    private static void checkNorms(Architecture architecture, MorConfig mor) {
        boolean gated = mor != null && mor.router().hasExitThreshold();
        if (gated && !architecture.loopNorm()) {
            throw new UserError("mor.router " + mor.router().spelling()
                    + " reads what the norm at the end of each recursion leaves; set loop_norm to true");
        }
        boolean fullDepth = mor != null && !mor.router().routes() && mor.sharing() == Sharing.CYCLE;
        if (architecture.loopNorm() && !fullDepth) {
            throw new UserError("loop_norm needs recursions that all end where the head begins: mor.sharing cycle, and"
                    + " mor.router none or " + RouterKind.EXIT_GATE.spelling() + "; set it to false");
        }
        if (architecture.sandwichNorms() && mor != null && mor.lora() != null) {
            throw new UserError("mor.lora does not work with sandwich_norms, which stand between the matrices that it"
                    + " changes and what they feed; leave one of them out");
        }
    }

    /** Rows of any recursion go through a block together, so its layers must attend alike at every recursion. */
    private static void checkKinds(int numLayers, MorConfig mor, Architecture architecture) {
        int unique = mor.sharing().middle() ? 1 : 0;
        int block = (numLayers - 2 * unique) / mor.numRecursions();
        for (int l = unique + block; l < numLayers - unique && mor.sharing().cycle(); l++) {
            if (!architecture.kind(l).equals(architecture.kind(l - block))) {
                throw new UserError("layers " + (l - block) + " and " + l + " share weights (mor.sharing "
                        + mor.sharing().spelling()
                        + "), but differ in layer_types or no_rope_layers; choose mor.num_recursions"
                        + " and num_hidden_layers so that layers that share weights attend alike");
            }
        }
    }

    /** The smallest unrolled depth of at least {@code numLayers} that divides into {@code numRecursions}. */
    public static long nextDividingLayers(int numLayers, Sharing sharing, int numRecursions) {
        int unique = sharing.middle() ? 2 : 0;
        long blocks = Math.max(1, Math.ceilDiv((long) numLayers - unique, numRecursions));
        return unique + blocks * numRecursions;
    }

    /**
     * Reads {@code config.json}. A key that is not understood is refused, since it may change what the model computes.
     *
     * @throws UserError naming the file, the key, the cause and the fix
     */
    public static ModelConfig read(Path file) {
        return read(file, UnknownKeys.REFUSED);
    }

    /** As {@link #read(Path)}, passing over keys that somebody knows to be harmless. */
    public static ModelConfig read(Path file, UnknownKeys unknown) {
        return ConfigJson.read(file, unknown);
    }

    /**
     * Reads the text of a {@code config.json}, which need not name its family; {@code source} names it in errors.
     *
     * @throws UserError as {@link #read(Path)}
     */
    public static ModelConfig parse(String json, String source) {
        return ConfigJson.parse(json, source);
    }

    /**
     * Reads the text of a {@code config.json}; {@code source} names it in errors and notes.
     *
     * @throws UserError as {@link #read(Path)}
     */
    public static ModelConfig parse(String json, String source, UnknownKeys unknown) {
        return ConfigJson.parse(json, source, unknown, true);
    }

    /** This configuration as the text of a {@code config.json}, which {@link #read} gives back equal. */
    public String toJson() {
        return ConfigJson.write(this);
    }

    /** N_r; 1 for a plain model. */
    public int recursions() {
        return mor == null ? 1 : mor.numRecursions();
    }

    /** Who routes; {@link RouterKind#NONE} for a plain model too. */
    public RouterKind router() {
        return mor == null ? RouterKind.NONE : mor.router();
    }

    /** Which keys and values the recursions read; a plain model has one recursion, which reads its own. */
    public KvMode kv() {
        return mor == null ? KvMode.RECURSION_WISE : mor.kv();
    }

    /** The low-rank factors of layers that share weights, or null. */
    public LoraConfig lora() {
        return mor == null ? null : mor.lora();
    }

    /**
     * What the layers of a weight set have in common. With low-rank factors that excludes biases and norms of heads, since each
     * layer of a recursion has its own.
     */
    public Architecture sharedArchitecture(LayerMap map, int weightSet) {
        return lora() != null && map.isShared(weightSet)
                ? architecture.withBiases(false, false, false).withHeadNorms(false)
                : architecture;
    }

    /** The most tokens of a sequence: as many as there are positions, or more where their scaling reaches further. */
    public int longestSequence() {
        return architecture.scaling().longest(maxPositions);
    }

    /** Elements of a query row: heads x head size (the hidden size in most models). */
    public int queryWidth() {
        return Math.multiplyExact(numHeads, headDim);
    }

    /** Elements of a key row, and of a value row. */
    public int kvWidth() {
        return Math.multiplyExact(numKvHeads, headDim);
    }

    /**
     * The most tokens of a row of {@code T} that each recursion computes in train mode, entry r - 1 for recursion r.
     * For expert-choice exactly so many: max(1, floor(T (N_r - r + 1) / N_r)) in integers, or
     * max(1, floor(c_r T + 1e-9)) with capacities given. For the other kinds of model {@code T} each.
     *
     * @param T tokens in a row, at least 1
     */
    public int[] capacities(int T) {
        int[] k = new int[recursions()];
        Arrays.fill(k, T);
        if (router().hasCapacities()) {
            for (int r = 1; r <= k.length; r++) {
                k[r - 1] = capacity(T, r);
            }
        }
        return k;
    }

    private int capacity(int T, int r) {
        List<Double> shares = mor.capacity();
        int n = mor.numRecursions();
        long k = shares == null ? (long) T * (n - r + 1) / n : (long) Math.floor(shares.get(r - 1) * T + FLOOR_SLACK);
        return (int) Math.max(1, k);
    }

    /**
     * Refuses tokens that the model does not have.
     *
     * @throws UserError naming the first of them
     */
    public void requireTokens(int[] ids, int from, int count) {
        for (int i = from; i < from + count; i++) {
            if (ids[i] < 0 || ids[i] >= vocabSize) {
                throw new UserError("token " + ids[i] + " is not in the vocabulary of " + vocabSize
                        + "; use the tokenizer that the model was trained with");
            }
        }
    }

    /** A copy for another vocabulary: the vocabulary follows the tokenizer. */
    public ModelConfig withVocabSize(int value) {
        return copy(value, numLayers, maxPositions, tieEmbeddings, architecture, mor);
    }

    /**
     * A copy of another unrolled depth.
     *
     * @throws UserError if layers differ and nothing says what further ones do
     */
    public ModelConfig withNumLayers(int value) {
        return copy(vocabSize, value, maxPositions, tieEmbeddings, architecture.forLayers(value), mor);
    }

    /** A copy for longer or shorter sequences. */
    public ModelConfig withMaxPositions(int value) {
        return copy(vocabSize, numLayers, value, tieEmbeddings, architecture, mor);
    }

    /** A copy whose head is the embedding matrix, or is not. */
    public ModelConfig withTieEmbeddings(boolean value) {
        return copy(vocabSize, numLayers, maxPositions, value, architecture, mor);
    }

    /** A copy whose layers are of another architecture. */
    public ModelConfig withArchitecture(Architecture value) {
        return copy(vocabSize, numLayers, maxPositions, tieEmbeddings, value, mor);
    }

    /** A copy with other recursion and routing; null makes it a plain model. */
    public ModelConfig withMor(MorConfig value) {
        return copy(vocabSize, numLayers, maxPositions, tieEmbeddings, architecture, value);
    }

    private ModelConfig copy(
            int vocabSize,
            int numLayers,
            int maxPositions,
            boolean tieEmbeddings,
            Architecture architecture,
            MorConfig mor) {
        return new ModelConfig(
                vocabSize,
                hiddenSize,
                intermediateSize,
                numLayers,
                numHeads,
                numKvHeads,
                headDim,
                rmsNormEps,
                ropeTheta,
                maxPositions,
                tieEmbeddings,
                initializerRange,
                architecture,
                mor);
    }
}
