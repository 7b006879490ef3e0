package org.tornadomor.lessons;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;

/** Times, in seconds. The best of several: everything that disturbs makes a run slower. */
final class Timing {
    private static final double NANOS = 1e9;

    private Timing() {}

    /** The kernels of a plan, after a first execution that compiles them. */
    static double best(TornadoExecutionPlan plan, int tries) {
        TornadoExecutionPlan profiled = plan.withProfiler(ProfilerMode.SILENT);
        profiled.execute();
        double best = Double.MAX_VALUE;
        for (int i = 0; i < tries; i++) {
            best = Math.min(best, profiled.execute().getProfilerResult().getDeviceKernelTime() / NANOS);
        }
        return best;
    }

    /** Plain Java. */
    static double best(Runnable work, int tries) {
        double best = Double.MAX_VALUE;
        for (int i = 0; i < tries; i++) {
            long start = System.nanoTime();
            work.run();
            best = Math.min(best, (System.nanoTime() - start) / NANOS);
        }
        return best;
    }

    /** The same on several threads at once. */
    static double parallel(int threads, IntConsumer work) {
        return best(
                () -> {
                    List<Thread> all = new ArrayList<>();
                    for (int t = 0; t < threads; t++) {
                        int number = t;
                        all.add(Thread.ofPlatform().start(() -> work.accept(number)));
                    }
                    try {
                        for (Thread thread : all) {
                            thread.join();
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new IllegalStateException("interrupted while measuring", e);
                    }
                },
                1);
    }
}
