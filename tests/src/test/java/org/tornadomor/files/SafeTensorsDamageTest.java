package org.tornadomor.files;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.UserError;

class SafeTensorsDamageTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("damaged.safetensors");
    }

    private byte[] sound() throws IOException {
        List<TensorInfo> infos = List.of(
                TensorInfo.of("a", DType.F32, 2, 2), TensorInfo.of("b", DType.BF16, 3), TensorInfo.of("n", DType.I64));
        try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, infos, Map.of("format", "pt"))) {
            writer.write("a", new float[4], 0);
            writer.write("b", new float[3], 0);
            writer.write("n", new int[1], 0);
            writer.commit();
        }
        return Files.readAllBytes(file);
    }

    private String refusal(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        String message = assertThrows(
                        UserError.class, () -> SafeTensors.open(file).close())
                .getMessage();
        assertTrue(message.startsWith(file + ": ") && !message.contains("\n"), message);
        return message;
    }

    @Test
    void truncationAnywhereIsRefused() throws IOException {
        byte[] sound = sound();
        for (int length = 0; length < sound.length; length++) {
            refusal(Arrays.copyOf(sound, length));
        }
        refusal(Arrays.copyOf(sound, sound.length + 1));
    }

    /** A flipped bit may go unnoticed (in a name, say), but nothing else than a UserError comes of it. */
    @Test
    void flippedBitsNeverCrash() throws IOException {
        byte[] sound = sound();
        int data = sound.length - (16 + 6 + 8);
        for (int bit = 0; bit < 8 * data; bit++) {
            byte[] flipped = sound.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            try (SafeTensors source = SafeTensors.open(file)) {
                for (String name : source.names()) {
                    if (source.info(name).dtype().isFloat()) {
                        source.read(name);
                    } else if (source.info(name).dtype().isInteger()) {
                        source.readInts(name);
                    }
                }
            } catch (UserError expected) {
                assertTrue(expected.getMessage().contains(file.toString()), expected::getMessage);
            } catch (RuntimeException e) {
                fail("bit " + bit, e);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"x":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}      | tensor x: 16 bytes by its shape
            {"x":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}     | tensor x ends at byte 16
            {"x":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}}      | tensor x: data_offsets
            {"x":{"dtype":"F64","shape":[1],"data_offsets":[0]}}        | tensor x: data_offsets
            {"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}      | overlap or leave a gap
            {"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}      | the tensors end at byte 4
            {"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}} | overlap
            {"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}} | comes twice
            {"x":{"dtype":"F31","shape":[1],"data_offsets":[0,8]}}      | tensor x: unknown dtype F31
            {"x":{"shape":[1],"data_offsets":[0,8]}}                    | tensor x: unknown dtype null
            {"x":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}}     | tensor x: shape holds -1
            {"x":{"dtype":"F64","shape":[1.0],"data_offsets":[0,8]}}    | tensor x: shape holds 1.0
            {"x":{"dtype":"F64","shape":[99999999999999999999],"data_offsets":[0,8]}}             | tensor x: shape holds
            {"x":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,8]}}            | is too large
            {"x":{"dtype":"F64","shape":1,"data_offsets":[0,8]}}        | tensor x: shape is not an array
            {"x":3}                                                     | tensor x: unknown dtype
            {"__metadata__":{"a":1}}                                    | __metadata__.a is not a string
            {"__metadata__":[]}                                         | __metadata__ is not an object
            [1]                                                         | not a JSON object
            {"x                                                         | not valid JSON
            """)
    void wrongHeadersAreRefused(String header, String expected) throws IOException {
        String message = refusal(RawFile.of(header, 1.0));
        assertTrue(message.contains(expected), message);
    }

    @Test
    void absurdHeaderLengthsAreRefused() throws IOException {
        byte[] bytes = RawFile.of("{}", 1.0);
        bytes[7] = (byte) 0x80;
        assertTrue(refusal(bytes).contains("not safetensors"));
        bytes[7] = 0;
        bytes[4] = 1;
        assertTrue(refusal(bytes).contains("not safetensors"));
        Files.delete(file);
        assertTrue(assertThrows(UserError.class, () -> SafeTensors.open(file))
                .getMessage()
                .contains("does not exist"));
    }
}
