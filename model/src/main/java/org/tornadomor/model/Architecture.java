package org.tornadomor.model;

import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.tornadomor.UserError;

/**
 * What a model's layers have beyond those of a plain Llama, as data: an architecture is a description, and the layers know nothing of
 * its name.
 *
 * @param family under whose name and keys it is written
 * @param qkvBias whether the projections to queries, keys and values add a bias
 * @param outputBias whether the projection of attention's output does
 * @param mlpBias whether the three projections of the feed-forward half do
 * @param headNorms whether each head of queries and keys is normalised (RMSNorm, one weight vector for all heads of queries and one
 *     for those of keys), before the rotary embedding
 * @param sandwichNorms whether what attention and the feed-forward half add to the residual path is normalised too (RMSNorm)
 * @param loopNorm whether the final norm is applied at the end of each recursion, not of the last alone
 * @param scaling of rotary positions
 * @param layers what attention of each unrolled layer does; empty if all are {@link AttentionKind#FULL}
 */
public record Architecture(
        Family family,
        boolean qkvBias,
        boolean outputBias,
        boolean mlpBias,
        boolean headNorms,
        boolean sandwichNorms,
        boolean loopNorm,
        RotaryScaling scaling,
        List<AttentionKind> layers) {
    /** A plain Llama. */
    public static final Architecture LLAMA =
            new Architecture(Family.LLAMA, false, false, false, false, false, false, RotaryScaling.NONE, List.of());

    /** @throws UserError if layers have windows of different lengths */
    public Architecture {
        layers = layers.stream().allMatch(AttentionKind.FULL::equals) ? List.of() : List.copyOf(layers);
        if (layers.stream()
                        .mapToInt(AttentionKind::window)
                        .filter(w -> w > 0)
                        .distinct()
                        .count()
                > 1) {
            throw new UserError("sliding_window differs between layers; config.json has one for all");
        }
    }

    /** What attention of an unrolled layer does. */
    public AttentionKind kind(int layer) {
        return layers.isEmpty() ? AttentionKind.FULL : layers.get(layer);
    }

    /** The window of the layers that have one; 0 without any. */
    public int window() {
        return layers.stream().mapToInt(AttentionKind::window).max().orElse(0);
    }

    /** Whether any projection of a layer adds a bias. */
    public boolean hasBiases() {
        return qkvBias || outputBias || mlpBias;
    }

    /** The same under another name. */
    public Architecture withFamily(Family value) {
        return new Architecture(
                value, qkvBias, outputBias, mlpBias, headNorms, sandwichNorms, loopNorm, scaling, layers);
    }

    /** The same with biases as said. */
    public Architecture withBiases(boolean qkv, boolean output, boolean mlp) {
        return new Architecture(family, qkv, output, mlp, headNorms, sandwichNorms, loopNorm, scaling, layers);
    }

    /** The same with or without norms of heads. */
    public Architecture withHeadNorms(boolean value) {
        return new Architecture(family, qkvBias, outputBias, mlpBias, value, sandwichNorms, loopNorm, scaling, layers);
    }

    /** The same with or without norms of what the halves of a layer add, and of what each recursion leaves. */
    public Architecture withNorms(boolean sandwich, boolean loop) {
        return new Architecture(family, qkvBias, outputBias, mlpBias, headNorms, sandwich, loop, scaling, layers);
    }

    /** The same with another scaling of positions. */
    public Architecture withScaling(RotaryScaling value) {
        return new Architecture(
                family, qkvBias, outputBias, mlpBias, headNorms, sandwichNorms, loopNorm, value, layers);
    }

    /** The same with attention of each unrolled layer as said. */
    public Architecture withLayers(List<AttentionKind> value) {
        return new Architecture(
                family, qkvBias, outputBias, mlpBias, headNorms, sandwichNorms, loopNorm, scaling, value);
    }

    /** The same for a model whose layers run several times. @param times that they run */
    Architecture repeated(int times) {
        return withLayers(Collections.nCopies(times, layers).stream()
                .flatMap(List::stream)
                .toList());
    }

    /**
     * The same for another number of layers.
     *
     * @throws UserError if nothing says what further layers do
     */
    Architecture forLayers(int count) {
        if (layers.isEmpty() || layers.size() == count) {
            return this;
        }
        if (layers.stream().distinct().count() == 1) {
            return withLayers(Collections.nCopies(count, layers.getFirst()));
        }
        if (count < layers.size()) {
            return withLayers(layers.subList(0, count));
        }
        throw new UserError(
                "num_hidden_layers " + count + " is more than the " + layers.size()
                        + " layers for which layer_types and no_rope_layers say what attention does; give those for all layers");
    }

    /**
     * The same under its own family if that can express the model, else under the first family that can.
     *
     * @param mor recursion and routing of the model, or null
     */
    Architecture named(MorConfig mor) {
        Family right = family != Family.MOR && family.expresses(this, mor) ? family : Family.of(this, mor);
        return right == family ? this : withFamily(right);
    }

    /** @throws UserError if no class of Hugging Face's library computes a plain model with all of that */
    public void requireClass() {
        if (family == Family.MOR) {
            throw new UserError("no class of Hugging Face's library computes a plain model with " + described()
                    + "; keep it as a recursive one");
        }
    }

    /** What is beyond a plain Llama, in words; empty if nothing is. */
    public String described() {
        StringBuilder text = new StringBuilder();
        add(text, qkvBias, "biases on queries, keys and values");
        add(text, outputBias, "biases on attention's output");
        add(text, mlpBias, "biases in the feed-forward half");
        add(text, headNorms, "norms on the heads of queries and keys");
        add(text, sandwichNorms, "norms on what attention and the feed-forward half add");
        add(text, loopNorm, "the final norm at the end of each recursion");
        add(text, scaling != RotaryScaling.NONE, "rotary scaling " + scaling.spelling());
        add(text, window() > 0, "a window of " + window() + " tokens on " + which(kind -> kind.window() > 0));
        add(text, layers.stream().anyMatch(k -> !k.rotary()), "no positions on " + which(kind -> !kind.rotary()));
        return text.toString();
    }

    private static void add(StringBuilder text, boolean has, String what) {
        if (has) {
            text.append(text.isEmpty() ? "" : ", ").append(what);
        }
    }

    private String which(Predicate<AttentionKind> has) {
        long count = layers.stream().filter(has).count();
        return count == layers.size() ? "all layers" : count + " of " + layers.size() + " layers";
    }
}
