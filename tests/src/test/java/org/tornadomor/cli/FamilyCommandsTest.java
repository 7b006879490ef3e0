package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.Architecture;
import org.tornadomor.model.AttentionKind;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfigBuilder;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.RotaryScaling;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Sharing;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;

/** Checkpoints of the Llama family on the command line: shown, computed, exported, and refused where a format has no room for them. */
class FamilyCommandsTest {
    private static final Path FAMILIES = Path.of("src/test/resources/families");

    @TempDir
    Path folder;

    static Stream<Path> cases() throws IOException {
        return Files.list(FAMILIES).filter(Files::isDirectory).sorted();
    }

    private float[] logits(Path model, Path inputs) {
        Path out = folder.resolve("logits");
        Outcome.of("logits", "--engine", "cpu", "--model", model, "--input", inputs, "--mode", "causal", "--out", out)
                .succeeds();
        try (TensorSource file = TensorSource.open(out)) {
            return file.read("logits");
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void exportsAreOfTheSameFamilyAndComputeTheSame(Path model) {
        Path inputs = model.resolve("expected.safetensors");
        Path out = folder.resolve("exported");
        Outcome.of("export", model, "--format", "hf", "--out", out).succeeds();
        try (CheckpointFolder source = CheckpointFolder.open(model);
                CheckpointFolder exported = CheckpointFolder.open(out)) {
            assertEquals(source.config(), exported.config());
        }
        float[] computed = logits(model, inputs);
        assertArrayEquals(computed, logits(out, inputs));
        try (TensorSource file = TensorSource.open(inputs)) {
            float[] expected = file.read("logits");
            double difference = 0;
            double norm = 0;
            for (int i = 0; i < expected.length; i++) {
                difference += Math.pow(expected[i] - computed[i], 2);
                norm += Math.pow(expected[i], 2);
            }
            assertTrue(difference <= 4e-10 * norm, "relative error " + Math.sqrt(difference / norm));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "qwen2, model, Qwen2",
        "qwen2, beyond a plain Llama, 'biases on queries, keys and values'",
        "qwen3, beyond a plain Llama, norms on the heads of queries and keys",
        "mistral-sliding, beyond a plain Llama, a window of 24 tokens on all layers",
        "smollm3, beyond a plain Llama, no positions on 1 of 4 layers",
        "ouro, model, 'recursive, exit_gate, 4 recursions'",
        "ouro, beyond a plain Llama, 'norms on what attention and the feed-forward half add, the final norm at'",
        "llama-yarn, beyond a plain Llama, rotary scaling yarn",
        "llama-dynamic, positions, '32, sequences up to 128'"
    })
    void infoSaysWhatIsSpecial(String name, String key, String expected) {
        String line = Outcome.of("info", FAMILIES.resolve(name))
                .succeeds()
                .out()
                .lines()
                .filter(text -> text.startsWith(key))
                .findFirst()
                .orElse("no line");
        assertTrue(line.contains(expected), line);
    }

    @ParameterizedTest
    @CsvSource({
        "llama-biases, biases on attention's output",
        "llama-rope-llama3, rotary scaling llama3",
        "mistral-sliding, a window of 24",
        "qwen3, norms on the heads",
        "ouro, norms that no plain Llama has"
    })
    void llama2cRefusesWhatItDoesNotCompute(String name, String expected) {
        Outcome.of("export", FAMILIES.resolve(name), "--format", "llama2c", "--out", folder.resolve("model.bin"))
                .failsWith(1, expected);
    }

    private Path recursive(Architecture architecture) {
        Path out = folder.resolve("recursive");
        ModelConfig config = new ModelConfig(
                        128,
                        32,
                        48,
                        6,
                        4,
                        2,
                        8,
                        1e-5,
                        10000,
                        128,
                        true,
                        0.2,
                        new MorConfigBuilder(3, RouterKind.NONE)
                                .sharing(Sharing.CYCLE)
                                .build())
                .withArchitecture(architecture);
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 3);
            Checkpoints.save(engine, weights, out, DType.F32);
        }
        return out;
    }

    @Test
    void unrolledModelsGoToTheFamilyThatComputesThem() throws IOException {
        AttentionKind window = new AttentionKind(9, true);
        Path model = recursive(Architecture.LLAMA
                .withHeadNorms(true)
                .withScaling(new RotaryScaling.Yarn(4, 32))
                .withLayers(
                        List.of(AttentionKind.FULL, window, AttentionKind.FULL, window, AttentionKind.FULL, window)));
        Path out = folder.resolve("unrolled");
        Outcome.of("export", model, "--format", "hf", "--out", out).succeeds();
        String config = Files.readString(out.resolve("config.json"));
        assertTrue(config.contains("Qwen3ForCausalLM") && config.contains("\"qwen3\""), config);
        Path inputs = FAMILIES.resolve("qwen3/expected.safetensors");
        assertArrayEquals(logits(model, inputs), logits(out, inputs));
    }

    @Test
    void whatNoFamilyComputesIsNotExported() {
        Path model = recursive(Architecture.LLAMA.withHeadNorms(true).withBiases(false, false, true));
        Path out = folder.resolve("unrolled");
        Outcome.of("export", model, "--format", "hf", "--out", out)
                .failsWith(
                        1, "no class of Hugging Face's library computes a plain model with biases in the feed-forward");
        assertTrue(Files.notExists(out));
    }
}
