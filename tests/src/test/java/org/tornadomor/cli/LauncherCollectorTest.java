package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launcher starts real JVMs, with the flags of a stand-in for an SDK too: they must have one collector, the right one. */
@DisabledOnOs(OS.WINDOWS)
class LauncherCollectorTest {
    /** As the argument file of 5.2.0 is laid out. */
    private static final String ARGFILE = """
            -server -XX:+UnlockExperimentalVMOptions -XX:+EnableJVMCI --enable-preview -XX:+UseParallelGC
            -Dstandin.sdk=true
            --module-path .:SDK/share/java/tornado
            --upgrade-module-path SDK/share/java/graalJars
            """;

    @TempDir
    Path temp;

    private Path sdk;

    @BeforeEach
    void makeSkeletonAndSdk() throws IOException {
        LauncherSkeleton.copyTo(temp);
        Files.createFile(temp.resolve("pom.xml"));
        Path program = Files.createDirectories(temp.resolve("runner/target/tornado-mor"));
        writeJar(program.resolve("tornado-mor.jar"));
        Path caches = Files.createFile(program.resolve("tornado-mor.caches"));
        Files.setLastModifiedTime(caches, FileTime.from(Instant.now().plusSeconds(5)));
        sdk = Files.createDirectories(temp.resolve("sdk"));
        Files.createDirectories(sdk.resolve("share/java/tornado"));
        Files.createDirectories(sdk.resolve("share/java/graalJars"));
        Files.writeString(sdk.resolve("tornado-argfile"), ARGFILE.replace("SDK", sdk.toString()));
    }

    /** A jar without classes, whose class path is that of this JVM. */
    private static void writeJar(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, StartedJvm.class.getName());
        attributes.put(
                Attributes.Name.CLASS_PATH,
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(entry -> Path.of(entry).toUri().toString())
                        .collect(Collectors.joining(" ")));
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    }

    private Outcome run(Map<String, String> environment, String... command) throws IOException, InterruptedException {
        Path out = temp.resolve("out.txt");
        Path err = temp.resolve("err.txt");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        Map<String, String> variables = builder.environment();
        String path = variables.get("PATH");
        variables.clear();
        variables.putAll(Map.of("PATH", path, "HOME", temp.toString(), "JAVA_HOME", System.getProperty("java.home")));
        variables.putAll(environment);
        int code = builder.start().waitFor();
        return new Outcome(code, Files.readString(out), Files.readString(err));
    }

    private Outcome launch(Map<String, String> environment, String... args) throws IOException, InterruptedException {
        Path launcher = temp.resolve("tornado-mor");
        return run(
                environment,
                Stream.concat(Stream.of(launcher.toString()), Stream.of(args)).toArray(String[]::new));
    }

    /** {@code NAME=VALUE} for each variable. */
    private static Map<String, String> variables(String text) {
        Map<String, String> variables = new HashMap<>();
        if (text != null) {
            for (String each : text.split(" ")) {
                variables.put(each.split("=", 2)[0], each.split("=", 2)[1]);
            }
        }
        return variables;
    }

    @ParameterizedTest
    @CsvSource({
        "generate --engine cpu, , G1",
        "generate --engine cpu, JAVA_OPTS=-XX:+UseSerialGC, Serial",
        "generate --engine cpu, JAVA_TOOL_OPTIONS=-XX:+UseSerialGC JAVA_OPTS=-XX:+UseParallelGC, Parallel",
        "generate --help, TORNADOMOR_JAVA_OPTS=-XX:+UseParallelGC, Parallel",
        "generate --engine tornado, , Parallel on an SDK",
        "generate --engine tornado, JAVA_OPTS=-XX:+UseSerialGC, Serial on an SDK",
        "generate --engine tornado, JDK_JAVA_OPTIONS=-XX:+UseZGC, Z on an SDK",
        "generate --engine tornado, JDK_JAVA_OPTIONS=-XX:+UseG1GC TORNADOMOR_JAVA_OPTS=-XX:+UseSerialGC, Serial on an SDK",
    })
    void thePersonsChoiceWinsOverTheSdksAndThatOverOurs(String line, String environment, String collector)
            throws Exception {
        Map<String, String> variables = variables(environment);
        variables.put("TORNADOVM_HOME", sdk.toString());
        Outcome outcome = launch(variables, line.split(" "));
        assertEquals(collector + "\n", outcome.out(), outcome.err());
        assertEquals(0, outcome.code(), outcome.err());
    }

    @Test
    void aQuestionForDevicesStartsWithAnotherCollectorToo() throws Exception {
        Map<String, String> variables =
                Map.of("TORNADOVM_HOME", sdk.toString(), "JDK_JAVA_OPTIONS", "-XX:+UseSerialGC");
        Outcome outcome = launch(variables, "devices");
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains("adds no module of it"), outcome.err());
    }

    @ParameterizedTest
    @CsvSource({
        "JAVA_OPTS=-Dx=*, -XX:+UseParallelGC -Da=1 -Dx=*",
        // Quotes belong to the words of the JVM's own variables, and files may hold flags.
        "JDK_JAVA_OPTIONS='\"-XX:+UseZGC\"', -Da=1",
        "JDK_JAVA_OPTIONS=@flags.txt, -Da=1",
        "JAVA_OPTS=-XX:Flags=more.txt, -Da=1 -XX:Flags=more.txt",
        "JAVA_OPTS=-XX:VMOptionsFile=flags.txt, -Da=1 -XX:VMOptionsFile=flags.txt",
        // Turned off is not chosen.
        "JAVA_OPTS=-XX:-UseParallelGC, -XX:+UseG1GC -Da=1 -XX:-UseParallelGC",
        "JDK_JAVA_OPTIONS=-XX:+UseZGC _JAVA_OPTIONS=-XX:-UseZGC, -XX:+UseParallelGC -Da=1",
        "_JAVA_OPTIONS=-XX:+UseZGC JAVA_OPTS=-XX:+UseSerialGC, -Da=1 -XX:+UseSerialGC -XX:-UseSerialGC",
        // These are no collectors.
        "JAVA_OPTS=-XX:+UseGCOverheadLimit, -XX:+UseParallelGC -Da=1 -XX:+UseGCOverheadLimit",
        "JAVA_OPTS=-XX:+UseMaximumCompactionOnSystemGC, -XX:+UseParallelGC -Da=1 -XX:+UseMaximumCompactionOnSystemGC",
    })
    void flagsAreReadAsTheJvmReadsThem(String environment, String flags) throws Exception {
        Files.writeString(temp.resolve("flags.txt"), "# not -XX:+UseG1GC\n-Dy=1 -XX:+UseSerialGC");
        Files.writeString(temp.resolve("more.txt"), "+UseSerialGC\n");
        String script = "set -euo pipefail; cd '" + temp + "'; source scripts/engine.sh; "
                + "flags=(-XX:+UseG1GC -Da=1 -XX:+UseParallelGC); add_persons_flags; echo \"${flags[*]}\"";
        Outcome outcome = run(variables(environment.replace("'", "")), "bash", "-c", script);
        assertEquals(flags + "\n", outcome.out(), outcome.err());
    }
}
