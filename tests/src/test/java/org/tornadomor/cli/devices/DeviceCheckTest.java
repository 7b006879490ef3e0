package org.tornadomor.cli.devices;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.cli.devices.DeviceCheck.Outcome;
import org.tornadomor.cli.devices.DeviceTrial.Verdict;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;

/** Engines that are right pass, those that are wrong do not, and a driver that crashes is told of. */
class DeviceCheckTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path temp;

    private static List<Outcome> check(Engine engine) {
        List<Outcome> outcomes = new ArrayList<>();
        try (engine) {
            DeviceCheck.run(engine, name -> {}, outcomes::add);
        }
        return outcomes;
    }

    @Test
    void theCpuPasses() {
        for (Outcome outcome : check(new CpuEngine(2))) {
            assertTrue(outcome.passed(), outcome.toString());
        }
    }

    @Test
    @Tag("device")
    void aDevicePasses() {
        for (Outcome outcome : check(new TornadoEngine(EngineOptions.standard().withChecks()))) {
            assertTrue(outcome.passed(), outcome.toString());
        }
    }

    /** Whatever it computes, what it gives back is off by a little, or no number. */
    @ParameterizedTest
    @ValueSource(floats = {0.05f, Float.NaN})
    void anEngineThatIsWrongPassesNothing(float fault) {
        Engine right = new CpuEngine(1);
        Engine wrong = (Engine) Proxy.newProxyInstance(
                Engine.class.getClassLoader(), new Class<?>[] {Engine.class}, (proxy, method, arguments) -> {
                    try {
                        Object result = method.invoke(right, arguments);
                        if (method.getName().equals("download") && arguments[1] instanceof float[] values) {
                            int at = (int) arguments[2];
                            values[at] += fault;
                        }
                        if (method.getName().equals("download") && arguments[1] instanceof int[] values) {
                            values[(int) arguments[2]] ^= 1;
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        for (Outcome outcome : check(wrong)) {
            assertFalse(outcome.passed(), outcome.toString());
        }
    }

    private Verdict trial(String body, Duration limit) throws IOException {
        Path java = temp.resolve("java");
        Files.writeString(java, "#!/bin/sh\nfor answer in \"$@\"; do :; done\n" + body + "\n");
        assertTrue(java.toFile().setExecutable(true));
        return DeviceTrial.of(java.toString(), List.of(), "opencl:0", name -> {}, limit);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aDriverThatCrashesIsToldOfWithWhatItDid() throws IOException {
        String first = "{\"name\":\"products\",\"error\":1e-6,\"limit\":2e-5,\"seconds\":1}";
        String begins = "{\"begins\":\"training, expert_choice\"}";
        Verdict crashed =
                trial("printf '%s\\n' '" + first + "' '" + begins + "' > \"$answer\"; echo boom; kill -SEGV $$", LONG);
        assertFalse(crashed.trusted());
        assertEquals(1, crashed.outcomes().size());
        assertTrue(
                crashed.reason().matches("during training, expert_choice: failed with exit code \\d+: boom"),
                crashed.reason());
        Verdict quiet = trial("printf '%s\\n' '" + first + "' > \"$answer\"", LONG);
        assertEquals("ended before its checks did", quiet.reason());
        Verdict hung = trial("printf '%s\\n' '" + begins + "' > \"$answer\"; exec sleep 600", Duration.ofMillis(500));
        assertTrue(hung.reason().startsWith("during training, expert_choice: did not answer within"), hung.reason());
        Verdict all = trial("printf '%s\\n' '" + first + "' '{\"ends\":true}' > \"$answer\"", LONG);
        assertTrue(all.trusted(), all.reason());
        Verdict none =
                trial("printf '%s\\n' '" + first.replace("1e-6", "null") + "' '{\"ends\":true}' > \"$answer\"", LONG);
        assertEquals("products is off by more than rounding explains", none.reason());
    }
}
