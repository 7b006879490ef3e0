package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The part of the Windows launcher that is Java runs anywhere; of the script the text alone is looked at. */
class WindowsLauncherTest {
    private static final Path SCRIPT = Path.of("../tornado-mor.cmd");
    private static final long DEADLINE_SECONDS = 60;

    @TempDir
    Path temp;

    @Test
    void aSecondJvmGetsTheFlagsOfBoth() {
        List<String> command = WindowsLauncher.command(
                List.of("-Xmx1g", "-agentlib:jdwp=server=y", "--add-modules=jdk.incubator.vector"),
                List.of("@C:\\a folder\\flags", "-XX:+UseParallelGC"),
                "a;b",
                "generate",
                "two words");
        assertEquals(
                List.of(
                        "-Xmx1g",
                        "--add-modules=jdk.incubator.vector",
                        "@C:\\a folder\\flags",
                        "-XX:+UseParallelGC",
                        "-cp",
                        "a;b",
                        "org.tornadomor.cli.Main",
                        "generate",
                        "two words"),
                command.subList(1, command.size()));
    }

    @Test
    void aPersonsCollectorWins() {
        List<String> command =
                WindowsLauncher.command(List.of("-XX:+UseSerialGC"), List.of("-XX:+UseParallelGC", "-Dx=1"), "a");
        assertTrue(command.containsAll(List.of("-XX:+UseSerialGC", "-Dx=1")), command::toString);
        assertFalse(command.contains("-XX:+UseParallelGC"), command::toString);
    }

    @Test
    void startsTheCommandInThisJvmWhereThatWillDo() throws Exception {
        Outcome outcome = launch(Map.of(), "params", "tiny");
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.out().contains("tiny"), outcome.out());
    }

    @Test
    void startsASecondJvmWithTheFlagsOfAnSdkAndPassesItsCodeOn() throws Exception {
        Path sdk = Files.createDirectories(temp.resolve("sdk"));
        Files.writeString(
                sdk.resolve("tornado-argfile"), "-XX:+UseSerialGC -Xlog:arguments=info:stderr -Dstandin.sdk=yes\n");
        Outcome outcome = launch(
                Map.of("TORNADOVM_HOME", sdk.toString()),
                "generate",
                "--engine",
                "tornado",
                "--model",
                "no such",
                "--prompt",
                "a b");
        assertEquals(1, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains("-Dstandin.sdk=yes"), outcome.err());
        assertTrue(outcome.err().contains("-XX:+UseSerialGC"), outcome.err());
        assertTrue(outcome.err().contains("tornado-mor: "), outcome.err());
    }

    @Test
    void saysInOneLineThatThereIsNoSdk() throws Exception {
        Outcome outcome =
                launch(Map.of("TORNADOVM_HOME", temp.resolve("none").toString()), "demo", "--engine", "tornado");
        assertEquals(1, outcome.code(), outcome.err());
        List<String> said = outcome.err()
                .lines()
                .filter(line -> !line.startsWith("WARNING: Using incubator"))
                .toList();
        assertEquals(1, said.size(), outcome.err());
        assertTrue(said.getFirst().startsWith("tornado-mor: TORNADOVM_HOME is "), outcome.err());
    }

    private Outcome launch(Map<String, String> environment, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Duser.home=" + temp,
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Dtornado.recover.bailout=False",
                "-cp",
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(part -> Path.of(part).toAbsolutePath().toString())
                        .reduce((one, other) -> one + File.pathSeparator + other)
                        .orElseThrow(),
                "org.tornadomor.cli.WindowsLauncher"));
        command.addAll(Arrays.asList(args));
        Path out = temp.resolve("out.txt");
        Path err = temp.resolve("err.txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(temp.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeAll(List.of("TORNADOVM_HOME", "XDG_CACHE_HOME"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertTrue(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS));
        return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** It finds Java and starts the jar; every line more would be one that nobody has run. */
    @Test
    void theScriptDecidesNothingElse() throws IOException {
        String script = Files.readString(SCRIPT, StandardCharsets.US_ASCII);
        List<String> lines = script.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("rem "))
                .toList();
        assertTrue(lines.size() <= 35, lines.size() + " lines");
        assertFalse(script.contains("powershell"));
        assertFalse(script.contains("TORNADOVM_HOME"));
        assertFalse(script.contains("call mvn"));
        assertTrue(script.contains("org.tornadomor.cli.WindowsLauncher %*"));
        assertTrue(lines.contains("exit /b %ERRORLEVEL%"), lines::toString);
    }

    /** What makes a batch file go wrong: unbalanced brackets and quotes, a jump to nowhere, the ends of lines of Unix. */
    @Test
    void theScriptIsWellFormed() throws IOException {
        String script = Files.readString(SCRIPT, StandardCharsets.US_ASCII);
        int depth = 0;
        for (String line : script.lines().toList()) {
            assertEquals(0, line.chars().filter(c -> c == '"').count() % 2, line);
            String bare = line.replaceAll("\"[^\"]*\"", "").replaceAll("\\^.", "");
            if (!line.startsWith("rem ")) {
                depth += (int) (bare.chars().filter(c -> c == '(').count()
                        - bare.chars().filter(c -> c == ')').count());
            }
            assertTrue(depth >= 0, line);
        }
        assertEquals(0, depth);
        Pattern.compile("call :(\\w+)")
                .matcher(script)
                .results()
                .forEach(call -> assertTrue(script.lines().anyMatch((":" + call.group(1))::equals), call.group()));
        // A shell that reads labels may miss them where lines end as on Unix.
        assertTrue(Files.readString(Path.of("../.gitattributes")).contains("*.cmd text eol=crlf"));
    }
}
