package org.tornadomor.cli.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.Folders;
import org.tornadomor.cli.Outcome;
import org.tornadomor.files.DType;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.files.SafeTensorsWriter;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.files.TensorSource;

class LogitsCommandTest {
    private static final Path EXPERT = Folders.GOLDEN.resolve("expert-capacity");
    private static final double TOLERANCE = 2e-5;

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> goldenCasesComeBackThroughTheCommandLine() throws IOException {
        List<Path> cases;
        try (Stream<Path> entries = Files.list(Folders.GOLDEN)) {
            cases = entries.filter(Files::isDirectory).sorted().toList();
        }
        return cases.stream()
                .flatMap(golden -> Stream.of("train", "causal")
                        .map(mode -> DynamicTest.dynamicTest(
                                golden.getFileName() + " " + mode, () -> compare(golden, mode))));
    }

    private void compare(Path golden, String mode) throws IOException {
        try (TensorSource expected = SafeTensors.open(golden.resolve("expected.safetensors"))) {
            String prefix = mode.equals("causal") ? "causal_" : "";
            long[] shape = expected.info("inputs").shape();
            Path json = writeJson(expected.readInts("inputs"), (int) shape[1]);
            for (Path input : List.of(golden.resolve("expected.safetensors"), json)) {
                Path out = folder.resolve("logits.safetensors");
                Outcome.of("logits", "--model", golden, "--input", input, "--mode", mode, "--out", out)
                        .succeeds();
                try (TensorSource actual = SafeTensors.open(out)) {
                    assertArrayEquals(
                            expected.info("logits").shape(),
                            actual.info("logits").shape());
                    assertEquals(DType.F32, actual.info("logits").dtype());
                    assertArrayEquals(expected.readInts(prefix + "depth"), actual.readInts("depth"));
                    assertClose(expected.read(prefix + "logits"), actual.read("logits"));
                }
            }
        }
    }

    private Path writeJson(int[] ids, int length) throws IOException {
        String rows = IntStream.range(0, ids.length / length)
                .mapToObj(row -> Arrays.toString(Arrays.copyOfRange(ids, row * length, (row + 1) * length)))
                .collect(Collectors.joining(", "));
        return Files.writeString(folder.resolve("ids.json"), "\n[" + rows + "]\n");
    }

    private static void assertClose(float[] expected, float[] actual) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow((double) expected[i] - actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        assertTrue(difference <= TOLERANCE * TOLERANCE * norm, "relative error " + Math.sqrt(difference / norm));
    }

    @Test
    void moreSequencesThanABatchHolds() throws IOException {
        int length = 60;
        int[] first = IntStream.range(0, length).map(i -> i % 64).toArray();
        int[] second = IntStream.range(0, length).map(i -> 63 - i).toArray();
        int[] ids = new int[200 * length];
        for (int row = 0; row < 200; row++) {
            System.arraycopy(row % 2 == 0 ? first : second, 0, ids, row * length, length);
        }
        Path out = folder.resolve("l");
        Path json = writeJson(ids, length);
        Outcome.of("logits", "--model", EXPERT, "--input", json, "--mode", "train", "--out", out)
                .succeeds();
        try (TensorSource actual = SafeTensors.open(out)) {
            float[] logits = actual.read("logits");
            int row = length * 64;
            float[] even = Arrays.copyOfRange(logits, 0, row);
            float[] odd = Arrays.copyOfRange(logits, row, 2 * row);
            assertFalse(Arrays.equals(even, odd));
            for (int i = 2; i < 200; i++) {
                assertArrayEquals(i % 2 == 0 ? even : odd, Arrays.copyOfRange(logits, i * row, (i + 1) * row));
            }
        }
    }

    @Test
    void knobsMoveDepths() {
        assertArrayEquals(new int[] {1}, depths("--max-depth", "1"));
        assertArrayEquals(new int[] {1}, depths("--threshold", "1"));
        assertArrayEquals(new int[] {3}, depths("--threshold", "0"));
        assertArrayEquals(new int[] {2}, depths("--threshold", "0", "--max-depth", "2"));
    }

    /** The depths that occur. */
    private int[] depths(String... options) {
        Path out = folder.resolve("d");
        Stream<String> base = Stream.of("logits", "--model", EXPERT.toString(), "--mode", "causal", "--out", "" + out);
        Stream<String> input =
                Stream.of("--input", EXPERT.resolve("expected.safetensors").toString());
        Outcome.of(Stream.of(base, input, Stream.of(options)).flatMap(s -> s).toArray())
                .succeeds();
        try (TensorSource actual = SafeTensors.open(out)) {
            return Arrays.stream(actual.readInts("depth")).distinct().sorted().toArray();
        }
    }

