package org.tornadomor.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.engine.tornado.DeviceInfo;
import tools.jackson.databind.json.JsonMapper;

/** A second JVM, and scripts in its place that do what drivers do. */
class DeviceProbeTest {
    private static final Duration SOON = Duration.ofMillis(300);

    @TempDir
    Path temp;

    /** @param body finds the file for the answer in {@code $answer} */
    private DeviceProbe.Answer ask(String body, Duration limit) throws IOException {
        Path java = temp.resolve("java");
        Files.writeString(java, "#!/bin/sh\nfor answer in \"$@\"; do :; done\n" + body + "\n");
        assertTrue(java.toFile().setExecutable(true));
        return DeviceProbe.ask(java.toString(), List.of(), limit);
    }

    @Test
    void thePlainJvmHasTheSimulator() {
        DeviceProbe.Answer answer = DeviceProbe.ask(List.of(), DeviceProbe.LIMIT);
        assertNull(answer.problem());
        assertEquals(
                List.of("java:0"),
                answer.devices().stream().map(DeviceInfo::choice).toList());
        assertFalse(answer.hasAccelerator());
    }

    @Test
    void theOtherJvmHearsWhatThisOneWasTold() {
        System.setProperty("tornado.device.memory", "7GB");
        try {
            DeviceProbe.Answer answer = DeviceProbe.ask(List.of(), DeviceProbe.LIMIT);
            assertEquals(7_000_000_000L, answer.devices().getFirst().memoryBytes(), answer.toString());
        } finally {
            System.clearProperty("tornado.device.memory");
        }
    }

    @Test
    void aJvmThatDoesNotStartIsAProblemInWords() {
        DeviceProbe.Answer answer = DeviceProbe.ask(List.of("-XX:+NoSuchFlag"), DeviceProbe.LIMIT);
        assertTrue(answer.problem().startsWith("failed with exit code 1: "), answer.problem());
        assertFalse(answer.hasAccelerator());
    }

    @Test
    void theSimulatorDoesNotAnswerForAnSdk() throws IOException {
        Path flags = Files.writeString(temp.resolve("tornado-argfile"), "-Dtornado.ignored=true\n");
        DeviceProbe.Answer answer = DeviceProbe.ask(List.of("@" + flags), DeviceProbe.LIMIT);
        assertEquals(List.of(), answer.devices());
        assertTrue(answer.problem().contains("adds no module of it"), answer.problem());
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void whatDriversPrintIsNoAnswer() throws IOException {
        DeviceInfo gpu =
                new DeviceInfo("cuda:1", "CUDA", 1, "GPU \"x\"", "GPU", true, 132, 1L << 37, 1L << 35, true, true);
        Path file = temp.resolve("prepared.json");
        Files.writeString(file, JsonMapper.shared().writeValueAsString(new DeviceProbe.Answer(List.of(gpu), null)));
        DeviceProbe.Answer answer =
                ask("echo '{ \"devices\": 1'; cp '" + file + "' \"$answer\"; echo noise >&2", DeviceProbe.LIMIT);
        assertEquals(List.of(gpu), answer.devices());
        assertTrue(answer.hasAccelerator());
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void crashesHangsAndNonsenseAreProblems() throws IOException {
        assertEquals(
                "failed with exit code 134: SIGABRT in the driver",
                ask("echo start; printf '\\033[31mSIGABRT in the driver\\n\\n'; exit 134", DeviceProbe.LIMIT)
                        .problem()
                        .replace("[31m", ""));
        assertEquals("failed with exit code 0", ask("exit 0", DeviceProbe.LIMIT).problem());
        String nonsense =
                ask("echo '{\"devices\": [' > \"$answer\"", DeviceProbe.LIMIT).problem();
        assertTrue(nonsense.contains("cannot be read"), nonsense);
        String hung = ask("exec sleep 600", SOON).problem();
        assertTrue(hung.contains("within"), hung);
        assertTrue(DeviceProbe.ask(temp.resolve("none").toString(), List.of(), SOON)
                .problem()
                .contains("cannot be asked"));
    }
}
