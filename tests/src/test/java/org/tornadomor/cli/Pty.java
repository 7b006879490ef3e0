package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A program in a pseudo-terminal, with someone who reads and types. Python has them, or the program {@code script}. */
public final class Pty implements AutoCloseable {
    private static final long DEADLINE_SECONDS = 90;
    private static final int LOOK_MILLIS = 5;

    /**
     * What a program that a signal kills ends with here, so that nobody takes it for one that ends with 130. A program that is
     * started in the background of a script inherits that Ctrl-C is ignored; here it must not.
     */
    private static final String RELAY = """
            import os, pty, signal, sys
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            status = os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:]))
            sys.exit(status if status >= 0 else 200 - status)
            """;

    private final Process process;
    private final OutputStream keys;
    private final StringBuffer output = new StringBuffer();
    private final Thread reader;
    /** Where the text ends that was waited for last. */
    private int seen;

    private Pty(Process process) {
        this.process = process;
        keys = process.getOutputStream();
        reader = Thread.ofPlatform().daemon().start(this::read);
    }

    /** Starts a program, or skips the test with a message. */
    public static Pty start(Map<String, String> environment, List<String> command) throws IOException {
        List<String> all = new ArrayList<>();
        if (isOnPath("python3")) {
            all.addAll(List.of("python3", "-c", RELAY));
            all.addAll(command);
        } else {
            Assumptions.assumeTrue(isOnPath("script"), "a pseudo-terminal takes python3 or script");
            String line = command.stream()
                    .map(word -> "'" + word.replace("'", "'\\''") + "'")
                    .collect(Collectors.joining(" "));
            all.addAll(List.of("script", "-qec", "exec " + line, "/dev/null"));
        }
        ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("JAVA_") || name.equals("NO_COLOR"));
        // One that is dumb would get no colours and no bars.
        builder.environment().put("TERM", "xterm");
        builder.environment().putAll(environment);
        return new Pty(builder.start());
    }

    /** Starts the command line in a JVM of its own, which looks by itself where its output goes. */
    public static Pty start(Object... args) throws IOException {
        return program(Map.of(), args);
    }

    /** As {@link #start(Object...)}, with variables of the environment. */
    static Pty program(Map<String, String> environment, Object... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        Stream.of(args).map(Object::toString).forEach(command::add);
        return start(environment, command);
    }

    private static boolean isOnPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private void read() {
        byte[] bytes = new byte[1 << 12];
        try (InputStream in = process.getInputStream()) {
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                output.append(new String(bytes, 0, count, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it showed so far. */
    public String output() {
        return output.toString();
    }

    /** Waits until it showed a text. */
    public Pty shows(String text) throws InterruptedException {
        return shows(text, 0);
    }

    /** Waits until it showed a text behind the one that was waited for last. */
    public Pty thenShows(String text) throws InterruptedException {
        return shows(text, seen);
    }

    private Pty shows(String text, int from) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (output().indexOf(text, from) < 0) {
            if (!process.isAlive() && !reader.isAlive() || System.nanoTime() > end) {
                fail("'" + text + "' is not in: " + output());
            }
            Thread.sleep(LOOK_MILLIS);
        }
        seen = output().indexOf(text, from) + text.length();
        return this;
    }

    /** Types keys. */
    public Pty type(String text) throws IOException {
        keys.write(text.getBytes(StandardCharsets.UTF_8));
        keys.flush();
        return this;
    }

    /** Presses Ctrl-C. */
    public Pty interrupt() throws IOException {
        keys.write(3);
        keys.flush();
        return this;
    }

    /** Waits until it ends. @return its exit code; above 200 if a signal killed it */
    public int end() throws InterruptedException {
        assertTrue(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS), () -> "it goes on: " + output());
        reader.join();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
