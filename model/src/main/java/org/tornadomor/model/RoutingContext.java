package org.tornadomor.model;

import org.tornadomor.engine.Tensor;

/**
 * What a {@link Routing} is made from.
 *
 * @param pass what the pass stands on
 * @param objective where losses and gradients go
 * @param first [N, d] what recursion 1 starts from
 * @param state [N, d] what recursions update; the same as {@code first} without routing
 */
record RoutingContext(ForwardContext pass, Objective objective, Tensor first, Tensor state) {
    MorConfig mor() {
        return pass.config().mor();
    }
}
