package org.tornadomor.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.tornadomor.formats.gguf.GgmlType;

/**
 * A trained vanilla model as a file for llama.cpp, in float32 and in 8 bits: several sequences at a time there and here, in turn, each in
 * a process of its own. Arguments: the folder of the trained runs, the name of one, rounds.
 */
final class ServingPeer {
    private static final int[] SEQUENCES = {1, 8, 32};
    private static final int PROMPT = 32;
    private static final int TOKENS = 128;
    private static final int THREADS = ServingModel.THREADS;

    private ServingPeer() {}

    public static void main(String[] args) throws IOException {
        Path checkpoints = Path.of(args[0]).resolve(args[1]).resolve("checkpoints");
        Path checkpoint = checkpoints.resolve(
                Files.readString(checkpoints.resolve("latest")).strip());
        int rounds = Integer.parseInt(args[2]);
        if (!DecodePeer.isThere()) {
            Results.note(DecodePeer.describe());
        }
        Results results = new Results(
                args[1] + " as GGUF, prompts of " + PROMPT + " tokens, " + TOKENS + " new ones, " + THREADS
                        + " threads",
                "weights",
                "sequences",
                "tokens/s",
                "tokens/s of llama.cpp",
                "times llama.cpp",
                "processor time, times llama.cpp's");
        for (GgmlType type : new GgmlType[] {GgmlType.F32, GgmlType.Q8_0}) {
            Path file = Files.createTempFile(type.name().toLowerCase(Locale.ROOT), ".gguf");
            try {
                CheckpointComparison.export(checkpoint, file, type);
                for (int sequences : SEQUENCES) {
                    compare(results, type.name(), file, sequences, rounds);
                }
            } finally {
                Files.delete(file);
            }
        }
        if (DecodePeer.isThere()) {
            Results.note(DecodePeer.describe());
        }
    }

    private static void compare(Results results, String type, Path file, int sequences, int rounds) {
        int context = PROMPT + TOKENS;
        double[] here = new double[rounds];
        double[] there = new double[rounds];
        double[] times = new double[rounds];
        double[] processor = new double[rounds];
        try (DecodePeer ours = DecodePeer.ours(file, "", THREADS, sequences, context);
                DecodePeer peer = DecodePeer.llamaCpp(file, THREADS, sequences, context)) {
            ours.run(PROMPT, TOKENS);
            if (peer != null) {
                peer.run(PROMPT, TOKENS);
            }
            for (int i = 0; i < rounds; i++) {
                DecodePeer.Run one = ours.run(PROMPT, TOKENS);
                DecodePeer.Run other = peer == null ? null : peer.run(PROMPT, TOKENS);
                int tokens = sequences * (TOKENS - 1);
                here[i] = tokens / one.rest();
                there[i] = other == null ? Double.NaN : tokens / other.rest();
                times[i] = here[i] / there[i];
                processor[i] = other == null ? Double.NaN : one.processor() / other.processor();
            }
        }
        results.row(
                type,
                sequences,
                Results.median(here),
                Results.median(there),
                Results.median(times),
                Results.median(processor));
    }
}
