package org.tornadomor.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;

/**
 * A small model with random weights on an engine, the same weights for {@link ReferenceModel}, and a random batch. Weights
 * are large enough that routers disagree about tokens and attention is far from uniform.
 */
final class TinyModel implements AutoCloseable {
    /** Decisions closer than this may go the other way in single precision. */
    static final double MARGIN = 1e-3;

    /** The token that ends documents. */
    static final int END = 3;

    private static final int MOST_SEEDS = 200;

    final Engine engine;
    final ModelConfig config;
    final int sequences;
    final int length;
    final ParameterSet weights;
    /** By name, the very floats of the engine. */
    final Map<String, double[]> values = new LinkedHashMap<>();

    final int[] inputs;
    final int[] targets;
    final ReferenceModel reference;

    TinyModel(Engine engine, ModelConfig config, int sequences, int length, long seed) {
        this.engine = engine;
        this.config = config;
        this.sequences = sequences;
        this.length = length;
        SplittableRandom random = new SplittableRandom(seed);
        weights = new ParameterSet(engine, "weights", config);
        weights.named().forEach((name, tensor) -> {
            float[] floats = randomWeights(name, tensor, random);
            set(name, floats);
        });
        inputs = tokens(random);
        targets = tokens(random);
        reference = new ReferenceModel(config, values);
    }

    /** Cuts the batch into short documents, within which attention of the reference stays. */
    TinyModel withDocuments(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < inputs.length; i++) {
            if (random.nextInt(3) == 0) {
                inputs[i] = END;
            }
        }
        reference.documentEnd = END;
        return this;
    }

    /** The model of the first seed from {@code seed} on whose decisions in these runs all have a margin. */
    static TinyModel decisive(
            Engine engine,
            ModelConfig config,
            int sequences,
            int length,
            long seed,
            List<ToDoubleFunction<TinyModel>> margins) {
        for (long s = seed; s < seed + MOST_SEEDS; s++) {
            TinyModel model = new TinyModel(engine, config, sequences, length, s);
            boolean clear = true;
            for (ToDoubleFunction<TinyModel> margin : margins) {
                clear = clear && margin.applyAsDouble(model) > MARGIN;
            }
            if (clear) {
                return model;
            }
            model.close();
        }
        throw new IllegalStateException("no seed from " + seed + " decides clearly: " + config);
    }

    /** As above for a single run. */
    static TinyModel decisive(
            Engine engine,
            ModelConfig config,
            int sequences,
            int length,
            long seed,
            ToDoubleFunction<TinyModel> margin) {
        return decisive(engine, config, sequences, length, seed, List.of(margin));
    }

    /** Of the decisions of such a run. */
    static ToDoubleFunction<TinyModel> marginOf(ReferenceModel.Choice choice) {
        return model -> model.run(choice).margin;
    }

    /** Of the decisions of a training step. */
    double trainMargin() {
        return run(ReferenceModel.Choice.topK(config, length)).margin;
    }

    /** Of the decisions in causal mode at one half. */
    double causalMargin() {
        return run(ReferenceModel.Choice.threshold(config, 0, config.recursions())).margin;
    }

    ReferenceModel.Result run(ReferenceModel.Choice choice) {
        return reference.run(inputs, targets, sequences, length, choice);
    }

    /** Gives engine and reference another value of a weight. */
    void set(String name, float[] floats) {
        engine.upload(weights.named().get(name), floats, 0);
        double[] doubles = values.computeIfAbsent(name, n -> new double[floats.length]);
        for (int i = 0; i < floats.length; i++) {
            doubles[i] = floats[i];
        }
    }

    static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static float[] randomWeights(String name, Tensor tensor, SplittableRandom random) {
        double scale = 1.2 / Math.sqrt(tensor.columns());
        if (name.contains("embed_tokens") || name.contains("lm_head")) {
            scale = 0.6;
        } else if (name.contains("router") && !name.contains(".up.")) {
            scale = 0.4;
        }
        boolean vector = tensor.columns() == 1 && tensor.shape().length == 1;
        float[] floats = new float[tensor.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) (scale * random.nextGaussian());
            if (vector) {
                floats[i] = (float) ((name.contains("norm") ? 1 : 0) + 0.2 * random.nextGaussian());
            }
        }
        return floats;
    }

    private int[] tokens(SplittableRandom random) {
        int[] tokens = new int[sequences * length];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = random.nextInt(config.vocabSize());
        }
        return tokens;
    }

    @Override
    public void close() {
        weights.close();
    }
}
