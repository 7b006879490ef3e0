package org.tornadomor.formats.gguf;

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
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.UserError;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;

/** Damaged files: one line that names the file, or a model that can be read; never anything else. */
class GgufDamageTest {
    private static final Path FILES = Path.of("src/test/resources/gguf");
    private static final long[] LIMITS = {
        0,
        1,
        -1,
        2,
        7,
        8,
        31,
        32,
        33,
        255,
        256,
        65_536,
        1L << 20,
        Integer.MAX_VALUE,
        1L << 31,
        1L << 32,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };

    @TempDir
    Path folder;

    @Test
    void someMutations() throws IOException {
        mutate(1, 150);
    }

    @Tag("slow")
    @Test
    void manyMutations() throws IOException {
        mutate(2, 10_000);
    }

    private void mutate(long seed, int count) throws IOException {
        Random random = new Random(seed);
        int read = 0;
        for (String name : new String[] {"llama-q4_0.gguf", "llama-q8_0.gguf"}) {
            byte[] sound = Files.readAllBytes(FILES.resolve(name));
            // What stands before the data is what can be inconsistent.
            int head = sound.length - (name.contains("q4_0") ? 11_000 : 45_000);
            for (int i = 0; i < count; i++) {
                byte[] mutant = mutant(sound, head, random);
                read += reads(Files.write(folder.resolve("mutant.gguf"), mutant), name + " " + seed + " " + i) ? 1 : 0;
            }
        }
        assertTrue(read > 0 && read < 2 * count, read + " of " + 2 * count + " were read");
    }

    private static byte[] mutant(byte[] sound, int head, Random random) {
        byte[] mutant = sound.clone();
        ByteBuffer numbers = ByteBuffer.wrap(mutant).order(ByteOrder.LITTLE_ENDIAN);
        int at = random.nextInt(random.nextBoolean() ? head : Math.min(head, 400));
        switch (random.nextInt(6)) {
            case 0 -> mutant[at] = (byte) random.nextInt(256);
            case 1 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> numbers.putLong(at, LIMITS[random.nextInt(LIMITS.length)]);
            case 3 -> numbers.putInt(at, (int) LIMITS[random.nextInt(LIMITS.length)]);
            case 4 -> {
                int length = random.nextInt(40);
                System.arraycopy(sound, random.nextInt(head - length), mutant, Math.min(at, head - length), length);
            }
            default -> {
                return Arrays.copyOf(mutant, random.nextBoolean() ? random.nextInt(sound.length) : at);
            }
        }
        return mutant;
    }

    private static boolean reads(Path file, String what) {
        try (GgufModel model = GgufModel.open(file, UnknownKeys.REFUSED)) {
            byte[] config = model.smallFiles().get("config.json");
            ModelConfig parsed = ModelConfig.parse(new String(config, StandardCharsets.UTF_8), file.toString());
            CheckpointFolder checkpoint = CheckpointFolder.of(file, file, parsed, model.tensors());
            float[] values = new float[1 << 16];
            checkpoint
                    .specs()
                    .forEach(spec ->
                            checkpoint.tensors().read(spec.name(), 0, values, 0, Math.min(spec.elements(), 1 << 16)));
            return true;
        } catch (UserError e) {
            assertEquals(1, e.getMessage().lines().count(), what);
            assertTrue(e.getMessage().contains("mutant.gguf"), what + ": " + e.getMessage());
            assertTrue(e.getMessage().length() <= 2000, what);
            return false;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            throw new AssertionError(what, e);
        }
    }

    private static UserError refusal(Path file) {
        return assertThrows(UserError.class, () -> {
            try (GgufModel model = GgufModel.open(file, UnknownKeys.REFUSED)) {
                model.smallFiles();
            }
        });
    }

    /** The first place of a text in the file is overwritten. */
    @ParameterizedTest
    @CsvSource({
        "llama.block_count, llama.blxck_count, key llama.blxck_count is not understood",
        "llama.embedding_length, general.embedding_len, key llama.embedding_length is missing",
        "general.architecture, general.architecturx, key general.architecture is missing",
        "output_norm.weight, token_embd.weight_, token_embd.weight_",
        "blk.0.attn_k.weight, blk.0.attn_q.weight, comes twice",
        "llama.context_length, llama.block_count____, is not understood",
        "tokenizer.ggml.pre, tokenizer.ggml.xyz, ",
        "gpt-2, gpt-3, key tokenizer.ggml.pre is gpt-3",
    })
    void whatIsMissingOrUnknownIsNamed(String text, String other, String message) throws IOException {
        byte[] bytes = Files.readAllBytes(FILES.resolve("llama-q4_0.gguf"));
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
        byte[] replacement = other.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(replacement, 0, bytes, at, Math.min(text.length(), replacement.length));
        Path file = Files.write(folder.resolve("mutant.gguf"), bytes);
        if (message == null) {
            assertTrue(reads(file, text), text);
            return;
        }
        try (GgufModel model = GgufModel.open(file, UnknownKeys.REFUSED)) {
            model.smallFiles();
            assertTrue(model.tensors().names().toString().contains(message), message);
        } catch (UserError e) {
            assertTrue(e.getMessage().contains(message) && e.getMessage().contains("mutant.gguf"), e.getMessage());
        }
    }

    @Test
    void headersAreChecked() throws IOException {
        byte[] sound = Files.readAllBytes(FILES.resolve("llama-q4_0.gguf"));
        String[][] cases = {
            {"0", "1", "not GGUF"},
            {"4", "1", "version 1"},
            {"4", "50331648", "big-endian"},
            {"8", "-1", "number of tensors"},
            {"16", "2147483647", "number of keys"},
        };
        for (String[] each : cases) {
            byte[] damaged = sound.clone();
            ByteBuffer.wrap(damaged)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(Integer.parseInt(each[0]), Integer.parseInt(each[1]));
            UserError error = refusal(Files.write(folder.resolve("mutant.gguf"), damaged));
            assertTrue(error.getMessage().contains(each[2]), error.getMessage());
        }
        UserError cut = refusal(Files.write(folder.resolve("mutant.gguf"), Arrays.copyOf(sound, sound.length - 40)));
        assertTrue(cut.getMessage().contains("behind which the file has"), cut.getMessage());
    }
}
