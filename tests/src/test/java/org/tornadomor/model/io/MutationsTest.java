package org.tornadomor.model.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.JsonMutations;
import org.tornadomor.JsonMutations.Mutant;
import org.tornadomor.UserError;
import org.tornadomor.files.Checksums;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.files.TensorSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Damaged headers and indices of safetensors, and damaged checksums: one line, or all that they say is what is read. */
class MutationsTest {
    private static final String HEADER = """
            {"__metadata__": {"format": "pt"},
             "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
             "b": {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]}}""";
    private static final int DATA_BYTES = 32;

    private static final String INDEX = """
            {"metadata": {"total_size": 32}, "weight_map": {"a": "one.safetensors", "b": "one.safetensors"}}""";

    @TempDir
    Path folder;

    private Path write(String name, String header) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes =
                ByteBuffer.allocate(Long.BYTES + json.length + DATA_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(
                folder.resolve(name), bytes.putLong(json.length).put(json).array());
    }

    @Test
    void someHeaders() throws IOException {
        headers(0, 300);
    }

    @Tag("slow")
    @Test
    void manyHeaders() throws IOException {
        headers(400, 20_000);
    }

    private void headers(long firstSeed, int count) throws IOException {
        int taken = 0;
        for (Mutant mutant : JsonMutations.of(HEADER, firstSeed, count).toList()) {
            taken += isTaken(write("m.safetensors", mutant.text()), mutant) ? 1 : 0;
        }
        assertTrue(taken > 0 && taken < count / 2, taken + " of " + count + " were taken");
    }

    private static boolean isTaken(Path file, Mutant mutant) {
        try (TensorSource source = TensorSource.open(file)) {
            for (Map.Entry<String, JsonNode> entry :
                    JsonMapper.shared().readTree(mutant.text()).properties()) {
                if (entry.getKey().equals("__metadata__")) {
                    assertEquals(entry.getValue().size(), source.metadata().size(), mutant.what());
                    continue;
                }
                TensorInfo info = source.info(entry.getKey());
                assertEquals(
                        entry.getValue().get("dtype").stringValue(),
                        info.dtype().name(),
                        mutant.what());
                assertEquals(entry.getValue().size(), 3, mutant.what());
                for (int i = 0; i < info.shape().length; i++) {
                    assertEquals(entry.getValue().get("shape").get(i).longValue(), info.shape()[i], mutant.what());
                }
                if (info.dtype().isFloat()) {
                    source.read(entry.getKey());
                }
            }
            return true;
        } catch (UserError e) {
            requireLine(e, file, mutant.what());
            return false;
        } catch (RuntimeException | StackOverflowError e) {
            throw new AssertionError(mutant.what(), e);
        }
    }

    private static void requireLine(UserError e, Path file, String what) {
        assertEquals(1, e.getMessage().lines().count(), what);
        assertTrue(e.getMessage().contains(file.toString()), what + ": " + e.getMessage());
        assertTrue(e.getMessage().length() <= 2000, what + ": " + e.getMessage().length() + " letters");
    }

    @Test
    void someIndices() throws IOException {
        write("one.safetensors", HEADER);
        Path index = folder.resolve(TensorSource.INDEX_FILE);
        int taken = 0;
        int count = 100;
        for (Mutant mutant : JsonMutations.of(INDEX, 0, count).toList()) {
            Files.write(index, mutant.text().getBytes(StandardCharsets.UTF_8));
            try (TensorSource source = TensorSource.open(index)) {
                JsonNode map = JsonMapper.shared().readTree(mutant.text()).get("weight_map");
                assertEquals(map.propertyNames(), Set.copyOf(source.names()), mutant.what());
                taken++;
            } catch (UserError e) {
                requireLine(e, folder, mutant.what());
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError(mutant.what(), e);
            }
        }
        assertTrue(taken > 0 && taken < count / 2, taken + " of " + count + " were taken");
    }

    @Test
    void aKeyThatNoHeaderHasIsRefused() throws IOException {
        Path file = write("m.safetensors", HEADER.replace("\"dtype\": \"F32\"", "\"scale\": 2, \"dtype\": \"F32\""));
        assertTrue(assertThrows(UserError.class, () -> TensorSource.open(file))
                .getMessage()
                .contains("tensor a: unknown key scale"));
    }

    @Test
    void someChecksums() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{}");
        Files.writeString(folder.resolve("tokenizer.json"), "[]");
        Checksums.write(folder);
        Path sums = folder.resolve(Checksums.FILE);
        byte[] sound = Files.readAllBytes(sums);
        Random random = new Random(3);
        int taken = 0;
        int count = 200;
        for (int i = 0; i < count; i++) {
            byte[] damaged =
                    random.nextInt(8) == 0 ? Arrays.copyOf(sound, random.nextInt(sound.length)) : sound.clone();
            if (damaged.length > 0) {
                damaged[random.nextInt(damaged.length)] =
                        (byte) (random.nextBoolean() ? random.nextInt(256) : "\0/\\.\n ".charAt(random.nextInt(6)));
            }
            Files.write(sums, damaged);
            try {
                Checksums.verify(folder);
                taken++;
            } catch (UserError e) {
                requireLine(e, folder, "damage " + i);
            }
        }
        assertTrue(taken < count / 4, taken + " of " + count + " were taken");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "\0", "..", "\u00e9", "a\0b", "config.json "})
    void checksumsOfWhatIsNoFile(String name) throws IOException {
        Files.writeString(folder.resolve(Checksums.FILE), name.isEmpty() ? "" : "0".repeat(64) + "  " + name + "\n");
        UserError error = assertThrows(UserError.class, () -> Checksums.verify(folder));
        requireLine(error, folder, name);
    }
}
