package org.tornadomor.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tornadomor.files.SafeTensors;

/** Blocks of each type mean what the gguf package of llama.cpp says. */
class BlocksTest {
    private static final Path FOLDER = Path.of("src/test/resources/gguf");

    @Test
    void everyTypeOfBlockIsRead() {
        int types = 0;
        try (GgufFile file = GgufFile.open(FOLDER.resolve("blocks.gguf"));
                SafeTensors expected = SafeTensors.open(FOLDER.resolve("blocks.safetensors"))) {
            for (GgufTensor tensor : file.tensors().values()) {
                float[] values = new float[(int) tensor.elements()];
                tensor.type().read(file.data(), tensor.at(), 0, values, 0, values.length);
                assertArrayEquals(expected.read(tensor.name()), values, tensor.name());
                types++;
            }
        }
        assertEquals(10, types);
    }

    @Test
    void readingMayBeginAndEndWithinBlocks() {
        Random random = new Random(1);
        try (GgufFile file = GgufFile.open(FOLDER.resolve("blocks.gguf"))) {
            for (GgufTensor tensor : file.tensors().values()) {
                int elements = (int) tensor.elements();
                float[] all = new float[elements];
                tensor.type().read(file.data(), tensor.at(), 0, all, 0, elements);
                for (int i = 0; i < 50; i++) {
                    int from = random.nextInt(elements);
                    int count = random.nextInt(elements - from + 1);
                    float[] some = new float[count + 3];
                    tensor.type().read(file.data(), tensor.at(), from, some, 2, count);
                    for (int j = 0; j < count; j++) {
                        assertEquals(all[from + j], some[2 + j], tensor.name());
                    }
                    assertEquals(0f, some[count + 2]);
                }
            }
        }
    }
}
