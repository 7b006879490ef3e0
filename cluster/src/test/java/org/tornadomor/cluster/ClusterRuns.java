package org.tornadomor.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.trainer.Collective;
import org.tornadomor.trainer.ExchangeMetrics;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.StepMetrics;
import org.tornadomor.trainer.Trainer;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.TrainingListener;

/** Runs that take a moment, for clusters. */
final class ClusterRuns {
    private ClusterRuns() {}

    /** What a run told. */
    record Told(List<StepMetrics> steps, List<ExchangeMetrics> exchanges) implements TrainingListener {
        @Override
        public void step(StepMetrics metrics, double progress) {
            steps.add(metrics);
        }

        @Override
        public void exchanged(ExchangeMetrics metrics) {
            exchanges.add(metrics);
        }
    }

    /** A small model on a small text: 16 steps of 4 micro-batches. */
    static TrainingConfig config(Path folder) {
        StringBuilder text = new StringBuilder();
        String[] words = {"tokens", "go", "as", "deep", "as", "they", "need", "and", "leave", "early"};
        for (int i = 0; i < 1500; i++) {
            text.append(words[i * i % 7 + i % 3]).append(i % 11 == 0 ? ".\n" : " ");
        }
        try {
            Path file = Files.writeString(folder.resolve("text.txt"), text);
            return TrainingConfig.DEFAULT
                    .with("data.sources", "[" + file.toString().replace('\\', '/') + "]")
                    .with(
                            "model",
                            "{vocab_size: 257, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 4,"
                                    + " num_attention_heads: 2, num_key_value_heads: 1, max_position_embeddings: 64,"
                                    + " tie_word_embeddings: true}")
                    .with("context", "16")
                    .with("batch", "2")
                    .with("accumulate", "4")
                    .with("steps", "16")
                    .with("lr", "0.004")
                    .with("eval_every", "0")
                    .with("save_every", "0")
                    .with("threads", "1");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Told alone(TrainingConfig config, Path folder) {
        Told told = new Told(new ArrayList<>(), new ArrayList<>());
        try (Engine engine = new CpuEngine(1);
                Trainer trainer = Trainer.start(engine, config, folder, told)) {
            trainer.run();
        }
        return told;
    }

    static Told run(
            TrainingConfig config, Path folder, boolean resume, Collective workers, Consumer<StepMetrics> steps) {
        return run(config, folder, resume, workers, steps, Long.MAX_VALUE);
    }

    static Told run(
            TrainingConfig config,
            Path folder,
            boolean resume,
            Collective workers,
            Consumer<StepMetrics> steps,
            long stopAfter) {
        Told told = new Told(new ArrayList<>(), new ArrayList<>());
        TrainingListener listener = new TrainingListener() {
            @Override
            public void step(StepMetrics metrics, double progress) {
                told.step(metrics, progress);
                steps.accept(metrics);
            }

            @Override
            public void exchanged(ExchangeMetrics metrics) {
                told.exchanged(metrics);
            }
        };
        try (Engine engine = new CpuEngine(1);
                workers;
                Trainer trainer = Trainer.share(engine, config, folder, resume, listener, workers)) {
            trainer.stopAfter(stopAfter);
            trainer.run();
        }
        return told;
    }

    /** Kills one of the executors, as kill -9 does. */
    static void killAnExecutor(JavaSparkContext spark) {
        long executor = spark.parallelize(List.of(1), 1).map(new OwnProcess()).first();
        ProcessHandle process = ProcessHandle.of(executor).orElseThrow();
        process.destroyForcibly();
        process.onExit().join();
    }

    /** The process that it is called in. */
    private static final class OwnProcess implements Function<Integer, Long> {
        private static final long serialVersionUID = 1;

        @Override
        public Long call(Integer ignored) {
            return ProcessHandle.current().pid();
        }
    }

    static float[] weights(Path run) {
        float[] all = new float[0];
        try (CheckpointFolder folder = CheckpointFolder.open(RunFolder.latest(run))) {
            for (String name : folder.tensors().names()) {
                float[] values = folder.tensors().read(name);
                int before = all.length;
                all = Arrays.copyOf(all, before + values.length);
                System.arraycopy(values, 0, all, before, values.length);
            }
        }
        return all;
    }

    /** The norm of the difference over the norm. */
    static double distance(Path one, Path other) {
        float[] a = weights(one);
        float[] b = weights(other);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < a.length; i++) {
            difference += (a[i] - b[i]) * (double) (a[i] - b[i]);
            norm += a[i] * (double) a[i];
        }
        return Math.sqrt(difference / norm);
    }
}
