package org.tornadomor.model;

import java.util.Locale;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;

/**
 * What a pass over whole sequences stands on, which is complete before its first layer is made: the layers, the router and the
 * backward are built from it and know nothing of {@link Forward} itself.
 *
 * @param map which weights each layer uses
 * @param spec what the pass is for
 * @param floats where activations are allocated
 * @param indices where row sets are allocated
 * @param batch all rows
 * @param scratch memory that layers use in turn
 * @param bank layer programs
 */
record ForwardContext(
        Engine engine,
        ParameterSet weights,
        LayerMap map,
        ForwardSpec spec,
        Arena floats,
        Arena indices,
        Batch batch,
        Scratch scratch,
        LayerBank bank) {
    /** @param rows memory for so many rows, at least {@code spec.maxRows()} */
    static ForwardContext allocate(Engine engine, ParameterSet weights, ForwardSpec spec, int rows, Arena floats) {
        ModelConfig config = weights.config();
        String pass = pass(spec);
        Arena indices = engine.arena(pass + " indices", ElementType.I32);
        return new ForwardContext(
                engine,
                weights,
                new LayerMap(config),
                spec,
                floats,
                indices,
                Batch.allocate(config, spec, rows, floats, indices),
                Scratch.allocate(floats, config, rows),
                new LayerBank(engine, pass, weights.type()));
    }

    private static String pass(ForwardSpec spec) {
        return spec.purpose().name().toLowerCase(Locale.ROOT);
    }

    ModelConfig config() {
        return weights.config();
    }

    /** Names a program of this pass. */
    String name(String what) {
        return pass(spec) + " " + what;
    }
}
