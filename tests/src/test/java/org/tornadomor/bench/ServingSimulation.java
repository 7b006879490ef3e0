package org.tornadomor.bench;

import java.util.Arrays;
import java.util.Random;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Presets;

/**
 * What to expect of depth-wise batching on a card: a simulation, not a measurement. The scheduling is that of the real one without
 * prompts: sequences take turns, each has one token under way. A layer on some rows takes the longer of reading (its weights once,
 * and each row's keys and values) and computing, and some microseconds besides, which is what launching it costs. Depths are drawn at
 * random with the shares that a balanced model has. Arguments: cards, each as name:GB/s:TFLOP/s:microseconds a layer.
 */
final class ServingSimulation {
    private static final int BYTES = 2;
    private static final int LENGTH = 256;
    private static final int TICKS = 3000;

    /** A card: bytes and operations a second, seconds that a layer takes at least. */
    private record Card(String name, double bandwidth, double compute, double launch) {
        static Card of(String text) {
            String[] parts = text.split(":");
            return new Card(
                    parts[0],
                    1e9 * Double.parseDouble(parts[1]),
                    1e12 * Double.parseDouble(parts[2]),
                    1e-6 * Double.parseDouble(parts[3]));
        }

        /** Seconds of a matrix of so many weights on rows that read so many more bytes each. */
        double time(double weights, double rows, double bytesEach) {
            double reading = (BYTES * weights + rows * bytesEach) / bandwidth;
            return rows == 0 ? 0 : launch + Math.max(reading, 2 * weights * rows / compute);
        }
    }

    private ServingSimulation() {}

    public static void main(String[] args) {
        String[] cards = args.length > 0 ? args : new String[] {"H200:4800:990:5", "RTX-4090:1000:165:5"};
        Results results = new Results(
                "SIMULATION of serving on cards, bfloat16, mean length 256",
                "card",
                "model",
                "sequences",
                "vanilla tokens/s",
                "depth-wise / vanilla",
                "lock-step / vanilla");
        for (String card : cards) {
            for (String model : new String[] {"360m-mor2", "360m-mor3", "360m-mor4", "1.7b-mor3"}) {
                for (int sequences : new int[] {1, 32, 128, 512}) {
                    row(results, Card.of(card), model, sequences);
                }
            }
        }
        Results.note(
                "Simulated: no such card was used. Where computing bounds a layer, time goes with the rows, and depth-wise and"
                        + " lock-step batching gain the same: what early tokens do not compute. Where reading weights or launching bounds it,"
                        + " lock-step batching pays for every depth as long as one token goes there.");
    }

    private static void row(Results results, Card card, String name, int sequences) {
        ModelConfig config = Presets.get(name);
        int recursions = config.recursions();
        int block = (config.numLayers() - 2) / recursions;
        double layer = (double) config.hiddenSize() * (2 * config.queryWidth() + 2 * config.kvWidth())
                + 3.0 * config.hiddenSize() * config.intermediateSize();
        double head = (double) config.vocabSize() * config.hiddenSize();
        double keys = LENGTH / 2.0 * 2 * config.kvWidth() * BYTES;
        double vanilla =
                sequences / (config.numLayers() * card.time(layer, sequences, keys) + card.time(head, sequences, 0));
        Random random = new Random(3);
        // A deeper plane has the keys of the tokens that went there.
        double[] share = new double[recursions + 1];
        for (int r = 1; r <= recursions; r++) {
            share[r] = (recursions - r + 1.0) / recursions;
        }
        int[] depth = new int[sequences];
        int[] ran = new int[sequences];
        Arrays.setAll(depth, s -> 1 + random.nextInt(recursions));
        double seconds = 0;
        long tokens = 0;
        for (int tick = 0; tick < TICKS; tick++) {
            int entering = 0;
            int leaving = 0;
            double read = 0;
            for (int s = 0; s < sequences; s++) {
                entering += ran[s] == 0 ? 1 : 0;
                read += share[++ran[s]] * keys;
                if (ran[s] == depth[s]) {
                    leaving++;
                    ran[s] = 0;
                    depth[s] = 1 + random.nextInt(recursions);
                }
            }
            seconds += card.time(layer, entering, keys)
                    + block * card.time(layer, sequences, read / sequences)
                    + card.time(layer, leaving, keys)
                    + card.time(head, leaving, 0);
            tokens += leaving;
        }
        double depthWise = tokens / seconds;
        double step = 2 * card.time(layer, sequences, keys) + card.time(head, sequences, 0);
        double lockStep = 0;
        for (int trial = 0; trial < TICKS; trial++) {
            int[] rows = new int[recursions + 1];
            for (int s = 0; s < sequences; s++) {
                int deep = 1 + random.nextInt(recursions);
                for (int r = 1; r <= deep; r++) {
                    rows[r]++;
                }
            }
            double blocks = 0;
            for (int r = 1; r <= recursions; r++) {
                blocks += block * card.time(layer, rows[r], share[r] * keys);
            }
            lockStep += step + blocks;
        }
        double locked = sequences * (double) TICKS / lockStep;
        results.row(card.name, name, sequences, vanilla, depthWise / vanilla, locked / vanilla);
    }
}
