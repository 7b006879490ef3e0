package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.tornadomor.cli.options.ExitCode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** On any machine, with or without an SDK. */
class DevicesCommandTest {
    @Test
    void listsTheCpuAndTheSimulatorAndOneDefault() {
        Outcome outcome = Outcome.of("devices", "--json").succeeds();
        JsonNode root = JsonMapper.shared().readTree(outcome.out());
        List<JsonNode> devices =
                StreamSupport.stream(root.get("devices").spliterator(), false).toList();
        assertEquals("cpu", devices.getFirst().get("engine").asString());
        assertEquals("simulator", devices.getLast().get("engine").asString());
        assertEquals("java:0", devices.getLast().get("device").asString());
        assertEquals(
                1, devices.stream().filter(it -> it.get("default").asBoolean()).count());
        for (JsonNode device : devices) {
            assertTrue(device.get("compute_units").asInt() > 0, device.toString());
            assertTrue(device.get("memory_bytes").asLong() > 0, device.toString());
        }
        assertEquals(root.get("notes").size(), outcome.err().lines().count(), outcome.err());
        assertTrue(devices.size() > 2 || root.get("notes").size() == 1, outcome.toString());
    }

    @Test
    void theTableHasALineForEach() {
        Outcome outcome = Outcome.of("devices").succeeds();
        List<String> lines = outcome.out().lines().toList();
        for (String heading : List.of("engine", "backend", "--device", "name", "units", "memory", "fp16", "default")) {
            assertTrue(lines.getFirst().contains(heading), lines.getFirst());
        }
        assertTrue(lines.get(1).startsWith("cpu "), outcome.out());
        assertTrue(lines.getLast().matches("simulator +java +java:0 +TornadoMoR simulator .*"), outcome.out());
        assertEquals(1, lines.stream().filter(line -> line.endsWith("*")).count(), outcome.out());
    }

    @Test
    void checkingSaysWhoCanBeTrusted() {
        Outcome outcome = Outcome.of("devices", "--check", "--json");
        JsonNode cpu =
                JsonMapper.shared().readTree(outcome.out()).get("devices").get(0);
        assertEquals("cpu", cpu.get("engine").asString());
        assertTrue(cpu.get("trusted").asBoolean(), outcome.toString());
        assertTrue(cpu.get("checks").size() > 5, outcome.out());
    }

    @Test
    void aDeviceOfItsOwnIsCheckedInAnotherProcess() {
        Outcome outcome = Outcome.of("devices", "--check", "--device", "java:0").succeeds();
        assertTrue(outcome.out().contains("java:0 (TornadoMoR simulator"), outcome.out());
        assertTrue(outcome.out().contains("can be trusted"), outcome.out());
    }

    @Test
    void aDeviceIsNamedForCheckingAlone() {
        Outcome.of("devices", "--device", "java:0").failsWith(ExitCode.FAILURE, "add --check");
        Outcome.of("devices", "--check", "--device", "cuda:9")
                .failsWith(ExitCode.FAILURE, "there is no device 'cuda:9'; there are: ");
    }
}
