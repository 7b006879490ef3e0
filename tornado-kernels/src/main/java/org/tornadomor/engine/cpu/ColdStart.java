package org.tornadomor.engine.cpu;

/**
 * When to use a vector loop, and when its scalar twin, which computes the same bits. Until the JVM has compiled them, operations on
 * vectors are calls that make objects, many times slower than plain loops: the first token of a small model would wait for them
 * longer than for all else. At first, then, most calls are plain, and some use vectors, for the JVM to see what it should compile.
 */
final class ColdStart {
    /** Of the first calls, one in so many uses vectors. */
    private static final int WARMING = 8;

    private final int first;
    /** Up to first. Workers may lose each other's counts, which does no harm. */
    private int calls;

    /** @param first calls, in all engines, after which the vector loop is taken to be compiled */
    ColdStart(int first) {
        this.first = first;
    }

    /** Counts a call, and tells whether the scalar twin should serve it. */
    boolean isPlain() {
        if (calls >= first) {
            return false;
        }
        calls++;
        return calls % WARMING != 0;
    }
}