    @Test
    void aRunFolderStandsForItsLatestCheckpoint() throws IOException {
        Path run = folder.resolve("run");
        Folders.golden("vanilla", run.resolve("checkpoints").resolve("step-000009"), "", "");
        Folders.golden("expert-capacity", run.resolve("checkpoints").resolve("step-000010"), "", "");
        Files.writeString(run.resolve("config.yaml"), "{}");
        String info = Outcome.of("info", run).succeeds().out();
        assertTrue(info.contains("step-000010") && info.contains("expert_choice"), info);
    }

    private void refuses(String text, String... words) throws IOException {
        Path input = Files.writeString(folder.resolve("input"), text);
        Path out = folder.resolve("out");
        Outcome.of("logits", "--model", EXPERT, "--input", input, "--mode", "train", "--out", out)
                .failsWith(1, words);
        assertFalse(Files.exists(out));
    }

    @Test
    void inputThatIsNotWhatItShouldBe() throws IOException {
        refuses("", "JSON array");
        refuses("[[1, 2", "not valid JSON");
        refuses("{\"inputs\": [[1]]}", "array of arrays");
        refuses("[]", "array of arrays");
        refuses("[1, 2]", "array of arrays");
        refuses("[[]]", "no tokens");
        refuses("[[1, 2], [3]]", "sequence 1", "2 ids");
        refuses("[[1, 2.5]]", "2.5", "place 1");
        refuses("[[1, \"a\"]]", "place 1");
        refuses("[[1], 2]", "sequence 1");
        refuses("neither one nor the other", "input");
    }

    @Test
    void idsThatTheModelDoesNotHave() throws IOException {
        refuses("[[1, 64]]", "id 64", "0 to 63");
        refuses("[[-1, 2]]", "id -1", "0 to 63");
    }

    @Test
    void sequencesLongerThanTheModelTakes() throws IOException {
        refuses(Arrays.deepToString(new int[][] {new int[65]}), "65 tokens", "64 positions");
    }

    @Test
    void filesThatCannotBeRead() {
        Path out = folder.resolve("out");
        Outcome.of("logits", "--model", EXPERT, "--input", folder.resolve("no"), "--mode", "train", "--out", out)
                .failsWith(1, "no", "does not exist");
        Outcome.of("logits", "--model", EXPERT, "--input", folder, "--mode", "train", "--out", out)
                .failsWith(1, "folder");
    }

    @Test
    void filesThatCannotBeWritten() throws IOException {
        Path input = EXPERT.resolve("expected.safetensors");
        Path out = Files.createFile(folder.resolve("file")).resolve("where");
        Outcome.of("logits", "--model", EXPERT, "--input", input, "--mode", "train", "--out", out)
                .failsWith(1, "where");
    }

    @Test
    void safetensorsWithoutInputs() {
        Path input = EXPERT.resolve("model.safetensors");
        Path out = folder.resolve("out");
        Outcome.of("logits", "--model", EXPERT, "--input", input, "--mode", "train", "--out", out)
                .failsWith(1, "inputs");
        Path flat = folder.resolve("flat");
        try (SafeTensorsWriter writer =
                SafeTensorsWriter.create(flat, List.of(TensorInfo.of("inputs", DType.I32, 3)), Map.of())) {
            writer.write("inputs", new int[] {1, 2, 3}, 0);
            writer.commit();
        }
        Outcome.of("logits", "--model", EXPERT, "--input", flat, "--mode", "train", "--out", out)
                .failsWith(1, "shape [3]");
    }

    @Test
    void optionsThatMakeNoSense() {
        Path input = EXPERT.resolve("expected.safetensors");
        Object[] base = {"logits", "--model", EXPERT, "--input", input, "--out", folder.resolve("out"), "--mode"};
        refused(base, "train", "--threshold", "0.3").failsWith(1, "--threshold", "causal");
        refused(base, "causal", "--threshold", "1.5").failsWith(1, "probability");
        refused(base, "causal", "--max-depth", "4").failsWith(1, "--max-depth 4", "1 to 3");
        refused(base, "causal", "--threads", "0").failsWith(1, "--threads 0");
        refused(base, "both").failsWith(2, "--mode", "both");
        refused(base, "causal", "--threshold", "0.3", "--max-depth", "1").failsWith(1, "--threshold changes nothing");
        Path inModel = EXPERT.resolve("not-there.safetensors");
        Outcome.of("logits", "--model", EXPERT, "--input", input, "--mode", "train", "--out", inModel)
                .failsWith(1, "the model that is read");
        assertFalse(Files.exists(inModel));
    }

    private static Outcome refused(Object[] base, Object... more) {
        return Outcome.of(
                Stream.concat(Arrays.stream(base), Arrays.stream(more)).toArray());
    }
}
