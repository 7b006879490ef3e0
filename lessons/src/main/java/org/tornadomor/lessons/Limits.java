package org.tornadomor.lessons;

import java.util.Arrays;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.annotations.Parallel;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * What the device at hand can do at best, as two small programs measure it: how fast it copies and how fast it multiplies and
 * adds what it holds in registers.
 *
 * @param gigabytes 10^9 bytes a second, read and written
 * @param gigaflops 10^9 floating-point operations a second
 */
record Limits(double gigabytes, double gigaflops) {
    private static final int COPIED = 1 << 24;
    private static final int ITEMS = 1 << 14;
    private static final int SUMS = 64;
    private static final int ROUNDS = 2048;
    private static final int TRIES = 5;
    private static final int PLAIN_LENGTH = 1 << 11;
    private static final int PLAIN_ROUNDS = 1 << 15;

    /** The least time that a job needs here: memory and arithmetic can overlap. */
    double seconds(long flops, long bytes) {
        return Math.max(bytes / gigabytes, flops / gigaflops) / 1e9;
    }

    /** A loop that does nothing but move. */
    static void copy(FloatArray from, FloatArray to) {
        for (@Parallel int i = 0; i < to.getSize(); i++) {
            to.set(i, from.get(i));
        }
    }

    /** Sums that do not wait for each other, many for each work-item. */
    static void multiplyAdd(KernelContext c, FloatArray in, FloatArray out) {
        float[] sums = new float[SUMS];
        float factor = in.get(0);
        for (int k = 0; k < SUMS; k++) {
            sums[k] = in.get(k);
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (int k = 0; k < SUMS; k++) {
                sums[k] = sums[k] * factor + factor;
            }
        }
        float total = 0f;
        for (int k = 0; k < SUMS; k++) {
            total += sums[k];
        }
        out.set(c.globalIdx, total);
    }

    /** Those of TornadoVM's device. */
    static Limits ofDevice() {
        FloatArray from = new FloatArray(COPIED);
        FloatArray to = new FloatArray(COPIED);
        TaskGraph copy = new TaskGraph("limits")
                .transferToDevice(DataTransferMode.FIRST_EXECUTION, from)
                .task("copy", Limits::copy, from, to)
                .transferToHost(DataTransferMode.UNDER_DEMAND, to);
        double copyTime = Timing.best(new TornadoExecutionPlan(copy.snapshot()), TRIES);
        FloatArray in = new FloatArray(SUMS);
        in.init(0.5f);
        FloatArray out = new FloatArray(ITEMS);
        TaskGraph arithmetic = new TaskGraph("peak")
                .transferToDevice(DataTransferMode.FIRST_EXECUTION, in)
                .task("multiplyAdd", Limits::multiplyAdd, new KernelContext(), in, out)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        WorkerGrid1D grid = new WorkerGrid1D(ITEMS);
        grid.setLocalWork(64, 1, 1);
        double arithmeticTime = Timing.best(
                new TornadoExecutionPlan(arithmetic.snapshot())
                        .withGridScheduler(new GridScheduler("peak.multiplyAdd", grid)),
                TRIES);
        return new Limits(
                2.0 * Float.BYTES * COPIED / copyTime / 1e9, 2.0 * ITEMS * SUMS * ROUNDS / arithmeticTime / 1e9);
    }

    /** Those of all processors, by plain Java. */
    static Limits ofProcessors(int threads) {
        double copyTime = Double.MAX_VALUE;
        double arithmeticTime = Double.MAX_VALUE;
        float[] from = new float[COPIED];
        float[] to = new float[COPIED];
        int part = COPIED / threads;
        for (int i = 0; i < TRIES; i++) {
            copyTime = Math.min(
                    copyTime, Timing.parallel(threads, t -> System.arraycopy(from, t * part, to, t * part, part)));
            arithmeticTime = Math.min(arithmeticTime, Timing.parallel(threads, t -> plainMultiplyAdd()));
        }
        double operations = 2.0 * PLAIN_LENGTH * PLAIN_ROUNDS * threads;
        return new Limits(2.0 * Float.BYTES * part * threads / copyTime / 1e9, operations / arithmeticTime / 1e9);
    }

    private static void plainMultiplyAdd() {
        float[] sums = new float[PLAIN_LENGTH];
        Arrays.fill(sums, 1f);
        for (int round = 0; round < PLAIN_ROUNDS; round++) {
            multiplyAdd(sums, 0.5f);
        }
    }

    /** Java's compiler makes vector instructions of it. */
    private static void multiplyAdd(float[] sums, float factor) {
        for (int k = 0; k < sums.length; k++) {
            sums[k] = sums[k] * factor + factor;
        }
    }
}
