package org.tornadomor.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.cli.Folders;
import org.tornadomor.cli.Outcome;
import org.tornadomor.trainer.TinyRuns;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class WorkReportTest {
    private static final int TOKENS = 4;

    @TempDir
    static Path shared;

    private static Path model;

    @BeforeAll
    static void prepare() {
        model = Folders.bytes(shared.resolve("model"));
    }

    @ParameterizedTest
    @CsvSource({
        "training depth 2: enter, depth 2",
        "'training depth 12: layer, own', depth 12",
        "'training depth 1: layer backward', 'depth 1, backward'",
        "training backward depth 3: leave, 'depth 3, backward'",
        "training embedding, outside the depths",
        "training choose depths, outside the depths",
        "training backward embedding, 'outside the depths, backward'",
        "optimizer: norm of weights, optimizer",
        "uploads, uploads"
    })
    void aProgramsNameSaysItsStage(String program, String stage) {
        assertEquals(stage, WorkReport.stage(program));
    }

    private static Outcome generate(Object... options) {
        Object[] args = new Object[options.length + 11];
        System.arraycopy(
                new Object[] {
                    "generate",
                    "--model",
                    model,
                    "--prompt",
                    "ab",
                    "--prompt",
                    "class",
                    "--greedy",
                    "--max-new-tokens",
                    TOKENS,
                    "--json"
                },
                0,
                args,
                0,
                11);
        System.arraycopy(options, 0, args, 11, options.length);
        return Outcome.of(args).succeeds();
    }

    /** Phase by phase. */
    private static Map<String, JsonNode> phases(Outcome outcome) {
        Map<String, JsonNode> phases = new HashMap<>();
        JsonMapper.shared()
                .readTree(outcome.out())
                .get("transfers")
                .forEach(phase -> phases.put(phase.get("phase").asString(), phase));
        return phases;
    }

    private static long sum(JsonNode phase, String figure) {
        long sum = 0;
        for (JsonNode stage : phase.get("stages")) {
            sum += stage.get(figure).asLong();
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "simulator"})
    void aDecodingStepHasItsDepthsAndMovesLittle(String engine) {
        Outcome outcome = generate("--engine", engine, "--report", "transfers");
        JsonNode steps = phases(outcome).get("decoding step");
        // Both texts have a token in a tick, or each has one in a tick of its own.
        int times = steps.get("times").asInt();
        assertTrue(times >= TOKENS - 1 && times <= 2 * (TOKENS - 1), times + " steps");
        for (String stage : new String[] {"outside the depths", "depth 1", "depth 2", "depth 3"}) {
            assertTrue(steps.get("stages").has(stage), steps.toString());
        }
        assertTrue(steps.get("stages").get("depth 1").get("rows").asLong() > 0);
        assertTrue(outcome.err().contains("decoding step, mean of " + times), outcome.err());
        assertTrue(outcome.err().contains("  depth 3"), outcome.err());
        if (engine.equals("cpu")) {
            assertFalse(steps.get("stages").get("depth 1").has("bytes_in"));
            assertTrue(outcome.err().contains("nothing is transferred"), outcome.err());
        } else {
            // Two sequences: some numbers for each row at each depth, and 96 bytes for each graph and upload.
            long graphs = sum(steps, "graphs");
            assertTrue(sum(steps, "bytes_in") <= (TOKENS - 1) * 2 * 256 + 96 * graphs, steps.toString());
            assertTrue(sum(steps, "bytes_out") < 4096 * (TOKENS - 1), steps.toString());
            assertTrue(sum(steps, "kernel_nanos") > 0, steps.toString());
            assertTrue(outcome.err().contains("kernel ms"), outcome.err());
        }
    }

    /** Both count rows of the same programs. */
    @Test
    void bothEnginesCountTheSameRows() {
        JsonNode cpu =
                phases(generate("--engine", "cpu", "--report", "transfers")).get("decoding step");
        JsonNode device = phases(generate("--engine", "simulator", "--report", "transfers"))
                .get("decoding step");
        for (String stage : new String[] {"depth 1", "depth 2", "depth 3"}) {
            for (String figure : new String[] {"rows", "rows_skipped"}) {
                assertEquals(
                        cpu.get("stages").get(stage).get(figure),
                        device.get("stages").get(stage).get(figure),
                        stage + " " + figure);
            }
        }
    }

    @Test
    void withoutTheOptionNothingIsReported() {
        Outcome outcome = generate("--engine", "cpu");
        assertFalse(JsonMapper.shared().readTree(outcome.out()).has("transfers"));
        assertEquals("", outcome.err());
    }

    @Test
    void trainingIsReportedByStep() throws IOException {
        Path config = Files.writeString(
                shared.resolve("tiny.yaml"),
                TinyRuns.with(
                                TinyRuns.config(TinyRuns.text(shared)),
                                "model.mor={num_recursions: 2, router: expert_choice}",
                                "eval_every=2")
                        .toYaml());
        Outcome outcome = Outcome.of(
                        "train",
                        "--config",
                        config,
                        "--steps",
                        4,
                        "--out",
                        shared.resolve("run"),
                        "--engine",
                        "simulator",
                        "--report",
                        "transfers",
                        "--json")
                .succeeds();
        Map<String, JsonNode> phases = phases(outcome);
        assertEquals(3, phases.get("training step").get("times").asInt());
        assertEquals(2, phases.get("evaluation").get("times").asInt());
        assertEquals(1, phases.get("checkpoint").get("times").asInt());
        JsonNode step = phases.get("training step");
        for (String stage : new String[] {"depth 1", "depth 2", "depth 2, backward", "optimizer"}) {
            assertTrue(step.get("stages").has(stage), step.toString());
        }
        // Weights stay on the device: a step moves its 8 x 16 tokens and their targets in, and loss terms out.
        assertTrue(sum(step, "bytes_out") < 3 * 4096, step.toString());
        assertTrue(sum(step, "bytes_in") <= 3L * 8 * 16 * 12 + 64 * sum(step, "graphs"), step.toString());
        assertTrue(outcome.err().contains("training step, mean of 3"), outcome.err());
    }

    @Test
    void evaluationIsReportedByBatch() throws IOException {
        Path text = Files.writeString(shared.resolve("eval.txt"), "deeper ".repeat(40));
        Outcome outcome = Outcome.of(
                        "evaluate",
                        "--model",
                        model,
                        "--data",
                        text,
                        "--context",
                        16,
                        "--batch",
                        4,
                        "--engine",
                        "cpu",
                        "--report",
                        "transfers",
                        "--json")
                .succeeds();
        Map<String, JsonNode> phases = phases(outcome);
        for (String mode : new String[] {"training", "generation"}) {
            JsonNode batch = phases.get("batch, routed as in " + mode);
            // 279 tokens to predict: four batches of 4 x 16, one of 16, one of 7.
            assertEquals(6, batch.get("times").asInt(), outcome.out());
            assertTrue(batch.get("stages").get("depth 3").get("rows_skipped").asLong() > 0, outcome.out());
        }
    }
}
