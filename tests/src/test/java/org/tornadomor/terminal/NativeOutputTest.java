package org.tornadomor.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.cli.Main;
import org.tornadomor.cli.Outcome;
import org.tornadomor.cli.options.ExitCode;

/** Runs JVMs in which native code prints to standard output, as drivers do. */
@DisabledOnOs(OS.WINDOWS)
class NativeOutputTest {
    private static final int LONG = 200_000;

    @TempDir
    Path temp;

    /** Writes a result of two lines, one of them longer than a pipe, with noise between. */
    static final class Noisy {
        private Noisy() {}

        @SuppressWarnings("restricted")
        public static void main(String[] args) throws Throwable {
            try (OutputStream results = NativeOutput.takeOver()) {
                results.write("result\n".getBytes(StandardCharsets.UTF_8));
                Linker linker = Linker.nativeLinker();
                try (Arena arena = Arena.ofConfined()) {
                    linker.downcallHandle(
                                    linker.defaultLookup().find("puts").orElseThrow(),
                                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                            .invoke(arena.allocateFrom("native noise"));
                }
                // Closing it would close the descriptor.
                PrintStream noise = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
                noise.println("Java noise");
                results.write("x".repeat(LONG).getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    /** The command line in a JVM that says of itself that it has an SDK, with something that prints behind its back. */
    static final class NoisyCommand {
        private NoisyCommand() {}

        public static void main(String[] args) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("noise at the end")));
            Main.main(args);
        }
    }

    private ProcessBuilder java(Class<?> main, String... args) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-Dtornado.load.runtime.implementation=none",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command)
                .redirectError(temp.resolve("err").toFile())
                .redirectOutput(temp.resolve("out").toFile());
    }

    private Outcome run(ProcessBuilder builder) throws IOException, InterruptedException {
        int code = builder.start().waitFor();
        return new Outcome(code, Files.readString(temp.resolve("out")), Files.readString(temp.resolve("err")));
    }

    @Test
    void resultsAndNoiseGoDifferentWays() throws Exception {
        Outcome outcome = run(java(Noisy.class));
        assertEquals("result\n" + "x".repeat(LONG), outcome.out());
        assertTrue(outcome.err().contains("native noise"), outcome.err());
        assertTrue(outcome.err().contains("Java noise"), outcome.err());
        assertEquals(0, outcome.code());
    }

    @Test
    void aFileThatIsAppendedToKeepsWhatItHas() throws Exception {
        Path out = Files.writeString(temp.resolve("out"), "before\n");
        Outcome outcome = run(java(Noisy.class).redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile())));
        assertTrue(
                outcome.out().startsWith("before\nresult\nxxx"), outcome.out().substring(0, 20));
    }

    @Test
    void theCommandLineKeepsItsResultsClean() throws Exception {
        Outcome outcome = run(java(NoisyCommand.class, "params", "tiny", "--json"));
        assertTrue(outcome.out().startsWith("{") || outcome.out().startsWith("["), outcome.out());
        assertTrue(!outcome.out().contains("noise"), outcome.out());
        assertTrue(outcome.err().contains("noise at the end"), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny", "--help"})
    void aReaderThatLeavesEndsTheCommand(String what) throws Exception {
        Process process = java(NoisyCommand.class, "params", what)
                .redirectOutput(ProcessBuilder.Redirect.PIPE)
                .start();
        process.getInputStream().close();
        assertEquals(ExitCode.CLOSED_OUTPUT, process.waitFor(), Files.readString(temp.resolve("err")));
    }
}
