package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
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

    private static String cell(int workers, String sync, double work, double exchange) {
        return "{\"model\": \"d64\", \"workers\": " + workers + ", \"sync\": \"" + sync
                + "\", \"send\": \"float32\", \"parameters\": 1000000, \"median_work_seconds\": " + work
                + ", \"median_exchange_seconds\": " + exchange + "}";
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
