package org.tornadomor.trainer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.cpu.products.ProductProvider;

/** Runs that take a moment: models of every kind, 16 wide, on a small made-up text. */
public final class TinyRuns {
    private static final int WORDS = 1500;

    private TinyRuns() {}

    /** A text with something to learn in it. */
    public static Path text(Path folder) {
        StringBuilder text = new StringBuilder();
        String[] words = {"tokens", "go", "as", "deep", "as", "they", "need", "and", "leave", "early"};
        for (int i = 0; i < WORDS; i++) {
            text.append(words[i * i % 7 + i % 3]).append(i % 11 == 0 ? ".\n" : " ");
        }
        try {
            return Files.writeString(folder.resolve("text.txt"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A plain model on that text: 4 layers, 8 samples of 16 tokens a step. */
    public static TrainingConfig config(Path text) {
        return with(
                TrainingConfig.DEFAULT,
                "data.sources=[" + text.toString().replace('\\', '/') + "]",
                "model={vocab_size: 257, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 4,"
                        + " num_attention_heads: 2, num_key_value_heads: 1, max_position_embeddings: 64,"
                        + " tie_word_embeddings: true}",
                "context=16",
                "batch=4",
                "accumulate=2",
                "steps=40",
                "eval_every=10",
                "eval_samples=6",
                "save_every=0",
                "threads=1");
    }

    /** Changed in several keys. */
    public static TrainingConfig with(TrainingConfig config, String... assignments) {
        TrainingConfig result = config;
        for (String assignment : assignments) {
            int equals = assignment.indexOf('=');
            result = result.with(assignment.substring(0, equals), assignment.substring(equals + 1));
        }
        return result;
    }

    /** What makes a model of each kind out of {@link #config}. */
    public static Map<String, String[]> kinds() {
        Map<String, String[]> kinds = new LinkedHashMap<>();
        kinds.put("vanilla", new String[] {});
        kinds.put("recursive", new String[] {"model.mor={num_recursions: 2, router: none, sharing: sequence}"});
        kinds.put("expert choice", new String[] {
            "model.mor={num_recursions: 2, router: expert_choice}", "capacity_warmup=30", "schedule=cosine"
        });
        kinds.put("expert choice, shared keys, auxiliary router", new String[] {
            "model.mor={num_recursions: 2, router: expert_choice, kv: shared, aux_router: true, causal_router: aux,"
                    + " router_arch: mlp}",
            "optimizer.clip=0",
            "dtype=bf16"
        });
        kinds.put("token choice", new String[] {
            "model.mor={num_recursions: 2, router: token_choice, z_loss_coef: 0.001}", "order=sequential"
        });
        kinds.put("token choice, loss-free", new String[] {
            "model.mor={num_recursions: 2, router: token_choice, balancing: loss_free, bias_update_rate: 0.01}",
            "schedule=constant",
            "warmup=5"
        });
        kinds.put("low-rank factors", new String[] {
            "model.mor={num_recursions: 2, router: token_choice, lora: {rank: 2, targets: [q, down]}}",
            "optimizer.freeze=shared",
            "optimizer.rates={lora: 4, embedding: 0.5, shared: 1, routers: 1}"
        });
        return kinds;
    }

    /** Trains a new run to its end. */
    public static TrainingSummary train(TrainingConfig config, Path folder) {
        return train(config, folder, Long.MAX_VALUE, new Recorder());
    }

    private static Engine engine(TrainingConfig config) {
        ProductProvider provider =
                config.precision() == Precision.FLOAT32 ? ProductProvider.JAVA : ProductProvider.ONEDNN;
        return new CpuEngine(config.threads(), provider, config.precision(), note -> {});
    }

    /** Trains a new run up to a step. */
    static TrainingSummary train(TrainingConfig config, Path folder, long stopAfter, TrainingListener listener) {
        try (Engine engine = engine(config);
                Trainer trainer = Trainer.start(engine, config, folder, listener)) {
            trainer.stopAfter(stopAfter);
            return trainer.run();
        }
    }

    /** Goes on with a run. */
    public static TrainingSummary resume(TrainingConfig config, Path folder) {
        return resume(config, folder, new Recorder());
    }

    /** Goes on with a run. */
    static TrainingSummary resume(TrainingConfig config, Path folder, TrainingListener listener) {
        try (Engine engine = engine(config);
                Trainer trainer = Trainer.resume(engine, config, folder, listener)) {
            return trainer.run();
        }
    }

    /** Writes down what it hears. */
    static final class Recorder implements TrainingListener {
        final List<String> events = new ArrayList<>();
        final List<String> messages = new ArrayList<>();
        final List<StepMetrics> steps = new ArrayList<>();
        final List<EvalMetrics> evaluations = new ArrayList<>();

        @Override
        public void started(Start start) {
            events.add("started " + start.firstStep());
        }

        @Override
        public void step(StepMetrics metrics, double progress) {
            events.add("step " + metrics.step());
            steps.add(metrics);
        }

        @Override
        public void evaluated(EvalMetrics metrics) {
            events.add("evaluated " + metrics.step());
            evaluations.add(metrics);
        }

        @Override
        public void saved(long step, Path checkpoint) {
            events.add("saved " + step);
        }

        @Override
        public void message(String text) {
            messages.add(text);
        }
    }
}
