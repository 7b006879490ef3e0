package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.trainer.Optimizer;

/**
 * Once everything is compiled, decoding and training allocate nothing and start no thread. Vectors are objects until then, so
 * each test runs until some window of steps allocated nothing, and fails if none of many did.
 */
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int STEPS = 20;
    private static final int WINDOWS = 1500;

    private final Random random = new Random(4);

    /** Runs steps until a window of them leaves the counts of this thread and the engine's workers as they were. */
    private static void assertSettles(Runnable step) {
        long[] threads = workers();
        long least = Long.MAX_VALUE;
        for (int window = 0; window < WINDOWS && least > 0; window++) {
            long before = allocated(threads);
            for (int i = 0; i < STEPS; i++) {
                step.run();
            }
            least = Math.min(least, allocated(threads) - before);
        }
        assertEquals(0, least, "bytes allocated in the best of " + WINDOWS + " windows of " + STEPS + " steps");
        assertTrue(Arrays.equals(threads, workers()), "other workers than before");
    }

    /** This thread and the workers of the one engine that is open. */
    private static long[] workers() {
        LongStream ids = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("tornadomor-worker"))
                .mapToLong(Thread::threadId);
        return LongStream.concat(LongStream.of(Thread.currentThread().threadId()), ids)
                .sorted()
                .toArray();
    }

    private static long allocated(long[] threads) {
        long bytes = 0;
        for (long thread : threads) {
            bytes += THREADS.getThreadAllocatedBytes(thread);
        }
        return bytes;
    }

    private static ModelConfig config(MorConfig mor) {
        return new ModelConfig(80, 32, 48, 5, 4, 2, 8, 1e-5, 10000, 128, true, 0.3, mor);
    }

    @Test
    void decodingAllocatesNothing() {
        decode(ElementType.F32, 1);
    }

    @Test
    void trainingAllocatesNothing() {
        train(MorConfig.expertChoice(3));
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource(
            value = ElementType.class,
            names = {"F32", "BF16", "I8"})
    void decodingInAnyWayAllocatesNothing(ElementType type) {
        decode(type, 1);
        decode(type, 3);
        decode(type, 20);
    }

    @Tag("slow")
    @Test
    void trainingAnyModelAllocatesNothing() {
        train(null);
        train(MorConfig.recursive(3));
        train(MorConfig.tokenChoice(3));
    }

    private void decode(ElementType type, int sequences) {
        try (Engine engine = new CpuEngine(2);
                ParameterSet weights = new ParameterSet(engine, "weights", config(MorConfig.expertChoice(3)), type)) {
            Checkpoints.initialise(engine, weights, 2);
            decode(engine, weights, sequences);
        }
    }

    private void decode(Engine engine, ParameterSet weights, int sequences) {
        try (Decoder decoder = new Decoder(engine, weights, sequences, 128, sequences, sequences)) {
            int[] counts = new int[sequences];
            Arrays.fill(counts, 1);
            int[] ids = random.ints(sequences, 0, 80).toArray();
            int[] drawn = new int[sequences];
            float[] draws = new float[sequences];
            for (int row = 0; row < sequences; row++) {
                decoder.setSampling(row, 0.8f, 20, 0.9f, 1f);
            }
            assertSettles(() -> {
                if (decoder.length(0) == decoder.capacity()) {
                    for (int b = 0; b < decoder.sequences(); b++) {
                        decoder.clear(b);
                    }
                }
                decoder.run(counts, ids);
                decoder.sample(draws, drawn);
            });
        }
    }

    private void train(MorConfig mor) {
        int[] inputs = random.ints(2 * 24, 0, 80).toArray();
        try (Engine engine = new CpuEngine(2);
                ParameterSet weights = new ParameterSet(engine, "weights", config(mor));
                TrainingPass pass = new TrainingPass(engine, weights, 2, 24, 1, false);
                Optimizer optimizer = new Optimizer(engine, weights, pass.gradients(), Optimizer.Settings.DEFAULT)) {
            Checkpoints.initialise(engine, weights, 2);
            assertSettles(() -> {
                pass.begin();
                pass.add(inputs, inputs);
                pass.end();
                optimizer.step(1e-4f, 7);
            });
        }
    }
}
