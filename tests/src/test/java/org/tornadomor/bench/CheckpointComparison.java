package org.tornadomor.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.tornadomor.files.DType;
import org.tornadomor.formats.gguf.GgmlType;
import org.tornadomor.formats.gguf.GgufExport;
import org.tornadomor.formats.gguf.GgufVocabulary;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.ParameterSpec;
import org.tornadomor.model.ParameterSpecs;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.CheckpointWriter;
import org.tornadomor.model.io.PlainLlama;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.TextBoundaries;

/**
 * A large checkpoint of noise: how long it takes to load, what stays in memory, the first token and the next ones, beside llama.cpp on
 * the same file, in turn. Each is a process of its own; memory is that of the loaded model, before it has caches. Arguments: threads,
 * layers (24 with 2048 columns are 1.23 billion parameters), columns, rounds.
 */
final class CheckpointComparison {
    private static final int VOCABULARY = 257;
    private static final int CONTEXT = 256;
    private static final int PROMPT = 64;
    private static final int TOKENS = 32;
    private static final int HEAD = 64;

    private final int threads;
    private final int rounds;
    private final Results results;

    private CheckpointComparison(ModelConfig config, int threads, int rounds) {
        this.threads = threads;
        this.rounds = rounds;
        results = new Results(
                "A checkpoint of " + ParameterCount.of(config).total() / 1_000_000 + " million parameters, " + threads
                        + (threads == 1 ? " thread" : " threads"),
                "file",
                "who",
                "load, s",
                "anonymous / weights",
                "resident / weights",
                "first token of " + PROMPT + ", s",
                "tokens/s",
                "times llama.cpp",
                "processor time, times llama.cpp's");
    }

    public static void main(String[] args) throws IOException {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        int layers = args.length > 1 ? Integer.parseInt(args[1]) : 24;
        int columns = args.length > 2 ? Integer.parseInt(args[2]) : 2048;
        int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 5;
        int heads = columns / HEAD;
        ModelConfig config = new ModelConfig(
                VOCABULARY,
                columns,
                columns * 11 / 4,
                layers,
                heads,
                heads,
                HEAD,
                1e-5,
                1e4,
                CONTEXT,
                true,
                0.02,
                null);
        Path folder = Files.createTempDirectory(Path.of(System.getProperty("bench.files", "tests/target")), "noise");
        try {
            CheckpointComparison comparison = new CheckpointComparison(config, threads, rounds);
            Path checkpoint = folder.resolve("bfloat16");
            noise(config, checkpoint);
            Path eight = export(checkpoint, folder.resolve("q8_0.gguf"), GgmlType.Q8_0);
            comparison.compare("GGUF Q8_0", eight, "", eight);
            Files.delete(eight);
            Path half = export(checkpoint, folder.resolve("bf16.gguf"), GgmlType.BF16);
            comparison.compare("GGUF BF16", half, "bf16", half);
            comparison.compare("safetensors BF16", checkpoint, "bf16", null);
            Results.note("Memory is that of the loaded model, before there are caches. " + DecodePeer.describe());
        } finally {
            try (Stream<Path> paths = Files.walk(folder)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    /** A bfloat16 checkpoint, a piece of a tensor at a time. */
    private static void noise(ModelConfig config, Path folder) {
        float[] values = new float[1 << 20];
        Random random = new Random(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (0.02 * random.nextGaussian());
        }
        float[] ones = new float[config.hiddenSize()];
        Arrays.fill(ones, 1);
        try (CheckpointWriter writer = CheckpointWriter.create(folder, config, DType.BF16)) {
            for (ParameterSpec spec : ParameterSpecs.of(config)) {
                int size = spec.shape()[0] * (spec.shape().length == 1 ? 1 : spec.shape()[1]);
                for (int at = 0; at < size; at += values.length) {
                    boolean vector = spec.shape().length == 1;
                    writer.append(spec.name(), vector ? ones : values, 0, Math.min(values.length, size - at));
                }
            }
            writer.commit();
        }
    }

    /** A model of bytes as a file for llama.cpp. */
    static Path export(Path checkpoint, Path file, GgmlType type) {
        try (CheckpointFolder opened = CheckpointFolder.open(checkpoint)) {
            GgufVocabulary bytes =
                    GgufVocabulary.of(checkpoint, opened.config().vocabSize(), TextBoundaries.of(new ByteTokenizer()));
            GgufExport.write(new PlainLlama(opened, false), "bench", bytes, file, type);
        }
        return file;
    }

    /** @param theirs what llama.cpp reads, or null */
    private void compare(String name, Path model, String type, Path theirs) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.walk(model)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
        }
        try (DecodePeer ours = DecodePeer.ours(model, type, threads, 1, CONTEXT);
                DecodePeer peer = theirs == null ? null : DecodePeer.llamaCpp(theirs, threads, 1, CONTEXT)) {
            DecodePeer.Memory kept = ours.memory();
            DecodePeer.Memory keptThere = peer == null ? null : peer.memory();
            ours.run(PROMPT, TOKENS);
            List<DecodePeer.Run> here = new ArrayList<>();
            List<DecodePeer.Run> there = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                here.add(ours.run(PROMPT, TOKENS));
                if (peer != null) {
                    there.add(peer.run(PROMPT, TOKENS));
                }
            }
            double[] ratios = new double[there.size()];
            double[] processor = new double[there.size()];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = there.get(i).rest() / here.get(i).rest();
                processor[i] = here.get(i).processor() / there.get(i).processor();
            }
            row(name, "here", ours, kept, bytes, here, ratios, processor);
            if (peer != null) {
                row(name, "llama.cpp", peer, keptThere, bytes, there, new double[] {1}, new double[] {1});
            }
        }
    }

    private void row(
            String name,
            String who,
            DecodePeer peer,
            DecodePeer.Memory kept,
            long bytes,
            List<DecodePeer.Run> runs,
            double[] ratios,
            double[] processor) {
        results.row(
                name,
                who,
                peer.loadSeconds(),
                (double) kept.anonymous() / bytes,
                (double) kept.total() / bytes,
                Results.median(runs.stream().mapToDouble(DecodePeer.Run::first).toArray()),
                (TOKENS - 1)
                        / Results.median(
                                runs.stream().mapToDouble(DecodePeer.Run::rest).toArray()),
                ratios.length == 0 ? Double.NaN : Results.median(ratios),
                processor.length == 0 ? Double.NaN : Results.median(processor));
    }
}
