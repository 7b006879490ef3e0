package org.tornadomor.model.io;

import java.util.Arrays;

/**
 * A tensor that a model has.
 *
 * @param shape one or two dimensions, row-major
 * @param decay whether weight decay applies: to matrices, embedding and routers included, never to vectors
 */
public record ParameterSpec(String name, int[] shape, boolean decay) {
    public ParameterSpec {
        shape = shape.clone();
    }

    @Override
    public int[] shape() {
        return shape.clone();
    }

    /** The number of elements. */
    public int elements() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** Whether a gradient moves it; only the loss-free balancing bias has an update of its own. */
    public boolean trainable() {
        return !name.equals(ParameterNames.ROUTER_BIAS);
    }

    /** Whether it belongs to an auxiliary router, which has an optimiser of its own. */
    public boolean auxRouter() {
        return name.startsWith(ParameterNames.AUX_ROUTERS);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ParameterSpec spec
                && name.equals(spec.name)
                && decay == spec.decay
                && Arrays.equals(shape, spec.shape);
    }

    @Override
    public int hashCode() {
        return name.hashCode() * 31 + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape);
    }
}
