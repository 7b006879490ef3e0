package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.Sharing;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tokens that leave early, on the command line. */
class ExitCommandsTest {
    private static final Path OURO = Path.of("src/test/resources/families/ouro");

    @TempDir
    static Path shared;

    private static Path recursive;

    @BeforeAll
    static void prepare() {
        recursive = Folders.bytes(
                shared.resolve("recursive"), MorConfig.recursive(4).withSharing(Sharing.CYCLE));
    }

    private static Outcome generate(Path model, Object... options) {
        List<Object> args = new ArrayList<>(List.of("generate", "--model", model, "--engine", "cpu", "--greedy"));
        args.addAll(List.of("--max-new-tokens", 8, "--prompt-tokens", "1,5,9", "--json"));
        args.addAll(List.of(options));
        return Outcome.of(args.toArray());
    }

    private static List<Integer> depths(Path model, Object... options) {
        JsonNode all =
                JsonMapper.shared().readTree(generate(model, options).succeeds().out());
        List<Integer> depths = new ArrayList<>();
        all.at("/generations/0/depths").forEach(depth -> depths.add(depth.intValue()));
        return depths;
    }

    @Test
    void aLowThresholdLetsAllButThePromptLeaveAtOnce() {
        List<Integer> first = List.of(4, 1, 1, 1, 1, 1, 1, 1);
        assertEquals(first, depths(recursive, "--exit", "softmax", "--exit-threshold", "1e-9"));
        assertEquals(first, depths(OURO, "--exit", "gate", "--exit-threshold", "1e-9"));
        assertEquals(first, depths(OURO, "--exit-threshold", "1e-9"));
        List<Integer> full = List.of(4, 4, 4, 4, 4, 4, 4, 4);
        assertEquals(full, depths(recursive));
        assertEquals(full, depths(recursive, "--exit", "softmax", "--exit-threshold", "1"));
        assertEquals(full, depths(OURO));
        assertEquals(full, depths(OURO, "--exit", "gate"));
        assertEquals(full, depths(OURO, "--exit", "none"));
        List<Integer> limited = depths(OURO, "--max-depth", "2", "--exit-threshold", "0.5");
        assertTrue(limited.stream().allMatch(depth -> depth <= 2) && limited.contains(1), limited.toString());
        assertTrue(depths(recursive, "--exit", "state", "--exit-threshold", "0.5").stream()
                .anyMatch(depth -> depth < 4));
    }

    /** A file with a threshold needs no option. */
    @Test
    void theFilesThresholdCounts() throws IOException {
        Path copy = Files.createDirectories(shared.resolve("ouro"));
        Files.copy(OURO.resolve("model.safetensors"), copy.resolve("model.safetensors"));
        String config = Files.readString(OURO.resolve("config.json"));
        Files.writeString(
                copy.resolve("config.json"),
                config.replace("\"early_exit_threshold\": 1.0", "\"early_exit_threshold\": 0.5"));
        List<Integer> asked = depths(OURO, "--exit", "gate", "--exit-threshold", "0.5");
        assertEquals(asked, depths(copy));
        assertEquals(List.of(4, 4, 4, 4, 4, 4, 4, 4), depths(copy, "--exit", "none"));
        assertTrue(Outcome.of("info", copy)
                .succeeds()
                .out()
                .contains("exit gate, new tokens leave at a probability of 0.5"));
    }

    @Test
    void whatMakesNoSenseIsRefusedInALine() {
        generate(Folders.GOLDEN.resolve("vanilla"), "--exit", "softmax").failsWith(1, "is a plain one");
        generate(Folders.bytes(shared.resolve("mor")), "--exit", "softmax").failsWith(1, "without a router");
        Path middle = Folders.bytes(shared.resolve("middle"), MorConfig.recursive(3));
        generate(middle, "--exit", "state").failsWith(1, "mor.sharing cycle");
        generate(recursive, "--exit", "gate").failsWith(1, "needs a gate");
        generate(recursive, "--exit", "sometimes").failsWith(1, "--exit is 'sometimes'");
        generate(recursive, "--exit-threshold", "0.5").failsWith(1, "changes nothing without --exit");
        generate(recursive, "--exit", "none", "--exit-threshold", "0.5")
                .failsWith(1, "changes nothing with --exit none");
        for (String threshold : List.of("0", "-0.1", "1.01", "NaN")) {
            generate(recursive, "--exit", "state", "--exit-threshold", threshold)
                    .failsWith(1, "not above 0 and at most 1");
        }
        generate(recursive, "--exit", "state", "--max-depth", "1").failsWith(1, "--exit changes nothing");
        Outcome.of(
                        "convert",
                        "--model",
                        OURO,
                        "--out",
                        shared.resolve("no"),
                        "--recursions",
                        "2",
                        "--sharing",
                        "cycle",
                        "--init",
                        "lower")
                .failsWith(1, "give a plain Llama");
    }

    /** The share that the head would let go is measured where it can be asked for. */
    @Test
    void evaluationSaysWhatThresholdsWouldDo() throws IOException {
        Path text = Files.writeString(shared.resolve("text.txt"), "Where would this token leave? ".repeat(9));
        JsonNode json = JsonMapper.shared()
                .readTree(Outcome.of("evaluate", "--model", recursive, "--data", text, "--exits", "--json")
                        .succeeds()
                        .out());
        JsonNode rows = json.get("softmax_exits");
        assertEquals(6, rows.size());
        double before = 0;
        for (JsonNode row : rows) {
            double depth = row.get("mean_depth").doubleValue();
            assertTrue(depth >= before && depth <= 4, rows.toString());
            before = depth;
            assertTrue(row.get("agreement").doubleValue()
                    >= json.at("/exits/0/agreement").doubleValue() - 1e-9);
        }
        String shown = Outcome.of("evaluate", "--model", recursive, "--data", text, "--exits")
                .succeeds()
                .out();
        assertTrue(shown.contains("--exit softmax at"), shown);
    }
}
