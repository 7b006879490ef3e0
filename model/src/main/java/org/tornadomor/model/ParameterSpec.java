package org.tornadomor.model;

import java.util.Arrays;

/**
 * A tensor that a model has.
 *
 * @param shape one or two dimensions, row-major
 * @param group how it is trained
 */
public record ParameterSpec(String name, int[] shape, Group group) {
    /** How a tensor is trained. */
    public enum Group {
        /** A matrix, embedding and routers included: with weight decay. */
        MATRIX,
        /** The weights of a norm, or a bias: without. */
        VECTOR,
        /** A low-rank factor: with weight decay. */
        LOW_RANK,
        /** A matrix of an auxiliary router, which has an optimiser of its own. */
        AUXILIARY,
        /** Moved by no gradient: the balancing bias of a router, the gate of exits. */
        UNTRAINED
    }

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

    /** Whether weight decay applies. */
    public boolean decay() {
        return group == Group.MATRIX || group == Group.LOW_RANK || group == Group.AUXILIARY;
    }

    /** Whether a gradient moves it; the loss-free balancing bias has an update of its own, the gate of exits stays. */
    public boolean trainable() {
        return group != Group.UNTRAINED;
    }

    /** Whether it belongs to an auxiliary router, which has an optimiser of its own. */
    public boolean auxRouter() {
        return group == Group.AUXILIARY;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ParameterSpec spec
                && name.equals(spec.name)
                && group == spec.group
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
