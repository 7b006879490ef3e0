package org.tornadomor.cli.options;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tornadomor.terminal.Figures;

/** What a run was started with and on: for its record, so that somebody can do the same again. */
final class Environment {
    private static final long GIT_SECONDS = 5;
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    private Environment() {}

    /**
     * The facts, by name.
     *
     * @param arguments of the command line
     * @param engine what computes
     */
    static Map<String, String> facts(List<String> arguments, String engine) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(
                "command",
                Installation.NAME + " "
                        + arguments.stream().map(Environment::quoted).collect(Collectors.joining(" ")));
        facts.put("program", Version.program());
        Path here = Path.of("").toAbsolutePath();
        facts.put("working directory", here.toString());
        String commit = commit(here);
        if (!commit.isEmpty()) {
            facts.put("commit of the working directory", commit);
        }
        facts.put("engine", engine);
        facts.put(
                "Java",
                Runtime.version() + ", " + System.getProperty("java.vm.name") + ", "
                        + System.getProperty("java.vendor"));
        facts.put("memory of the JVM", Figures.scaled(Runtime.getRuntime().maxMemory()) + "B at most");
        facts.put(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"));
        facts.put("processors", Runtime.getRuntime().availableProcessors() + " x " + processor());
        return facts;
    }

    /** An argument as a shell takes it. */
    private static String quoted(String argument) {
        return argument.matches("[\\w./:=,+@%-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(CPU_INFO)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException | UncheckedIOException e) {
            // Not Linux; Windows has a variable for it.
            String identifier = System.getenv("PROCESSOR_IDENTIFIER");
            return identifier == null ? System.getProperty("os.arch") : identifier;
        }
    }

    /** The commit that is checked out in a folder, with a plus where files have changed since; empty without a repository. */
    private static String commit(Path folder) {
        String commit = git(folder, "rev-parse", "--short=12", "HEAD");
        return commit.isEmpty()
                        || git(folder, "status", "--porcelain", "--untracked-files=no")
                                .isEmpty()
                ? commit
                : commit + "+";
    }

    /** What git says, empty if it fails, takes too long or is not installed. */
    private static String git(Path folder, String... arguments) {
        try {
            Process process = new ProcessBuilder(Stream.concat(Stream.of("git"), Stream.of(arguments))
                            .toList())
                    .directory(folder.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                process.getOutputStream().close();
                String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                return process.waitFor(GIT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0 ? output.strip() : "";
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
