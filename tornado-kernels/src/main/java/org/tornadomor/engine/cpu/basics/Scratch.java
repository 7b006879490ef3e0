package org.tornadomor.engine.cpu.basics;

/**
 * Memory that ops share because they run one at a time: one array for all workers and one for each. It grows to the largest
 * need in the first run of an op and is then left alone.
 */
public final class Scratch {
    /** The fewest elements of an array here: it is then a large array, in which {@link Lanes#ALIGNED} begins a cache line. */
    private static final int LARGE = 1 << 20;

    private float[] shared = {};
    private final float[][] own;

    Scratch(int threads) {
        own = new float[threads][0];
    }

    /** Makes sure that the shared array and each worker's own have at least these sizes, in elements. Contents may be lost. */
    public void reserve(int sharedSize, int ownSize) {
        if (shared.length < sharedSize) {
            shared = new float[Math.max(sharedSize, LARGE)];
        }
        for (int i = 0; i < own.length; i++) {
            if (own[i].length < ownSize) {
                own[i] = new float[Math.max(ownSize, LARGE)];
            }
        }
    }

    public float[] shared() {
        return shared;
    }

    public float[] of(int worker) {
        return own[worker];
    }
}
