package org.tornadomor.cli.options;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.tornadomor.UserError;
import org.tornadomor.engine.tornado.DeviceInfo;
import org.tornadomor.engine.tornado.Devices;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks a second JVM which devices its TornadoVM has: simulator and SDK exclude each other in one JVM, and drivers may print,
 * hang or crash. The answer comes in a file, which no driver prints to.
 */
public final class DeviceProbe {
    /** Drivers start in one to three seconds, even on a busy machine. */
    public static final Duration LIMIT = Duration.ofSeconds(30);

    private static final int EXCERPT = 200;

    private DeviceProbe() {}

    /**
     * What the other JVM said.
     *
     * @param devices empty if it failed
     * @param problem why it failed, in a few words; null if it did not
     */
    public record Answer(List<DeviceInfo> devices, String problem) {
        /** Whether there is more to compute on than the processors of the machine. */
        public boolean hasAccelerator() {
            return devices.stream().anyMatch(DeviceInfo::accelerator);
        }
    }

    /**
     * The JVM that is asked: writes its devices, or why there are none, to the file that its last argument names.
     *
     * @param args whether its flags were those of an SDK, and the file
     */
    public static void main(String[] args) throws IOException {
        Answer answer;
        try {
            // Without the modules of an SDK this JVM would answer for the simulator on its class path.
            answer = Boolean.parseBoolean(args[0]) && Devices.runtime() != Devices.Runtime.SDK
                    ? failed("is not started by its own tornado-argfile, which adds no module of it; install it again")
                    : new Answer(Devices.list(), null);
        } catch (UserError e) {
            answer = new Answer(List.of(), e.getMessage());
        }
        Files.writeString(Path.of(args[1]), JsonMapper.shared().writeValueAsString(answer));
        // Drivers may leave threads behind.
        Runtime.getRuntime().halt(0);
    }

    /** Asks a JVM of this JDK with these flags, which are those of an SDK; without any, it has the simulator. */
    public static Answer ask(List<String> flags, Duration limit) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return ask(java, flags, limit);
    }

    /** As {@link #ask(List, Duration)} with another launcher. */
    static Answer ask(String java, List<String> flags, Duration limit) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("tornado-mor-devices");
            return ask(java, flags, limit, folder.resolve("answer.json"), folder.resolve("messages.txt"));
        } catch (IOException e) {
            return failed("cannot be asked: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed("was not waited for");
        } finally {
            delete(folder);
        }
    }

    private static Answer ask(String java, List<String> flags, Duration limit, Path file, Path messages)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java, "-XX:TieredStopAtLevel=1"));
        // Any garbage collector will do for this question, and the environment may choose another one for every JVM.
        flags.stream().filter(flag -> !Sdk.choosesCollector(flag)).forEach(command::add);
        command.addAll(properties());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), DeviceProbe.class.getName()));
        command.addAll(List.of(Boolean.toString(!flags.isEmpty()), file.toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(messages.toFile())
                .start();
        process.getOutputStream().close();
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return failed("did not say which devices it has within " + limit.toSeconds() + " s");
            }
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        if (process.exitValue() != 0 || !Files.exists(file)) {
            return failed("failed with exit code " + process.exitValue() + lastLine(messages));
        }
        try {
            return JsonMapper.shared().readValue(Files.readString(file), Answer.class);
        } catch (JacksonException e) {
            return failed("gave an answer that cannot be read" + lastLine(messages));
        }
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

    private static Answer failed(String problem) {
        return new Answer(List.of(), problem);
    }

    private static String lastLine(Path messages) throws IOException {
        String text = new String(Files.readAllBytes(messages), java.nio.charset.StandardCharsets.ISO_8859_1);
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
