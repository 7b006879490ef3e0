package org.tornadomor.engine.cpu.products;

import org.tornadomor.engine.cpu.basics.Changes;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** Who computes products of matrices. Each op has a {@link Product} of its own, made when it is compiled. */
public interface Products extends AutoCloseable {
    /** One op's product in one layout. It packs what is worth packing, multiplies, and allocates nothing in the steady state. */
    interface Product {
        /**
         * {@code c = base + a b}, c [m, n], sums of length k.
         *
         * @param a rows of k elements, or k rows of m if a is given transposed; floats
         * @param b k rows of n elements, or n rows of k if b is given transposed; then they may be narrow
         * @param base null for zero, c itself, or a matrix of the shape of c
         */
        void run(WorkerTeam team, int m, int n, int k, Matrix a, Matrix b, Matrix c, Matrix base);
    }

    /**
     * A product for one op.
     *
     * @param aTransposed a is given as [k, m]; then b is not transposed
     * @param bTransposed b is given as [n, k]
     */
    Product product(boolean aTransposed, boolean bTransposed);

    /** What there is to say of it behind the engine's description: nothing, or a comma and the rest. */
    default String note() {
        return "";
    }

    /** An arena has gone: nothing that was made from its numbers is needed any more. */
    default void forget(Changes arena) {}

    /** Gives back what is held outside of the Java heap. */
    @Override
    void close();
}
