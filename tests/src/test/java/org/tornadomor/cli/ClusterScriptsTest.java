package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The scripts that simulate and measure clusters, where there is a Python. */
@DisabledOnOs(OS.WINDOWS)
class ClusterScriptsTest {
    private static final Path SCRIPTS = Path.of("../scripts/cluster").toAbsolutePath();

    @TempDir
    Path temp;

    private record Said(int code, String text) {}

    private static Said run(Map<String, String> variables, String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(variables);
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), text);
    }

    private static Said simulate(String... words) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("python3", SCRIPTS.resolve("simulate").toString()));
        command.addAll(Arrays.asList(words));
        return run(Map.of(), command.toArray(String[]::new));
    }

    @BeforeAll
    static void requirePython() throws InterruptedException {
        try {
            assumeTrue(run(Map.of(), "python3", "--version").code == 0, "there is no python3");
        } catch (IOException e) {
            assumeTrue(false, "there is no python3");
        }
    }

    /** Without losses, spread and latency it is bytes over bandwidth. */
    @Test
    void exchangesTakeWhatTheirBytesTake() throws Exception {
        Said said = simulate(
                ("--json --parameters 1M --workers 1,2 --bandwidth 1 --latency 0 --overhead 0 --spread 0 --lost-per-hour 0"
                                + " --rounds 1 --sync gradients,local:10 --send int8")
                        .split(" "));
        assertEquals(0, said.code, said.text);
        JsonNode all = JsonMapper.shared().readTree(said.text);
        assertTrue(all.path("simulation").asBoolean());
        // Weights and the sum; with two workers weights take twice as long, and half of what each has goes to the other
        // one.
        double[] megabytes = {4 + 4, 8 + 2 + 4, 4 + 4, 8 + 1.02 / 2 + 4};
        double[] work = {1, 1, 10, 10};
        for (int i = 0; i < megabytes.length; i++) {
            double exchange = megabytes[i] * 8e6 / 1e9;
            JsonNode point = all.path("points").path(i);
            assertEquals(exchange, point.path("exchange_seconds").asDouble(), 1e-12);
            assertEquals(
                    work[i] / (work[i] + exchange), point.path("utilisation").asDouble(), 1e-12);
        }
    }

    @Test
    void moreWorkersAndSlowerNetworksAreUsedLess() throws Exception {
        JsonNode points = JsonMapper.shared()
                .readTree(simulate("--json", "--rounds", "20", "--workers", "2,64", "--latency", "50").text)
                .path("points");
        assertEquals(3 * 2 * 3, points.size());
        for (int sync = 0; sync < 3; sync++) {
            for (int network = 0; network < 3; network++) {
                double few = points.path(6 * sync + network).path("utilisation").asDouble();
                double many =
                        points.path(6 * sync + 3 + network).path("utilisation").asDouble();
                assertTrue(0 < many && many < few && few < 1, few + " and " + many);
                double rarer = points.path(6 * Math.min(2, sync + 1) + network)
                        .path("utilisation")
                        .asDouble();
                assertTrue(rarer >= few, "fewer exchanges: " + rarer + " for " + few);
            }
        }
    }

    private static String cell(int workers, String sync, double work, double round) {
        return "{\"model\": \"d64\", \"workers\": " + workers + ", \"sync\": \"" + sync
                + "\", \"send\": \"float32\", \"parameters\": 1000000, \"median_work_seconds\": " + work
                + ", \"median_round_seconds\": " + round + "}";
    }

    /** Points that the model made are predicted without an error. */
    @Test
    void theModelIsCheckedAgainstWhatWasMeasured() throws Exception {
        double overhead = 0.25;
        double second = 8.0 / 1e9;
        Path file = Files.writeString(
                temp.resolve("cluster.json"),
                "{\"cells\": ["
                        + String.join(
                                ", ",
                                cell(1, "none", 1, 1),
                                cell(1, "gradients", 1, 1 + overhead + 8e6 * second),
                                cell(1, "local:10", 10, 10 + overhead + 8e6 * second),
                                cell(2, "gradients", 1, 1 + overhead + 14e6 * second),
                                cell(2, "local:10", 10, 10 + overhead + 14e6 * second))
                        + "]}");
        Said said = simulate("--measured", file.toString(), "--rounds", "1", "--json");
        assertEquals(0, said.code, said.text);
        JsonNode all = JsonMapper.shared().readTree(said.text);
        assertEquals(4, all.path("check").path("points").size());
        assertEquals(0, all.path("check").path("largest_error").asDouble(), 1e-9);
        assertEquals(1, all.path("check").path("gbit_per_second").asDouble(), 1e-6);
        assertEquals(overhead, all.path("settings").path("overhead").asDouble(), 1e-9);
        Said text = simulate("--measured", file.toString(), "--rounds", "1");
        assertTrue(text.text.contains("utilisation is wrong by 0.0 points in the mean and 0.0 at most"), text.text);
        assertTrue(text.text.contains("SIMULATION"), text.text);
    }

    /** Of a run of 8 steps, two to a round, the second half counts. */
    @Test
    void aCellIsWhatItsRunTold() throws Exception {
        Path run = Files.createDirectories(temp.resolve("run/checkpoints/step-8"))
                .getParent()
                .getParent();
        Files.writeString(run.resolve("checkpoints/latest"), "step-8\n");
        byte[] head =
                "{\"__metadata__\":{},\"a\":{\"shape\":[2,3]},\"b\":{\"shape\":[5]}}".getBytes(StandardCharsets.UTF_8);
        Files.write(
                run.resolve("checkpoints/step-8/model.safetensors"),
                ByteBuffer.allocate(Long.BYTES + head.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(head.length)
                        .put(head)
                        .array());
        StringBuilder steps = new StringBuilder("{\"step\":8,\"val_loss\":3}\n");
        StringBuilder exchanges = new StringBuilder();
        for (int i = 1; i <= 8; i++) {
            steps.append("{\"step\":" + i + ",\"loss\":3,\"step_seconds\":" + (i <= 4 ? 9 : 2) + "}\n");
            exchanges.append(i % 2 == 1 ? "" : "{\"step\":" + i + ",\"bytes\":1000,\"work_seconds\":[2,3]}\n");
        }
        Files.writeString(run.resolve("metrics.jsonl"), steps);
        Files.writeString(run.resolve("exchanges.jsonl"), exchanges);
        Path result = Files.writeString(
                temp.resolve("result.json"), "{\"step\":8,\"tokens\":800,\"val_loss\":3.5,\"val_loss_causal\":3.75}");
        String cells = SCRIPTS.resolve("cells.py").toString();
        Said said = run(Map.of(), "python3", cells, "cell", "d64", "2", "local:2", run.toString(), result.toString());
        assertEquals(0, said.code, said.text);
        JsonNode cell = JsonMapper.shared().readTree(said.text);
        assertEquals(11, cell.path("parameters").asInt());
        assertEquals(50, cell.path("tokens_per_second").asDouble());
        assertEquals(0.25, cell.path("in_exchange").asDouble());
        assertEquals(4, cell.path("median_round_seconds").asDouble());
        assertEquals(4000, cell.path("bytes").asInt());
        String page = run(
                        Map.of(),
                        "python3",
                        cells,
                        "page",
                        "command",
                        "A machine.",
                        "",
                        Files.writeString(temp.resolve("cell.json"), said.text).toString())
                .text;
        assertTrue(
                page.contains("| d64 | 11 | 2 | local:2 | 800 | 3.5000 | 3.7500 | 50 | 25.0 % | 1.000 | 4,000 |"),
                page);
    }

    @Test
    void helpAndWrongArguments() throws Exception {
        assertTrue(simulate("--help").text.contains("SIMULATION, not a measurement"));
        assertEquals(2, simulate("--sync", "often").code);
        assertEquals(2, simulate("--workers", "0").code);
        Said missing = simulate("--measured", temp.resolve("none").toString());
        assertEquals(2, missing.code);
        assertEquals(1, missing.text.lines().count(), missing.text);
        String measure = SCRIPTS.resolve("measure").toString();
        assertTrue(run(Map.of(), measure, "--help").text.startsWith("Measures training on Spark"));
        assertEquals(2, run(Map.of(), measure, "--wrong").code);
        assertEquals(2, run(Map.of("STEPS", "15"), measure).code);
        Said cells = run(Map.of("RUNS", temp.toString(), "MODELS", "d64", "SYNCS", "gradients"), measure, "--list");
        assertEquals(
                List.of("d64, 1 x none: missing", "d64, 1 x gradients: missing", "d64, 2 x gradients: missing"),
                cells.text.lines().toList());
    }
}
