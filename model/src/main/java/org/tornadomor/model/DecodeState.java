package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;

/**
 * What outlives a tick: the hidden states of rows under way, each in its slot, and where everything is allocated.
 *
 * @param slots rows that can be under way
 * @param hidden [slots, d]
 */
record DecodeState(
        Engine engine, ParameterSet weights, Arena floats, Arena indices, Scratch scratch, int slots, Tensor hidden) {
    ModelConfig config() {
        return weights.config();
    }
}
