package org.tornadomor.model;

import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Tensor;

/**
 * A layer on all rows.
 *
 * @param number unrolled layer
 * @param depth its recursion, 0 if it stands outside
 * @param enter puts the input there, if that is another tensor than the output of the layer before, else null
 * @param raw [R, d] what {@code enter} normalises with the final norm, or null
 * @param recompute fills the activations from the input again, or null where they are kept
 */
record PlainLayer(
        int number,
        int depth,
        LayerShape shape,
        Activations activations,
        LayerKeys keys,
        Binding enter,
        Tensor raw,
        Binding forward,
        Binding recompute) {}
