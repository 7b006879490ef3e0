package org.tornadomor.model;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tornadomor.UserError;

/**
 * Who decides how many recursions a token takes. There is one object of each kind; it says what is fixed before any memory is
 * allocated, and makes the parts that run: a {@link Routing} for whole sequences and a {@link StepRouter} for decoding. All
 * other code asks these three, never which kind it is. A further kind is a class that extends this one, and a line below.
 */
public abstract class RouterKind {
    // Kinds are made only here: a thread that loads a kind's class before this one could wait for ever.
    private static final Map<String, RouterKind> KINDS = Collections.synchronizedMap(new LinkedHashMap<>());

    /** Nobody: a plain or recursive model, full depth for every token. */
    public static final RouterKind NONE = register(new FullDepth());

    /** Each recursion picks its tokens: the top k of those that are still active. */
    public static final RouterKind EXPERT_CHOICE = register(new ExpertChoice());

    /** Each token picks its depth once, before the first recursion. */
    public static final RouterKind TOKEN_CHOICE = register(new TokenChoice());

    /** Nobody in training; in decoding a gate lets tokens leave behind any recursion. */
    public static final RouterKind EXIT_GATE = register(new ExitGate());

    private final String spelling;

    /** @param spelling in {@code config.json} */
    RouterKind(String spelling) {
        this.spelling = spelling;
    }

    /** Makes a kind known by its spelling. */
    static RouterKind register(RouterKind kind) {
        if (KINDS.putIfAbsent(kind.spelling, kind) != null) {
            throw new IllegalStateException("two routers are spelled " + kind.spelling);
        }
        return kind;
    }

    /**
     * The kind that is spelled {@code value}.
     *
     * @param key the setting's name, for the error
     * @throws UserError naming the key, the value and the values that exist
     */
    public static RouterKind parse(String key, String value) {
        RouterKind kind = KINDS.get(value);
        if (kind == null) {
            throw new UserError(key + " is '" + value + "', which does not exist; use one of " + spellings());
        }
        return kind;
    }

    /** The spellings of some kinds, separated by commas. */
    static String spellings() {
        synchronized (KINDS) {
            return KINDS.values().stream().map(k -> k.spelling).collect(Collectors.joining(", "));
        }
    }

    /** How it is written in {@code config.json} and on the command line. */
    public final String spelling() {
        return spelling;
    }

    /** Whether tokens may take different numbers of recursions. */
    public boolean routes() {
        return true;
    }

    /** Whether training decides by looking at tokens that come later, so that there is another rule for generating. */
    public boolean looksAhead() {
        return false;
    }

    /** Whether each recursion takes a fixed share of the tokens in training ({@code mor.capacity}). */
    public boolean hasCapacities() {
        return false;
    }

    /** Whether a probability, above which a token goes on, can be chosen when generating. */
    public boolean hasThreshold() {
        return false;
    }

    /** By what tokens may leave before the last recursion in decoding, each for itself, if somebody asks for it. */
    public Set<ExitRule.By> exits() {
        return Set.of();
    }

    /** Whether there is a probability of having left at which tokens leave ({@code mor.exit_threshold}). */
    public boolean hasExitThreshold() {
        return false;
    }

    /** The rule by which tokens leave in decoding if nobody asks for another. */
    ExitRule defaultExit(MorConfig mor) {
        return ExitRule.NONE;
    }

    /** Whether training evens out how many tokens take each depth, so that how even they are is worth measuring. */
    public boolean balances() {
        return false;
    }

    /** Whether there may be auxiliary routers ({@code mor.aux_router}). */
    boolean hasAuxRouters() {
        return false;
    }

    /** Whether the kind works with {@link KvMode#HYBRID}. */
    boolean allowsHybridKeys() {
        return false;
    }

    /** {@code mor.router_activation} where the configuration says nothing. */
    RouterActivation defaultActivation() {
        return RouterActivation.SIGMOID;
    }

    /** {@code mor.router_alpha} where the configuration says nothing. */
    double defaultAlpha() {
        return 0.1;
    }

    /** {@code mor.sharing} where the configuration says nothing. */
    Sharing defaultSharing() {
        return Sharing.MIDDLE_CYCLE;
    }

    /** @throws UserError if the kind's logits do not go with this activation */
    void checkActivation(RouterActivation activation) {}

    /** @throws UserError if the kind's networks cannot be of this shape */
    void checkArch(RouterArch arch) {}

    /** What the kind adds to the parameters of a model, in the order of the file: networks, auxiliary ones, biases. */
    public List<RouterParameter> parameters(ModelConfig config) {
        return List.of();
    }

    /** Whether a tensor of a model with such a router is the router's. @param tensor its name in a checkpoint */
    public final boolean owns(ModelConfig config, String tensor) {
        return parameters(config).stream()
                .map(RouterParameter::name)
                .anyMatch(name -> tensor.equals(name) || tensor.startsWith(name + "."));
    }

    /** The share of tokens that each recursion is meant to compute, entry r - 1 for recursion r: by default even depths. */
    double[] plannedShare(MorConfig mor) {
        int n = mor.numRecursions();
        double[] share = new double[n];
        Arrays.setAll(share, i -> (double) (n - i) / n);
        return share;
    }

    /** The kind's part in the passes over whole sequences, of training and of scoring. */
    abstract Routing routing(RoutingContext context);

    /** The kind's part in decoding, for models whose recursions are runs of one block. */
    abstract StepRouter step(DecodeState state);

    @Override
    public String toString() {
        return spelling;
    }
}
