package org.tornadomor.model;

/** Sees logits a block of rows at a time: those of all rows need not fit into memory. */
@FunctionalInterface
public interface LogitsListener {
    /**
     * Some rows, in order.
     *
     * @param from the first of them among all
     * @param count how many
     * @param logits [count, V], until this returns
     */
    void rows(int from, int count, float[] logits);
}
