package org.tornadomor.model;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.serving.Request;
import org.tornadomor.serving.Request.Sampling;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.serving.Scheduler;
import org.tornadomor.trainer.Optimizer;

/**
 * Decodes or trains until everything is compiled and prints what the steps then allocate, for {@link AllocationTest}. A program
 * of its own, since what the compiler does depends on everything that ran in a JVM before.
 */
final class AllocationProbe {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int STEPS = 20;
    private static final int WINDOWS = 1500;
    /** Contexts grow meanwhile, and with them what a step takes. */
    private static final int SERVED_WINDOWS = 400;

    private final Random random = new Random(4);

    /** @param args decode, a type of weights and a number of sequences; serve and a number of requests; or train, a kind of model, and recompute if wanted */
    public static void main(String[] args) {
        AllocationProbe probe = new AllocationProbe();
        if (args[0].equals("decode")) {
            probe.decode(ElementType.valueOf(args[1]), Integer.parseInt(args[2]));
        } else if (args[0].equals("serve")) {
            probe.serve(Integer.parseInt(args[1]));
        } else {
            probe.train(
                    switch (args[1]) {
                        case "vanilla" -> null;
                        case "recursive" -> MorConfig.recursive(3);
                        case "expert" -> MorConfig.expertChoice(3);
                        case "token" -> MorConfig.tokenChoice(3);
                        default -> throw new IllegalArgumentException(args[1]);
                    },
                    args.length > 2);
        }
    }

    /**
     * Runs steps until a window of them leaves the counts of this thread and the engine's workers as they were, or none of many did.
     * Vectors are objects until everything is compiled.
     */
    private static void settle(Runnable step) {
        settle(WINDOWS, step);
    }

    private static void settle(int windows, Runnable step) {
        long[] threads = workers();
        long least = Long.MAX_VALUE;
        for (int window = 0; window < windows && least > 0; window++) {
            long before = allocated(threads);
            for (int i = 0; i < STEPS; i++) {
                step.run();
            }
            least = Math.min(least, allocated(threads) - before);
        }
        System.out.println(
                least + " bytes, " + (Arrays.equals(threads, workers()) ? "the same" : "other") + " threads");
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

    private void decode(ElementType type, int sequences) {
        try (Engine engine = new CpuEngine(2);
                ParameterSet weights = new ParameterSet(engine, "weights", config(MorConfig.expertChoice(3)), type)) {
            Checkpoints.initialise(engine, weights, 2);
            decode(engine, weights, sequences);
        }
    }

    private void decode(Engine engine, ParameterSet weights, int sequences) {
        try (BatchDecoder decoder = new BatchDecoder(engine, weights, sequences, 128, sequences, sequences)) {
            int[] counts = new int[sequences];
            Arrays.fill(counts, 1);
            int[] ids = random.ints(sequences, 0, 80).toArray();
            int[] drawn = new int[sequences];
            float[] draws = new float[sequences];
            for (int row = 0; row < sequences; row++) {
                decoder.setSampling(row, 0.8f, 20, 0.9f, 0.05f, 1f);
            }
            settle(() -> {
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

    /** Requests that ask for nothing special, drawn on and on in one place each. */
    private void serve(int sequences) {
        int context = 2 * STEPS * SERVED_WINDOWS;
        ModelConfig config =
                new ModelConfig(80, 32, 48, 5, 4, 2, 8, 1e-5, 10000, context, true, 0.3, MorConfig.expertChoice(3));
        RequestListener listener = new RequestListener() {
            @Override
            public boolean token(int id, int depth) {
                return true;
            }

            @Override
            public void ended(End reason) {
                throw new IllegalStateException("it ended too early: " + reason);
            }
        };
        try (Engine engine = new CpuEngine(2);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 2);
            DecoderSize size = DecoderSize.full(config, sequences, context, 4 * sequences);
            try (Scheduler scheduler = new Scheduler(engine, weights, size, 16, false, DepthPolicy.DEPTH_WISE)) {
                for (int i = 0; i < sequences; i++) {
                    scheduler.submit(
                            new Request(
                                    new int[] {i},
                                    context,
                                    new Sampling(0.8, 20, 0.9, 0.05, 1),
                                    i,
                                    new int[] {-1},
                                    0.5,
                                    0),
                            listener);
                }
                settle(SERVED_WINDOWS, scheduler::step);
            }
        }
    }

    private void train(MorConfig mor, boolean recompute) {
        int[] inputs = random.ints(2 * 24, 0, 80).toArray();
        try (Engine engine = new CpuEngine(2);
                ParameterSet weights = new ParameterSet(engine, "weights", config(mor));
                TrainingPass pass = new TrainingPass(engine, weights, 2, 24, 1, false, recompute);
                Optimizer optimizer = new Optimizer(engine, weights, pass.gradients(), Optimizer.Settings.DEFAULT)) {
            Checkpoints.initialise(engine, weights, 2);
            settle(() -> {
                pass.begin();
                pass.add(inputs, inputs);
                pass.end();
                optimizer.step(1e-4f, 7);
            });
        }
    }
}
