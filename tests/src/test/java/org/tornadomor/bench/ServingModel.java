package org.tornadomor.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.Decoder;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;

/** A model to be served, on an engine of its own; and what it makes of a text that it did not see in training. */
final class ServingModel implements AutoCloseable {
    /** Processors that all measurements use. */
    static final int THREADS = Runtime.getRuntime().availableProcessors();

    private static final int WINDOW = 256;
    private static final int BATCH = 16;
    private static final int SCORED = 256;
    private static final int DECODED = 64;
    private static final int CHUNK = 32;

    final String name;
    /** Steps that it was trained for, 0 for random weights. */
    final int steps;

    final Engine engine;
    final ParameterSet weights;
    final ModelConfig config;

    private ServingModel(Engine engine, String name, int steps, ModelConfig config) {
        this.engine = engine;
        this.name = name;
        this.steps = steps;
        this.config = config;
        weights = new ParameterSet(engine, "weights", config);
    }

    /** The last checkpoint of the run {@code name}. */
    static ServingModel trained(Path runs, String name) throws IOException {
        Path checkpoints = runs.resolve(name).resolve("checkpoints");
        String latest = Files.readString(checkpoints.resolve("latest")).strip();
        try (CheckpointFolder checkpoint = CheckpointFolder.open(checkpoints.resolve(latest))) {
            int steps = Integer.parseInt(latest.substring(latest.lastIndexOf('-') + 1));
            ServingModel model = new ServingModel(new CpuEngine(THREADS), name, steps, checkpoint.config());
            Checkpoints.load(model.engine, checkpoint, model.weights);
            return model;
        }
    }

    /** A model of this shape with random weights: it costs what a trained one costs. */
    static ServingModel random(String name, ModelConfig config) {
        return random(new CpuEngine(THREADS), name, config);
    }

    /** The same on another engine, which is closed with it. */
    static ServingModel random(Engine engine, String name, ModelConfig config) {
        ServingModel model = new ServingModel(engine, name, 0, config);
        Checkpoints.initialise(model.engine, model.weights, 1);
        return model;
    }

    boolean vanilla() {
        return config.mor() == null;
    }

    long weightBytes() {
        return Float.BYTES * ParameterCount.of(config).total();
    }

    /** Bytes of a text that was not trained on, as tokens: {@code count} windows of it, evenly spread. */
    static int[] heldOut(Path runs, int count, int length) throws IOException {
        byte[] text = Files.readAllBytes(runs.resolve("heldout.txt"));
        int[] ids = new int[count * length];
        for (int i = 0; i < count; i++) {
            int from = (int) ((long) i * Math.max(0, text.length - length) / count);
            for (int j = 0; j < length; j++) {
                ids[i * length + j] = text[(from + j) % text.length] & 0xFF;
            }
        }
        return ids;
    }

    /** Mean cross-entropy of 65,536 held-out bytes in windows of 256, decided causally. */
    double loss(Path runs) throws IOException {
        int[] ids = heldOut(runs, SCORED, WINDOW + 1);
        int[] inputs = new int[BATCH * WINDOW];
        int[] targets = new int[inputs.length];
        float[] losses = new float[inputs.length];
        double sum = 0;
        try (Scorer scorer = new Scorer(engine, weights, BATCH, WINDOW)) {
            for (int first = 0; first < SCORED; first += BATCH) {
                for (int i = 0; i < BATCH; i++) {
                    int from = (first + i) * (WINDOW + 1);
                    System.arraycopy(ids, from, inputs, i * WINDOW, WINDOW);
                    System.arraycopy(ids, from + 1, targets, i * WINDOW, WINDOW);
                }
                scorer.score(inputs, targets, BATCH, WINDOW, true, null);
                scorer.losses(losses);
                for (float loss : losses) {
                    sum += loss;
                }
            }
        }
        return sum / (SCORED * WINDOW);
    }

    /** The same of 16,384 bytes, read as prompts with caches of this type. */
    double decodedLoss(Path runs, ElementType keys) throws IOException {
        int[] ids = heldOut(runs, DECODED, WINDOW + 1);
        int rows = BATCH * CHUNK;
        DecoderSize size = DecoderSize.full(config, BATCH, WINDOW, rows)
                .withLogitRows(rows)
                .withKeys(keys);
        double sum = 0;
        try (Decoder decoder = new Decoder(engine, weights, size)) {
            for (int first = 0; first < DECODED; first += BATCH) {
                sum += decodedLoss(decoder, ids, first);
            }
        }
        return sum / (DECODED * WINDOW);
    }

    private double decodedLoss(Decoder decoder, int[] ids, int first) {
        int[] window = new int[BATCH];
        for (int i = 0; i < BATCH; i++) {
            window[decoder.open(0.5, config.recursions())] = first + i;
        }
        double sum = 0;
        float[] logits = new float[config.vocabSize()];
        for (int at = 0; at < WINDOW; at += CHUNK) {
            for (int s = 0; s < BATCH; s++) {
                int[] chunk =
                        Arrays.copyOfRange(ids, window[s] * (WINDOW + 1) + at, window[s] * (WINDOW + 1) + at + CHUNK);
                if (!decoder.feed(s, chunk, 0, CHUNK, CHUNK)) {
                    throw new IllegalStateException("no room for a chunk");
                }
            }
            while (decoder.rowsUnderWay() > 0) {
                if (!decoder.reserve()) {
                    throw new IllegalStateException("no pages");
                }
                int outputs = decoder.tick(DepthPolicy.DEPTH_WISE);
                for (int row = 0; row < outputs; row++) {
                    decoder.logits(row, logits);
                    int from = window[decoder.outputSequence(row)] * (WINDOW + 1);
                    sum += crossEntropy(logits, ids[from + decoder.outputPosition(row) + 1]);
                }
            }
        }
        for (int s = 0; s < BATCH; s++) {
            decoder.close(s);
        }
        return sum;
    }

    private static double crossEntropy(float[] logits, int target) {
        double most = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        return most + Math.log(sum) - logits[target];
    }

    @Override
    public void close() {
        weights.close();
        engine.close();
    }
}
