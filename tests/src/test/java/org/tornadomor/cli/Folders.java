package org.tornadomor.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;

/** Checkpoints for tests of the command line. */
public final class Folders {
    public static final Path GOLDEN = Path.of("src/test/resources/golden");
    public static final int POSITIONS = 64;

    private Folders() {}

    /** An untrained model of bytes with three recursions. */
    public static Path bytes(Path folder) {
        return bytes(folder, MorConfig.expertChoice(3));
    }

    /** An untrained model of bytes. @param mor null for a plain one */
    public static Path bytes(Path folder, MorConfig mor) {
        ModelConfig config = new ModelConfig(257, 32, 64, 8, 4, 2, 8, 1e-5, 10000, POSITIONS, true, 0.1, mor);
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            Checkpoints.save(engine, weights, folder, DType.F32);
        }
        return folder;
    }

    /** A copy of a golden case whose {@code config.json} has one text replaced by another. */
    public static Path golden(String name, Path folder, String text, String replacement) throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(GOLDEN.resolve(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Path config = folder.resolve("config.json");
        String changed = Files.readString(config).replaceFirst(text, replacement);
        if (!text.isEmpty() && changed.equals(Files.readString(config))) {
            throw new IllegalArgumentException(text + " is not in " + config);
        }
        Files.writeString(config, changed);
        return folder;
    }
}
