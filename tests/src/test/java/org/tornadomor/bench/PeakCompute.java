package org.tornadomor.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * How fast this machine computes: every thread does fused multiply-adds of float32 in registers, with nothing to load or to store
 * and as many sums as it takes to keep all multiply units busy. That is the ceiling of a training step.
 */
final class PeakCompute implements AutoCloseable {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    /** Sums of a loop: two multiply units, and four or five steps until a result is there. */
    private static final int SUMS = 10;

    private static final int STEPS = 1 << 14;
    /** Loops of a run: some tens of milliseconds, after which threads that woke up on one processor are long apart. */
    private static final int LOOPS = 2048;

    private final float[] results;
    private final EveryThread threads;

    PeakCompute(int count) {
        results = new float[count];
        threads = new EveryThread(count, number -> {
            for (int i = 0; i < LOOPS; i++) {
                results[number] += multiplyAdds(1e-9f, 1f);
            }
        });
        for (int i = 0; i < 8; i++) {
            run();
        }
    }

    /** GFLOP/s of a run in which all threads compute at the same time. */
    double run() {
        long start = System.nanoTime();
        threads.run();
        return 2.0 * SPECIES.length() * SUMS * STEPS * LOOPS * results.length / (System.nanoTime() - start);
    }

    private static float multiplyAdds(float factor, float term) {
        FloatVector x = FloatVector.broadcast(SPECIES, factor);
        FloatVector y = FloatVector.broadcast(SPECIES, term);
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = FloatVector.zero(SPECIES);
        FloatVector s2 = FloatVector.zero(SPECIES);
        FloatVector s3 = FloatVector.zero(SPECIES);
        FloatVector s4 = FloatVector.zero(SPECIES);
        FloatVector s5 = FloatVector.zero(SPECIES);
        FloatVector s6 = FloatVector.zero(SPECIES);
        FloatVector s7 = FloatVector.zero(SPECIES);
        FloatVector s8 = FloatVector.zero(SPECIES);
        FloatVector s9 = FloatVector.zero(SPECIES);
        for (int i = 0; i < STEPS; i++) {
            s0 = x.fma(y, s0);
            s1 = x.fma(y, s1);
            s2 = x.fma(y, s2);
            s3 = x.fma(y, s3);
            s4 = x.fma(y, s4);
            s5 = x.fma(y, s5);
            s6 = x.fma(y, s6);
            s7 = x.fma(y, s7);
            s8 = x.fma(y, s8);
            s9 = x.fma(y, s9);
        }
        return s0.add(s1)
                .add(s2.add(s3))
                .add(s4.add(s5).add(s6.add(s7)))
                .add(s8.add(s9))
                .reduceLanes(VectorOperators.ADD);
    }

    @Override
    public void close() {
        threads.close();
    }
}
