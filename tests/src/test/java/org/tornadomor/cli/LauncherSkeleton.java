package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The launcher and the scripts that it sources, elsewhere. */
final class LauncherSkeleton {
    private static final Path PROJECT = Path.of("..");
    private static final List<String> FILES = List.of(
            "tornado-mor",
            "scripts/launch.sh",
            "scripts/jdk.sh",
            "scripts/engine.sh",
            "scripts/collector.sh",
            "scripts/startup.sh");

    private LauncherSkeleton() {}

    static void copyTo(Path folder) throws IOException {
        for (String file : FILES) {
            Path target = folder.resolve(file);
            Files.createDirectories(target.getParent());
            Files.copy(PROJECT.resolve(file), target);
            assertTrue(target.toFile().setExecutable(true));
        }
    }
}
