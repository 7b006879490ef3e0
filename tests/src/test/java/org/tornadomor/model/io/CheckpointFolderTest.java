package org.tornadomor.model.io;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;
import org.tornadomor.files.DType;
import org.tornadomor.files.Folders;
import org.tornadomor.files.SafeTensorsWriter;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.Configs;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterSpec;
import org.tornadomor.model.ParameterSpecs;

class CheckpointFolderTest {
    private static final ModelConfig CONFIG = Configs.llama(5).withMor(MorConfig.expertChoice(3));

    @TempDir
    private Path folder;

    private static float[] values(ParameterSpec spec) {
        float[] values = new float[spec.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (spec.name().hashCode() % 17 + i) % 100;
        }
        return values;
    }

    private void write(ModelConfig config, long shardBytes) {
        try (CheckpointWriter writer = CheckpointWriter.create(folder, config, DType.BF16, shardBytes)) {
            for (ParameterSpec spec : ParameterSpecs.of(config)) {
                writer.write(spec.name(), values(spec), 0);
            }
            writer.commit();
        }
    }

    private void assertHolds(ModelConfig config) {
        try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
            assertEquals(config, checkpoint.config());
            assertEquals(ParameterSpecs.of(config), checkpoint.specs());
            for (ParameterSpec spec : checkpoint.specs()) {
                float[] read = new float[spec.elements() + 1];
                checkpoint.read(spec.name(), read, 1);
                float[] expected = new float[read.length];
                System.arraycopy(values(spec), 0, expected, 1, spec.elements());
                assertArrayEquals(expected, read);
            }
        }
    }

    private String refusal() {
        String message = assertThrows(
                        UserError.class, () -> CheckpointFolder.open(folder).close())
                .getMessage();
        assertTrue(message.contains(folder.toString()), message);
        return message;
    }

    /** Writes a model file with the tensors changed; zeros throughout. */
    private void writeTensors(UnaryOperator<List<TensorInfo>> change) throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG.toJson());
        List<TensorInfo> infos = new ArrayList<>();
        ParameterSpecs.of(CONFIG).forEach(spec -> infos.add(TensorInfo.of(spec.name(), DType.F32, spec.shape())));
        List<TensorInfo> changed = change.apply(infos);
        try (SafeTensorsWriter writer =
                SafeTensorsWriter.create(folder.resolve("model.safetensors"), changed, Map.of())) {
            for (TensorInfo info : changed) {
                if (info.dtype().isFloat()) {
                    writer.write(info.name(), new float[(int) info.elements()], 0);
                } else {
                    writer.write(info.name(), new int[(int) info.elements()], 0);
                }
            }
            writer.commit();
        }
    }

    private static UnaryOperator<List<TensorInfo>> with(TensorInfo... more) {
        return infos -> {
            for (TensorInfo info : more) {
                infos.removeIf(other -> other.name().equals(info.name()));
                infos.add(info);
            }
            return infos;
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vanilla",
                "recursive-middle-cycle",
                "recursive-cycle-kv-shared",
                "expert-recursion-wise",
                "expert-capacity",
                "expert-kv-shared",
                "token-recursion-wise"
            })
    void goldenCasesOpen(String name) {
        Path golden = Path.of("src/test/resources/golden").resolve(name);
        try (CheckpointFolder checkpoint = CheckpointFolder.open(golden);
                TensorSource expected = TensorSource.open(golden.resolve("expected.safetensors"))) {
            for (ParameterSpec spec : checkpoint.specs()) {
                checkpoint.read(spec.name(), new float[spec.elements()], 0);
                assertTrue(expected.info("grad." + spec.name()).hasShape(spec.shape()));
            }
            long gradients =
                    expected.names().stream().filter(n -> n.startsWith("grad.")).count();
            assertEquals(checkpoint.specs().size(), gradients);
            assertEquals(expected.info("inputs").elements(), expected.readInts("inputs").length);
            CheckpointDescription description = checkpoint.describe();
            assertEquals(Map.of("F32", description.parameters().total()), description.elements());
            assertEquals("pt", description.metadata().get("format"));
        }
    }

    @Test
    void roundTripInOneFile() {
        write(CONFIG, CheckpointWriter.DEFAULT_SHARD_BYTES);
        assertEquals(List.of("config.json", "model.safetensors"), Folders.list(folder));
        assertHolds(CONFIG);
    }

    /** One file, then shards, fewer shards, and one file again, all in the same folder: nothing stale is left. */
    @Test
    void shardsReplaceEachOther() {
        write(CONFIG, Long.MAX_VALUE);
        write(CONFIG, 1);
        int tensors = ParameterSpecs.of(CONFIG).size();
        assertEquals(tensors + 2, Folders.list(folder).size());
        assertHolds(CONFIG);
        ModelConfig wider = CONFIG.withVocabSize(70);
        write(wider, 20_000);
        assertTrue(Folders.list(folder).size() < tensors);
        assertTrue(Folders.list(folder).contains("model.safetensors.index.json"));
        assertHolds(wider);
        write(CONFIG, Long.MAX_VALUE);
        assertEquals(List.of("config.json", "model.safetensors"), Folders.list(folder));
        assertHolds(CONFIG);
    }

    @Test
    void uncommittedLeavesNothing() {
        try (CheckpointWriter writer = CheckpointWriter.create(folder, CONFIG, DType.F32, 20_000)) {
            writer.write("model.norm.weight", new float[32], 0);
            assertThrows(IllegalStateException.class, writer::commit);
            assertThrows(IllegalArgumentException.class, () -> writer.write("other", new float[1], 0));
        }
        assertEquals(List.of(), Folders.list(folder));
    }

    @Test
    void describes() throws IOException {
        write(CONFIG, 20_000);
        Files.writeString(folder.resolve("tokenizer.json"), "{}");
        try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
            CheckpointDescription description = checkpoint.describe();
            assertEquals("Mixture-of-Recursions, expert_choice, 3 recursions, middle_cycle", description.kind());
            assertTrue(description.tokenizer());
            assertTrue(description.files().size() > 1);
            assertTrue(description.bytes() > 2 * description.parameters().total());
            assertEquals(List.of("BF16"), List.copyOf(description.elements().keySet()));
        }
    }

    @Test
    void missingTensors() throws IOException {
        writeTensors(infos -> infos.subList(0, infos.size() - 2));
        assertTrue(refusal().contains("model.routers.1.weight (and 1 more) are missing"), this::refusal);
    }

    @Test
    void unexpectedTensors() throws IOException {
        writeTensors(with(TensorInfo.of("model.layers.0.self_attn.q_proj.bias", DType.F32, 32)));
        assertTrue(refusal().contains("q_proj.bias is not part of the model"), this::refusal);
    }

    @Test
    void misshapenTensors() throws IOException {
        writeTensors(with(TensorInfo.of("model.norm.weight", DType.F32, 31)));
        assertTrue(
                refusal().contains("model.norm.weight has shape [31] where config.json asks for [32]"), this::refusal);
        writeTensors(with(TensorInfo.of("model.norm.weight", DType.I32, 32)));
        assertTrue(refusal().contains("model.norm.weight is I32"), this::refusal);
    }

    @Test
    void harmlessExtrasAreTolerated() throws IOException {
        writeTensors(with(
                TensorInfo.of("lm_head.weight", DType.F32, 64, 32),
                TensorInfo.of("model.layers.0.self_attn.rotary_emb.inv_freq", DType.F32, 4)));
        CheckpointFolder.open(folder).close();
    }

    /** The head of the file is not the embedding, and the configuration says that it is. */
    @Test
    void aTiedHeadThatIsAnotherIsRefused() throws IOException {
        Path ouro = Path.of("src/test/resources/families/ouro");
        Files.copy(ouro.resolve("model.safetensors"), folder.resolve("model.safetensors"), REPLACE_EXISTING);
        String config = Files.readString(ouro.resolve("config.json"));
        String tied = config.replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true");
        assertFalse(tied.equals(config));
        Files.writeString(folder.resolve("config.json"), tied);
        assertTrue(refusal().contains("lm_head.weight differs from model.embed_tokens.weight"), this::refusal);
    }

    @Test
    void untiedHeadIsNeeded() throws IOException {
        writeTensors(UnaryOperator.identity());
        Files.writeString(
                folder.resolve("config.json"), CONFIG.withTieEmbeddings(false).toJson());
        assertTrue(refusal().contains("set tie_word_embeddings to true"), this::refusal);
    }

    @Test
    void valuesMustBeFinite() {
        try (CheckpointWriter writer = CheckpointWriter.create(folder, CONFIG, DType.F16)) {
            for (ParameterSpec spec : ParameterSpecs.of(CONFIG)) {
                float[] values = values(spec);
                values[values.length - 1] = spec.name().equals("model.norm.weight") ? Float.NaN : 0;
                writer.write(spec.name(), values, 0);
            }
            writer.commit();
        }
        try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
            UserError error =
                    assertThrows(UserError.class, () -> checkpoint.read("model.norm.weight", new float[32], 0));
            assertTrue(
                    error.getMessage()
                            .startsWith(folder.resolve("model.safetensors") + ": tensor model.norm.weight holds NaN"),
                    error::getMessage);
        }
    }

    @Test
    void missingFiles() throws IOException {
        assertTrue(refusal().contains("config.json: it does not exist"), this::refusal);
        Files.writeString(folder.resolve("config.json"), CONFIG.toJson());
        assertTrue(refusal().contains("has no model.safetensors"), this::refusal);
        Files.writeString(folder.resolve("pytorch_model.bin"), "");
        assertTrue(refusal().contains("no zip file"), this::refusal);
        Path other = folder.resolve("config.json");
        assertThrows(UserError.class, () -> CheckpointFolder.open(other));
        assertThrows(UserError.class, () -> CheckpointFolder.open(folder.resolve("nowhere")));
    }

    @Test
    void brokenIndexes() throws IOException {
        write(CONFIG, 20_000);
        Path index = folder.resolve("model.safetensors.index.json");
        String sound = Files.readString(index);
        for (String broken : List.of("", "{}", "{\"weight_map\": {}}", "{\"weight_map\": 3}", sound.substring(0, 99))) {
            Files.writeString(index, broken);
            refusal();
        }
        Files.writeString(index, sound.replaceFirst("model-00001", "../model-00001"));
        assertTrue(refusal().contains("in the same folder"), this::refusal);
        Files.writeString(index, sound.replaceFirst("\"model.embed", "\"model.other"));
        assertTrue(refusal().contains("model.other_tokens.weight in model-00001"), this::refusal);
        Files.writeString(index, sound);
        Files.delete(
                folder.resolve("model-00001-of-0000" + (Folders.list(folder).size() - 2) + ".safetensors"));
        assertTrue(refusal().contains(", which is not there"), this::refusal);
    }
}
