package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfigBuilder;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Sharing;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;

class ExportCommandTest {
    private static final double TOLERANCE = 2e-5;

    @TempDir
    Path folder;

    /** A recursive model whose head is a matrix of its own. */
    private Path recursive(Sharing sharing, double ropeTheta, int headDim) {
        Path out = folder.resolve("recursive");
        ModelConfig config = new ModelConfig(
                64,
                32,
                48,
                8,
                4,
                2,
                headDim,
                1e-5,
                ropeTheta,
                64,
                false,
                0.2,
                new MorConfigBuilder(sharing.middle() ? 3 : 4, RouterKind.NONE)
                        .sharing(sharing)
                        .build());
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 3);
            Checkpoints.save(engine, weights, out, DType.F32);
        }
        return out;
    }

    private Path export(Path model, String format, String... more) {
        Path out = folder.resolve("exported-" + format);
        Object[] base = {"export", model, "--format", format, "--out", out};
        Object[] args = Arrays.copyOf(base, base.length + more.length);
        System.arraycopy(more, 0, args, base.length, more.length);
        Outcome outcome = Outcome.of(args).succeeds();
        assertEquals("", outcome.out());
        return out;
    }

    private float[] logits(Path model) {
        Path out = folder.resolve("logits");
        Path ids = Folders.GOLDEN.resolve("vanilla").resolve("expected.safetensors");
        Outcome.of("logits", "--model", model, "--input", ids, "--mode", "train", "--out", out)
                .succeeds();
        try (TensorSource file = TensorSource.open(out)) {
            return file.read("logits");
        }
    }

    private static int[][] inputs(Path golden) {
        try (TensorSource file = TensorSource.open(golden.resolve("expected.safetensors"))) {
            long[] shape = file.info("inputs").shape();
            int[] ids = file.readInts("inputs");
            int length = (int) shape[1];
            int[][] rows = new int[(int) shape[0]][];
            for (int b = 0; b < rows.length; b++) {
                rows[b] = Arrays.copyOfRange(ids, b * length, (b + 1) * length);
            }
            return rows;
        }
    }

    private static void assertClose(float[] expected, int at, double[] actual) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < actual.length; i++) {
            difference += Math.pow(expected[at + i] - actual[i], 2);
            norm += Math.pow(expected[at + i], 2);
        }
        assertTrue(difference <= TOLERANCE * TOLERANCE * norm, "relative error " + Math.sqrt(difference / norm));
    }

    @ParameterizedTest
    @EnumSource(Sharing.class)
    void anUnrolledFolderGivesTheSameLogits(Sharing sharing) throws IOException {
        Path model = recursive(sharing, 5e5, 10);
        Path tokenizer = model.resolve("tokenizer_config.json");
        Files.writeString(tokenizer, "{}");
        Path out = export(model, "hf");
        try (CheckpointFolder exported = CheckpointFolder.open(out)) {
            assertNull(exported.config().mor());
            assertEquals(8, exported.config().numLayers());
        }
        assertArrayEquals(logits(model), logits(out));
        assertEquals("{}", Files.readString(out.resolve("tokenizer_config.json")));
        String config = Files.readString(out.resolve("config.json"));
        assertTrue(config.contains("LlamaForCausalLM") && !config.contains("\"mor\""), config);
    }

    @Test
    void typesAreThoseOfTheCheckpointOrAsAsked() {
        Path model = recursive(Sharing.CYCLE, 10000, 8);
        Path half = export(model, "hf", "--dtype", "bfloat16");
        try (CheckpointFolder exported = CheckpointFolder.open(half)) {
            exported.describe().elements().keySet().forEach(type -> assertEquals("BF16", type));
        }
        Outcome.of("export", half, "--format", "llama2c", "--out", half.resolve("model.safetensors"))
                .failsWith(1, "the model that is read");
        Path again = folder.resolve("again");
        Outcome.of("export", half, "--format", "hf", "--out", again).succeeds();
        try (CheckpointFolder exported = CheckpointFolder.open(again)) {
            exported.describe().elements().keySet().forEach(type -> assertEquals("BF16", type));
        }
        assertArrayEquals(logits(half), logits(again));
    }

    @ParameterizedTest
    @ValueSource(strings = {"vanilla", "recursive-middle-cycle"})
    void llama2cComputesTheGoldenLogits(String name) throws IOException {
        Path golden = Folders.GOLDEN.resolve(name);
        Llama2cReader reader = new Llama2cReader(export(golden, "llama2c"));
        assertTrue(reader.tied);
        try (TensorSource file = TensorSource.open(golden.resolve("expected.safetensors"))) {
            float[] expected = file.read("logits");
            int at = 0;
            for (int[] ids : inputs(golden)) {
                double[] actual = reader.logits(ids);
                assertClose(expected, at, actual);
                at += actual.length;
            }
        }
    }

    @Test
    void llama2cWithAHeadOfItsOwn() throws IOException {
        Path model = recursive(Sharing.MIDDLE_SEQUENCE, 10000, 8);
        Llama2cReader reader = new Llama2cReader(export(model, "llama2c"));
        assertFalse(reader.tied);
        assertEquals(8, reader.layers);
        float[] expected = logits(model);
        int at = 0;
        for (int[] ids : inputs(Folders.GOLDEN.resolve("vanilla"))) {
            double[] actual = reader.logits(ids);
            assertClose(expected, at, actual);
            at += actual.length;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"expert-capacity", "token-recursion-wise", "recursive-cycle-kv-shared"})
    void whatNoPlainLlamaComputesIsRefused(String name) {
        for (String format : new String[] {"gguf", "llama2c"}) {
            Path out = folder.resolve("refused");
            Outcome.of("export", Folders.GOLDEN.resolve(name), "--format", format, "--out", out)
                    .failsWith(1, "plain Llama cannot express", "--format hf copies");
            assertFalse(Files.exists(out));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"expert-capacity", "token-recursion-wise", "recursive-cycle-kv-shared"})
    void whatNoPlainLlamaComputesIsCopiedWithAPageThatExplainsIt(String name) throws IOException {
        Path golden = Folders.GOLDEN.resolve(name);
        Path out = export(golden, "hf");
        try (CheckpointFolder a = CheckpointFolder.open(golden);
                CheckpointFolder b = CheckpointFolder.open(out)) {
            assertEquals(a.config(), b.config());
        }
        assertArrayEquals(logits(golden), logits(out));
        assertTrue(Files.readString(out.resolve("README.md")).contains("num_recursions"));
    }

    @Test
    void whatLlama2cFixesIsRefused() {
        Path out = folder.resolve("out");
        Outcome.of("export", recursive(Sharing.CYCLE, 5e5, 8), "--format", "llama2c", "--out", out)
                .failsWith(1, "rope_theta", "--format hf");
        Outcome.of("export", recursive(Sharing.CYCLE, 10000, 10), "--format", "llama2c", "--out", out)
                .failsWith(1, "head_dim 10", "--format hf");
        Path golden = Folders.GOLDEN.resolve("vanilla");
        Outcome.of("export", golden, "--format", "llama2c", "--dtype", "float16", "--out", out)
                .failsWith(1, "--dtype float16", "float32");
        assertFalse(Files.exists(out));
    }

    @Test
    void nothingIsOverwrittenOrGuessed() throws IOException {
        Path golden = Folders.GOLDEN.resolve("vanilla");
        Files.writeString(folder.resolve("mine"), "");
        Outcome.of("export", golden, "--format", "hf", "--out", folder).failsWith(1, "not empty", "new folder");
        Outcome.of("export", golden, "--format", "hf", "--out", folder.resolve("mine"))
                .failsWith(1, "is a file");
        Outcome.of("export", golden, "--format", "onnx", "--out", folder.resolve("x"))
                .failsWith(2, "--format", "onnx");
        Outcome.of("export", golden, "--format", "gguf", "--dtype", "float16", "--out", folder.resolve("x"))
                .failsWith(1, "--dtype is for --format hf", "--type");
        Outcome.of("export", golden, "--format", "hf", "--type", "f16", "--out", folder.resolve("x"))
                .failsWith(1, "--type is for --format gguf", "--dtype");
        Outcome.of("export", golden, "--format", "llama2c", "--out", folder.resolve("mine/x"))
                .failsWith(1, "mine");
    }

    @Test
    void aDifferentEpsilonIsNoted() throws IOException {
        Path model = Folders.golden("vanilla", folder.resolve("eps"), "1e-05", "1e-06");
        Path out = folder.resolve("out");
        String err = Outcome.of("export", model, "--format", "llama2c", "--out", out)
                .succeeds()
                .err();
        assertTrue(err.contains("rms_norm_eps"), err);
    }
}
