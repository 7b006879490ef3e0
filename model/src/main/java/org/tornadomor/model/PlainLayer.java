package org.tornadomor.model;

import org.tornadomor.engine.Binding;

/**
 * A layer on all rows.
 *
 * @param number unrolled layer
 * @param depth its recursion, 0 if it stands outside
 * @param recompute fills the activations from the input again, or null where they are kept
 */
record PlainLayer(
        int number,
        int depth,
        LayerShape shape,
        Activations activations,
        LayerKeys keys,
        Binding forward,
        Binding recompute) {}
