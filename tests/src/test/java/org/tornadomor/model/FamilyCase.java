package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;

/** A checkpoint of the Llama family with the logits that Hugging Face's library gives for some tokens. */
final class FamilyCase {
    private static final Path CASES = Path.of("src/test/resources/families");

    final Path folder;
    final int sequences;
    final int length;
    final int[] inputs;
    final float[] logits;

    private FamilyCase(Path folder) {
        this.folder = folder;
        try (TensorSource expected = SafeTensors.open(folder.resolve("expected.safetensors"))) {
            long[] shape = expected.info("inputs").shape();
            sequences = (int) shape[0];
            length = (int) shape[1];
            inputs = expected.readInts("inputs");
            logits = expected.read("logits");
        }
    }

    /** Every case; {@code -Dfamilies.dir=DIR} adds the folders of DIR. */
    static List<FamilyCase> all() throws IOException {
        String more = System.getProperty("families.dir", "");
        Stream<Path> roots = more.isEmpty() ? Stream.of(CASES) : Stream.of(CASES, Path.of(more));
        List<FamilyCase> cases =
                roots.flatMap(FamilyCase::folders).map(FamilyCase::new).toList();
        assertTrue(cases.size() >= 14, cases.size() + " cases of families");
        return cases;
    }

    static FamilyCase of(String name) {
        return new FamilyCase(CASES.resolve(name));
    }

    private static Stream<Path> folders(Path root) {
        try (Stream<Path> entries = Files.list(root)) {
            return entries
                    .filter(path -> Files.exists(path.resolve("expected.safetensors")))
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return folder.getFileName().toString();
    }

    ParameterSet load(Engine engine) {
        return load(engine, ElementType.F32);
    }

    ParameterSet load(Engine engine, ElementType type) {
        try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
            ParameterSet weights = new ParameterSet(engine, "weights", checkpoint.config(), type);
            Checkpoints.load(engine, checkpoint, weights);
            return weights;
        }
    }

    /** The logits of the whole sequences. */
    float[] score(Engine engine, ParameterSet weights) {
        float[] found = new float[logits.length];
        try (Scorer scorer = new Scorer(engine, weights, sequences, length)) {
            scorer.score(inputs, inputs, sequences, length, true, found);
        }
        return found;
    }

    /** The logits of the first tokens one after the other: a prompt of {@code prompt} tokens, then a token at a time. */
    float[] decode(Engine engine, ParameterSet weights, int prompt, int tokens) {
        int vocabulary = weights.config().vocabSize();
        float[] found = new float[sequences * tokens * vocabulary];
        try (BatchDecoder decoder =
                new BatchDecoder(engine, weights, sequences, length, sequences * length, sequences * length)) {
            for (int at = 0; at < tokens; ) {
                int count = at == 0 ? prompt : 1;
                int[] ids = new int[sequences * count];
                for (int b = 0; b < sequences; b++) {
                    System.arraycopy(inputs, b * length + at, ids, b * count, count);
                }
                int[] counts = new int[sequences];
                Arrays.fill(counts, count);
                decoder.runAll(counts, ids);
                float[] rows = new float[sequences * count * vocabulary];
                decoder.logits(rows);
                for (int b = 0; b < sequences; b++) {
                    System.arraycopy(
                            rows, b * count * vocabulary, found, (b * tokens + at) * vocabulary, count * vocabulary);
                }
                at += count;
            }
        }
        return found;
    }

    /** The expected logits of the first tokens of each sequence. */
    float[] first(int tokens) {
        int vocabulary = logits.length / inputs.length;
        float[] some = new float[sequences * tokens * vocabulary];
        for (int b = 0; b < sequences; b++) {
            System.arraycopy(logits, b * length * vocabulary, some, b * tokens * vocabulary, tokens * vocabulary);
        }
        return some;
    }
}
