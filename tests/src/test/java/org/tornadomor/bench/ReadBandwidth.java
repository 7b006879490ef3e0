package org.tornadomor.bench;

import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * How fast this machine reads memory: every thread sums up its share of a large array, front to back, with nothing else to do.
 * That is the ceiling of a decoding step, which reads every weight once.
 */
final class ReadBandwidth implements AutoCloseable {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LENGTH = SPECIES.length();

    private final float[] memory;
    private final CyclicBarrier barrier;
    private final Thread[] workers;
    private final float[] sums;
    private volatile boolean closed;

    /** @param megabytes to read: several times the last-level cache */
    ReadBandwidth(int threads, int megabytes) {
        memory = new float[megabytes << 18];
        java.util.Arrays.fill(memory, 1e-9f);
        barrier = new CyclicBarrier(threads);
        sums = new float[threads];
        workers = new Thread[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            int worker = i + 1;
            workers[i] = Thread.ofPlatform().daemon().start(() -> serve(worker));
        }
    }

    private void serve(int worker) {
        while (true) {
            await();
            if (closed) {
                return;
            }
            sums[worker] = sweep(worker);
            await();
        }
    }

    private void await() {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads everything once. @return bytes a second */
    double run() {
        await();
        long start = System.nanoTime();
        sums[0] = sweep(0);
        await();
        return 4.0 * memory.length / ((System.nanoTime() - start) * 1e-9);
    }

    private float sweep(int worker) {
        int share = memory.length / sums.length;
        int from = worker * share;
        float sum = 0;
        // Blocks, so that the loop is compiled after a few of them.
        for (int at = from; at < from + share; at += 1 << 16) {
            sum += block(memory, at, Math.min(from + share, at + (1 << 16)));
        }
        return sum;
    }

    private static float block(float[] x, int from, int to) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = from; i + 4 * LENGTH <= to; i += 4 * LENGTH) {
            a = a.add(FloatVector.fromArray(SPECIES, x, i));
            b = b.add(FloatVector.fromArray(SPECIES, x, i + LENGTH));
            c = c.add(FloatVector.fromArray(SPECIES, x, i + 2 * LENGTH));
            d = d.add(FloatVector.fromArray(SPECIES, x, i + 3 * LENGTH));
        }
        return a.add(b).add(c.add(d)).reduceLanes(jdk.incubator.vector.VectorOperators.ADD);
    }

    @Override
    public void close() {
        closed = true;
        await();
    }
}
