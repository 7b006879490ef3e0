package org.tornadomor.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;

/**
 * Runs, on an untrained model, what people run first, so that the JVM sees which classes and methods that takes. The launcher
 * makes its cache from this.
 */
public final class StartupTraining {
    private static final int TOKENS = 200;

    private StartupTraining() {}

    /** Takes no arguments and prints nothing. */
    public static void main(String[] args) throws IOException {
        Main.configureLogging();
        Path folder = Files.createTempDirectory("tornado-mor");
        try {
            Path model = folder.resolve("model");
            save(model);
            String text = "public static void main(String[] args) {\n";
            for (List<String> command : List.of(
                    List.of("info", model.toString()),
                    List.of("generate", "--help"),
                    List.of("generate", "--model", model.toString(), "--prompt", "a", "--max-new-tokens", "1"),
                    List.of(
                            "generate",
                            "--model",
                            model.toString(),
                            "--prompt",
                            text.repeat(4),
                            "--max-new-tokens",
                            Integer.toString(TOKENS)))) {
                PrintWriter nowhere = new PrintWriter(OutputStream.nullOutputStream());
                Main.run(nowhere, nowhere, command.toArray(String[]::new));
            }
        } finally {
            delete(folder);
        }
    }

    private static void save(Path folder) {
        ModelConfig config =
                new ModelConfig(257, 128, 352, 8, 4, 2, 32, 1e-5, 10000, 512, true, 0.02, MorConfig.expertChoice(3));
        try (Engine engine = new CpuEngine();
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 1);
            Checkpoints.save(engine, weights, folder, DType.F32);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
