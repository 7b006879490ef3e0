package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.cli.options.EngineKind;

class EngineFlagsTest {
    @TempDir
    Path dev;

    @ParameterizedTest
    @CsvSource({
        "TORNADO, generate --engine tornado --prompt a",
        "TORNADO, --debug train --engine=Tornado",
        "TORNADO, evaluate --device opencl:0",
        "TORNADO, logits --device=0:1 --engine auto",
        "SIMULATOR, demo --engine simulator",
        "SIMULATOR, demo --device java:0 --engine simulator",
        "CPU, generate --engine cpu",
        "CPU, generate --threads 2",
        "CPU, generate --threads=2 --engine auto",
        "CPU, generate --engine nonsense",
        "CPU, generate --engine tornado --help",
        "CPU, train -h",
        "CPU, info --engine tornado",
        "CPU, devices",
        "CPU, params train",
        "CPU, --version",
        "AUTO, generate --prompt a",
        "AUTO, play --model runs/demo",
        "TORNADO, experiment grid.yaml --engine tornado",
        "SIMULATOR, experiment depth run --engine simulator",
        "TORNADO, serve --model runs/demo --device opencl:0",
        "SIMULATOR, lesson run 1",
        "TORNADO, lesson run 1 --engine tornado",
        "CPU, lesson run 1 --engine cpu",
        "AUTO, demo",
        "AUTO, demo --engine AUTO",
        "AUTO, train --engine",
    })
    void aCommandLineSaysWhichEngineItWants(EngineKind wanted, String words) {
        assertEquals(wanted, EngineFlags.wanted(words.split(" ")));
    }

    @Test
    void noCommandWantsNothing() {
        assertEquals(EngineKind.CPU, EngineFlags.wanted());
    }

    @ParameterizedTest
    @CsvSource({"nvidia0, true", "dri/renderD128, true", "kfd, true", "dxg, true", "dri/card0, false", "null, false"})
    void deviceFilesShowAnAccelerator(String file, boolean accelerator) throws IOException {
        assertFalse(EngineFlags.acceleratorInSight(dev));
        Path path = dev.resolve(file);
        Files.createDirectories(path.getParent());
        Files.createFile(path);
        assertEquals(accelerator, EngineFlags.acceleratorInSight(dev));
    }
}
