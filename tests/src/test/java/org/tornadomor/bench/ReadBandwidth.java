package org.tornadomor.bench;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * How fast this machine reads memory: every thread sums up its share of a large array, front to back, with nothing else to do.
 * That is the ceiling of a decoding step, which reads every weight once. Some processors read one stream fastest, others four
 * side by side: whichever is faster here.
 */
final class ReadBandwidth implements AutoCloseable {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LENGTH = SPECIES.length();
    private static final int BLOCK = 1 << 14;

    private final float[] memory;
    private final EveryThread threads;
    private final float[] sums;
    private volatile boolean inOneStream;

    /** @param megabytes to read: several times the last-level cache */
    ReadBandwidth(int count, int megabytes) {
        memory = new float[megabytes << 18];
        Arrays.fill(memory, 1e-9f);
        sums = new float[count];
        threads = new EveryThread(count, number -> sums[number] = sweep(number));
        inOneStream = seconds(true) < seconds(false);
    }

    /** The least of several runs: the first ones are not compiled yet. */
    private double seconds(boolean oneStream) {
        inOneStream = oneStream;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 8; i++) {
            long start = System.nanoTime();
            run();
            least = Math.min(least, (System.nanoTime() - start) * 1e-9);
        }
        return least;
    }

    /** Reads everything once. */
    void run() {
        threads.run();
    }

    private float sweep(int worker) {
        int share = memory.length / sums.length;
        int stream = inOneStream ? share : share / 4;
        float sum = 0;
        // Blocks, so that the loops are compiled after a few of them.
        for (int at = 0; at < stream; at += BLOCK) {
            int from = worker * share + at;
            int count = Math.min(BLOCK, stream - at);
            sum += inOneStream ? ahead(memory, from, count) : sideBySide(memory, from, stream, count);
        }
        return sum;
    }

    private static float ahead(float[] x, int from, int count) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = from; i + 4 * LENGTH <= from + count; i += 4 * LENGTH) {
            a = FloatVector.fromArray(SPECIES, x, i).add(a);
            b = FloatVector.fromArray(SPECIES, x, i + LENGTH).add(b);
            c = FloatVector.fromArray(SPECIES, x, i + 2 * LENGTH).add(c);
            d = FloatVector.fromArray(SPECIES, x, i + 3 * LENGTH).add(d);
        }
        return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    }

    private static float sideBySide(float[] x, int from, int quarter, int count) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = from; i + LENGTH <= from + count; i += LENGTH) {
            a = FloatVector.fromArray(SPECIES, x, i).add(a);
            b = FloatVector.fromArray(SPECIES, x, i + quarter).add(b);
            c = FloatVector.fromArray(SPECIES, x, i + 2 * quarter).add(c);
            d = FloatVector.fromArray(SPECIES, x, i + 3 * quarter).add(d);
        }
        return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    }

    /** Bytes of one run. */
    double bytes() {
        return 4.0 * memory.length;
    }

    @Override
    public void close() {
        threads.close();
    }
}
