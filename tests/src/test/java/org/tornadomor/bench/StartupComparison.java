package org.tornadomor.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Presets;
import org.tornadomor.model.io.Checkpoints;

/**
 * How long a user waits, whole processes from the launcher on: the help, and the first token that {@code generate} writes with a model
 * of the preset {@code tiny} with random weights. Files were read before. Arguments: rounds.
 */
final class StartupComparison {
    private StartupComparison() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 9;
        String launcher = Path.of("tornado-mor").toAbsolutePath().toString();
        Path folder = Files.createTempDirectory("startup");
        try {
            Path model = folder.resolve("tiny");
            try (Engine engine = new CpuEngine();
                    ParameterSet weights = new ParameterSet(engine, "weights", Presets.get("tiny"))) {
                Checkpoints.initialise(engine, weights, 1);
                Checkpoints.save(engine, weights, model, DType.F32);
            }
            Results results = new Results("From the start of the process", "what", "seconds");
            // What a start costs on this machine today, without this program.
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            results.row("the JVM alone: java -version", median(rounds, false, java, "-version"));
            try {
                results.row(
                        "PyTorch alone: import torch", median(rounds, false, TorchPeer.PYTHON, "-c", "import torch"));
            } catch (IOException | IllegalStateException e) {
                Results.note("PyTorch is not installed: its start is left out.");
            }
            results.row("--help, until it ends", median(rounds, false, launcher, "--help"));
            results.row(
                    "generate, until the first token",
                    median(
                            rounds,
                            true,
                            launcher,
                            "generate",
                            "--engine",
                            "cpu",
                            "--model",
                            model,
                            "--prompt",
                            "int ",
                            "--max-new-tokens",
                            64));
        } finally {
            try (Stream<Path> paths = Files.walk(folder)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private static double median(int rounds, boolean first, Object... command)
            throws IOException, InterruptedException {
        List<String> words = Stream.of(command).map(Object::toString).toList();
        seconds(words, first);
        double[] all = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            all[i] = seconds(words, first);
        }
        return Results.median(all);
    }

    /** Until the process ends, or until what it writes goes beyond the prompt. */
    private static double seconds(List<String> command, boolean first) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int prompt = first ? "int ".length() : 0;
        double seconds = 0;
        for (int read = 0; process.getInputStream().read() >= 0; ) {
            seconds = first && read++ == prompt ? (System.nanoTime() - start) * 1e-9 : seconds;
        }
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + " failed");
        }
        return first ? seconds : (System.nanoTime() - start) * 1e-9;
    }
}
