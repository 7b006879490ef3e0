package org.tornadomor.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.cpu.products.ProductProvider;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.BatchDecoder;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;

/**
 * This program as a {@link DecodePeer}: loads a file as the commands do, and decodes greedily. Arguments: the file, the type of weights or
 * -, threads, sequences, tokens of a sequence, and the precision of products unless float32.
 */
final class DecodeSubject implements AutoCloseable {
    private final BatchDecoder decoder;
    private final int sequences;
    private final float[] logits;

    DecodeSubject(Engine engine, ParameterSet weights, int sequences, int context) {
        this.sequences = sequences;
        int rows = Math.max(sequences, Math.min(512, sequences * context));
        decoder = new BatchDecoder(engine, weights, sequences, context, rows, sequences);
        logits = new float[sequences * weights.config().vocabSize()];
    }

    public static void main(String[] args) throws IOException {
        int sequences = Integer.parseInt(args[3]);
        long begin = System.nanoTime();
        Precision precision = args.length > 5 ? Precision.valueOf(args[5]) : Precision.FLOAT32;
        ProductProvider provider = precision == Precision.FLOAT32 ? ProductProvider.JAVA : ProductProvider.ONEDNN;
        try (Engine engine = Engines.open(Integer.parseInt(args[2]), provider, precision)) {
            ParameterSet weights = load(engine, Path.of(args[0]), args[1]);
            System.out.println("ready " + (System.nanoTime() - begin) * 1e-9);
            DecodeSubject subject = null;
            BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                String[] words = line.split(" ");
                if (subject == null) {
                    subject = new DecodeSubject(engine, weights, sequences, Integer.parseInt(args[4]));
                }
                System.out.println(subject.run(Integer.parseInt(words[0]), Integer.parseInt(words[1])));
            }
        }
    }

    private static ParameterSet load(Engine engine, Path model, String type) {
        try (CheckpointFolder checkpoint = CheckpointSource.open(model, UnknownKeys.REFUSED)) {
            ElementType asked = type.equals("-") ? null : ElementType.valueOf(type.toUpperCase(Locale.ROOT));
            ElementType kept = Checkpoints.typeOf(checkpoint, engine, asked, note -> {});
            ParameterSet weights = new ParameterSet(engine, "weights", checkpoint.config(), kept);
            Checkpoints.load(engine, checkpoint, weights);
            return weights;
        }
    }

    /** As scripts/bench/peers/llama_cpp.mjs answers. */
    String run(int prompt, int tokens) {
        for (int s = 0; s < sequences; s++) {
            decoder.clear(s);
        }
        long processor = processorTime();
        long begin = System.nanoTime();
        int[] next = prompts(prompt);
        long first = System.nanoTime();
        int[] ones = new int[sequences];
        Arrays.fill(ones, 1);
        for (int i = 1; i < tokens; i++) {
            decoder.run(ones, next);
            next = largest();
        }
        long end = System.nanoTime();
        return (first - begin) * 1e-9 + " " + (end - first) * 1e-9 + " " + (processorTime() - processor) * 1e-9 + " "
                + next[0];
    }

    private static long processorTime() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    /** Reads all prompts, one after the other. @return the first token of each sequence */
    private int[] prompts(int count) {
        int[] firsts = new int[sequences];
        for (int s = 0; s < sequences; s++) {
            int[] counts = new int[sequences];
            counts[s] = count;
            int[] ids = new int[count];
            int sequence = s;
            Arrays.setAll(ids, i -> 'a' + (sequence * 31 + i * 7) % 26);
            decoder.run(counts, ids);
            firsts[s] = largest()[0];
        }
        return firsts;
    }

    /** The most likely next token of each row of logits. */
    private int[] largest() {
        decoder.logits(logits);
        int vocabulary = logits.length / sequences;
        int[] tokens = new int[sequences];
        for (int s = 0; s < sequences; s++) {
            for (int i = 1; i < vocabulary; i++) {
                if (logits[s * vocabulary + i] > logits[s * vocabulary + tokens[s]]) {
                    tokens[s] = i;
                }
            }
        }
        return tokens;
    }

    @Override
    public void close() {
        decoder.close();
    }
}
