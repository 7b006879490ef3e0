package org.tornadomor.cli.options;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Another JVM that is given a task with drivers: simulator and SDK exclude each other in one JVM, and drivers may print, hang or crash.
 * Its answer comes in a file, which no driver prints to.
 */
public final class OtherJvm {
    private static final int EXCERPT = 200;
    private static final long LOOK_MILLIS = 100;

    private OtherJvm() {}

    /**
     * What came of a task.
     *
     * @param answer what the other JVM wrote so far; empty if nothing
     * @param problem why it failed, in a few words; null if it did not
     * @param lastLine the last line that it printed, behind a colon; empty if there is none
     */
    public record Result(String answer, String problem, String lastLine) {}

    /** The JDK that runs this. */
    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /**
     * Runs a class on the class path of this JVM and waits for its end.
     *
     * @param java the launcher
     * @param flags of the JVM; what chooses a garbage collector among them is left out, since the environment may choose another one
     *     for every JVM
     * @param main gets {@code arguments} and then the file for its answer
     * @param limit it is ended after that
     * @param meanwhile told now and then what is in the file so far
     */
    public static Result run(
            String java,
            List<String> flags,
            Class<?> main,
            List<String> arguments,
            Duration limit,
            Consumer<String> meanwhile) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("tornado-mor-devices");
            Path file = folder.resolve("answer.json");
            List<String> command = new ArrayList<>(List.of(java));
            flags.stream().filter(flag -> !Sdk.choosesCollector(flag)).forEach(command::add);
            command.addAll(properties());
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
            command.addAll(arguments);
            command.add(file.toString());
            return run(command, limit, file, folder.resolve("messages.txt"), meanwhile);
        } catch (IOException e) {
            return new Result("", "cannot be asked: " + e.getMessage(), "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Result("", "was not waited for", "");
        } finally {
            delete(folder);
        }
    }

    private static Result run(
            List<String> command, Duration limit, Path file, Path messages, Consumer<String> meanwhile)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(messages.toFile())
                .start();
        process.getOutputStream().close();
        String problem = null;
        try {
            long end = System.nanoTime() + limit.toNanos();
            while (!process.waitFor(Math.min(LOOK_MILLIS, limit.toMillis()), TimeUnit.MILLISECONDS)) {
                meanwhile.accept(read(file));
                if (System.nanoTime() > end) {
                    problem = "did not answer within " + limit.toSeconds() + " s";
                    break;
                }
            }
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        String last = lastLine(messages);
        if (problem == null && (process.exitValue() != 0 || !Files.exists(file))) {
            problem = "failed with exit code " + process.exitValue() + last;
        }
        String answer = read(file);
        meanwhile.accept(answer);
        return new Result(answer, problem, last);
    }

    private static String read(Path file) throws IOException {
        return Files.exists(file) ? Files.readString(file) : "";
    }

    /**
     * The properties that tell this JVM about TornadoVM, such as the order of backends, but not those that say which TornadoVM
     * to load.
     */
    private static List<String> properties() {
        return System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("tornado.") && !name.startsWith("tornado.load."))
                .sorted()
                .map(name -> "-D" + name + "=" + System.getProperty(name))
                .toList();
    }

    private static String lastLine(Path messages) throws IOException {
        String text = new String(Files.readAllBytes(messages), StandardCharsets.ISO_8859_1);
        String last = text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .reduce("", (a, b) -> b)
                .replaceAll("\\p{Cntrl}", "");
        return last.isEmpty() ? "" : ": " + last.substring(0, Math.min(EXCERPT, last.length()));
    }

    private static void delete(Path folder) {
        if (folder != null) {
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.deleteIfExists(file);
                }
                Files.deleteIfExists(folder);
            } catch (IOException | UncheckedIOException e) {
                // A file in the temporary folder that stays there does no harm.
            }
        }
    }
}
