package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.formats.CheckpointSource;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.SafeTensors;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Models in GGUF: the logits of transformers, and the ids of the libraries that made their tokenizers. */
class GgufCommandTest {
    static final Path FILES = Path.of("src/test/resources/gguf");
    private static final double TOLERANCE = 2e-5;

    @TempDir
    Path folder;

    static List<Path> models() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            return files.filter(file -> file.toString().endsWith(".gguf") && !file.endsWith("blocks.gguf"))
                    .sorted()
                    .toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> logitsAreThoseOfTransformers() throws IOException {
        return models().stream()
                .map(model -> DynamicTest.dynamicTest(model.getFileName().toString(), () -> compare(model)));
    }

    private void compare(Path model) {
        Path expected = Path.of(model.toString().replace(".gguf", ".safetensors"));
        Path out = folder.resolve("logits");
        Outcome.of(
                        "logits", "--model", model, "--input", expected, "--mode", "train", "--engine", "cpu", "--weights",
                        "float32", "--out", out)
                .succeeds();
        try (SafeTensors a = SafeTensors.open(expected);
                SafeTensors b = SafeTensors.open(out)) {
            assertClose(a.read("logits"), b.read("logits"), TOLERANCE);
        }
    }

    static void assertClose(float[] expected, float[] actual, double tolerance) {
        assertEquals(expected.length, actual.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow((double) expected[i] - actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        double error = Math.sqrt(difference / norm);
        assertTrue(error <= tolerance, "relative error " + error);
    }

    @TestFactory
    Stream<DynamicTest> idsAreThoseOfTheirLibraries() throws IOException {
        JsonNode ids = JsonMapper.shared().readTree(Files.readString(FILES.resolve("ids.json")));
        return ids.properties().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> compareIds(entry)));
    }

    private void compareIds(Map.Entry<String, JsonNode> model) {
        Path path = FILES.resolve(model.getKey() + ".gguf");
        try (CheckpointFolder checkpoint = CheckpointSource.open(path, UnknownKeys.REFUSED);
                Tokenizer tokenizer = Tokenizers.forCheckpoint(
                                checkpoint.folder(), checkpoint.config().vocabSize())
                        .orElseThrow()) {
            for (Map.Entry<String, JsonNode> text : model.getValue().properties()) {
                int[] expected = new int[text.getValue().size()];
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = text.getValue().get(i).intValue();
                }
                assertArrayEquals(expected, tokenizer.encode(text.getKey()), text.getKey());
            }
        }
    }
}
