package org.tornadomor.model;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Ops;

/** Layer programs by what they were recorded for: one serves all layers that are alike. */
final class LayerBank {
    private final Engine engine;
    private final String pass;
    private final ElementType weights;
    private final Map<String, LayerForward> forwards = new HashMap<>();
    private final Map<String, LayerForward> recomputes = new HashMap<>();
    private final Map<String, LayerBackward> backwards = new HashMap<>();

    /**
     * @param pass tells the programs of one forward pass from those of another, in counters and reports
     * @param weights the type of the layers' matrices
     */
    LayerBank(Engine engine, String pass, ElementType weights) {
        this.engine = engine;
        this.pass = pass;
        this.weights = weights;
    }

    /** The forward of a layer at a depth (0 = outside recursions). */
    LayerForward forward(int depth, LayerShape shape) {
        String name = name("layer", depth, shape, "");
        return forwards.computeIfAbsent(
                name, n -> new LayerForward(engine, n, shape, weights, factors(depth, shape), true));
    }

    /** The forward of a layer as far as its backward needs it. */
    LayerForward recompute(int depth, LayerShape shape) {
        String name = name("layer again for the backward", depth, shape, "");
        return recomputes.computeIfAbsent(
                name, n -> new LayerForward(engine, n, shape, weights, factors(depth, shape), false));
    }

    /** The backward of a layer at a depth. */
    LayerBackward backward(int depth, LayerShape shape, boolean hasReaders, LayerBackward.Trained trained) {
        String which = (hasReaders ? ", read by others" : "")
                + (trained.matrices() ? "" : ", matrices frozen")
                + (trained.factors() ? "" : ", factors frozen");
        String name = name("layer backward", depth, shape, which);
        boolean hasFactors = factors(depth, shape) != null;
        return backwards.computeIfAbsent(
                name, n -> new LayerBackward(engine, n, shape, hasReaders, hasFactors, trained));
    }

    /** Layers of recursions may have low-rank factors. @return null if this one has none */
    static Function<Ops, LowRank> factors(int depth, LayerShape shape) {
        return depth == 0 || shape.config().lora() == null ? null : ops -> new LowRankForward(ops, shape);
    }

    private String name(String what, int depth, LayerShape shape, String suffix) {
        String where = depth == 0 ? "outer" : "depth " + depth;
        String mode =
                shape.mode() == KeyMode.OWN ? "" : ", " + shape.mode().name().toLowerCase(java.util.Locale.ROOT);
        AttentionKind kind = shape.kind();
        String window = kind.window() == 0 ? "" : ", window " + kind.window();
        String positions = kind.rotary() ? "" : ", no positions";
        return pass + " " + where + ": " + what + mode + window + positions + suffix;
    }
}
