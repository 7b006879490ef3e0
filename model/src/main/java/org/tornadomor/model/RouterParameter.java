package org.tornadomor.model;

/**
 * A network or a vector that a kind of router adds to a model's parameters.
 *
 * @param name what the names of a network's matrices begin with; of a bias, its name
 * @param outputs logits of a network; length of a bias
 * @param recursion of a network, the recursion in front of which it runs, from 1
 * @param role how it changes
 * @param stored whether checkpoints hold it; a bias that nothing moves is zeros without being stored
 */
public record RouterParameter(String name, int outputs, int recursion, Role role, boolean stored) {
    /** How a parameter of a router changes. */
    public enum Role {
        /** A network of the model, trained with it. */
        NETWORK,
        /** A network with an optimiser of its own, which the model's loss does not reach. */
        AUXILIARY,
        /** A network that a checkpoint brings and nothing here trains. */
        FIXED,
        /** A vector that begins with zeros and that the router itself moves, no gradient. */
        BIAS
    }

    static RouterParameter network(String name, int outputs, int recursion) {
        return new RouterParameter(name, outputs, recursion, Role.NETWORK, true);
    }

    static RouterParameter auxiliary(String name, int outputs, int recursion) {
        return new RouterParameter(name, outputs, recursion, Role.AUXILIARY, true);
    }

    static RouterParameter fixed(String name, int outputs) {
        return new RouterParameter(name, outputs, 1, Role.FIXED, true);
    }

    static RouterParameter bias(String name, int length, boolean stored) {
        return new RouterParameter(name, length, 1, Role.BIAS, stored);
    }

    /** How many numbers it takes in a checkpoint. */
    long elements(ModelConfig config) {
        if (role == Role.BIAS) {
            return stored ? outputs : 0;
        }
        return ParameterCount.router(config, outputs);
    }
}
