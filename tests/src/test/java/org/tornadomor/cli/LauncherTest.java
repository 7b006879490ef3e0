package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a copy of the project's skeleton, where Java and Maven are scripts that say how they were called. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final Path PROJECT = Path.of("..");
    private static final Instant EARLIER = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path temp;

    private Path root;
    private Path jdk;
    private Path bin;
    private Path jar;

    @BeforeEach
    void makeSkeleton() throws IOException {
        root = Files.createDirectories(temp.resolve("a project"));
        copy("tornado-mor");
        copy("scripts/launch.sh");
        copy("scripts/jdk.sh");
        copy("scripts/engine.sh");
        copy("scripts/collector.sh");
        copy("scripts/startup.sh");
        write(root.resolve("pom.xml"), "<project/>");
        write(root.resolve("runner/pom.xml"), "<project/>");
        write(root.resolve("runner/src/main/java/A.java"), "class A {}");
        jar = root.resolve("runner/target/tornado-mor/tornado-mor.jar");
        jdk = jdk("jdk", "25.0.1");
        bin = Files.createDirectories(temp.resolve("bin"));
        for (String tool : List.of(
                "bash",
                "cat",
                "cksum",
                "env",
                "dirname",
                "readlink",
                "find",
                "head",
                "tail",
                "grep",
                "sed",
                "sort",
                "tee",
                "touch",
                "mkdir",
                "mv",
                "rm")) {
            script(bin.resolve(tool), "exec " + which(tool) + " \"$@\"");
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.from(EARLIER));
            }
        }
    }

    private static Path which(String tool) {
        return Stream.of("/usr/bin", "/bin")
                .map(folder -> Path.of(folder, tool))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
    }

    private void copy(String file) throws IOException {
        Path target = root.resolve(file);
        Files.createDirectories(target.getParent());
        Files.copy(PROJECT.resolve(file), target);
        assertTrue(target.toFile().setExecutable(true));
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static void script(Path file, String body) throws IOException {
        write(file, "#!/bin/sh\n" + body + "\n");
        assertTrue(file.toFile().setExecutable(true));
    }

    private Path jdk(String name, String version) throws IOException {
        Path home = temp.resolve(name);
        script(home.resolve("bin/javac"), "");
        // Asked for the flags of an engine it prints what a file says, if there is one; anything else is the command.
        script(home.resolve("bin/java"), """
                case "$*" in
                    *org.tornadomor.cli.EngineFlags*)
                        printf '%s\\n' "$@" > "$HOME/asked.txt"
                        [ ! -e "$HOME/flags.sh" ] || . "$HOME/flags.sh" ;;
                    *) printf '%s\\n' "$@" ;;
                esac""");
        write(home.resolve("release"), "IMPLEMENTOR=\"Someone\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private Outcome run(Map<String, String> environment, String... command) throws IOException, InterruptedException {
        Path out = temp.resolve("out.txt");
        Path err = temp.resolve("err.txt");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", bin.toString(), "HOME", temp.toString()));
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        return new Outcome(code, Files.readString(out), Files.readString(err));
    }

    private Outcome launch(String... args) throws IOException, InterruptedException {
        return launch(Map.of(), args);
    }

    private Outcome launch(Map<String, String> environment, String... args) throws IOException, InterruptedException {
        String[] command = Stream.concat(Stream.of(root.resolve("tornado-mor").toString()), Stream.of(args))
                .toArray(String[]::new);
        Map<String, String> all = new HashMap<>(Map.of("JAVA_HOME", jdk.toString()));
        all.putAll(environment);
        return run(all, command);
    }

    private void maven(String body) throws IOException {
        script(bin.resolve("mvn"), "echo \"$@\" >> '" + temp.resolve("maven.txt") + "'\n" + body);
    }

    private long builds() throws IOException {
        Path calls = temp.resolve("maven.txt");
        return Files.exists(calls)
                ? Files.readString(calls, StandardCharsets.UTF_8).lines().count()
                : 0;
    }

    @Test
    void passesFlagsAndArgumentsOn() throws Exception {
        write(jar, "");
        Outcome outcome = launch(
                Map.of("JAVA_OPTS", "-Xmx1g -Dglob=*", "TORNADOMOR_JAVA_OPTS", "-ea"),
                "generate",
                "two words",
                "*",
                "");
        assertEquals("", outcome.err());
        List<String> words = outcome.out().lines().toList();
        assertTrue(words.containsAll(List.of("--add-modules", "jdk.incubator.vector", "-XX:+UseG1GC")), words + "");
        assertTrue(words.containsAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx1g", "-Dglob=*", "-ea")));
        assertEquals(leavesHugePagesToPrograms(), words.contains("-XX:+UseTransparentHugePages"), words + "");
        int jarAt = words.indexOf("-jar");
        assertEquals(
                jar.toRealPath().toString(),
                Path.of(words.get(jarAt + 1)).toRealPath().toString());
        assertEquals(List.of("generate", "two words", "*", ""), words.subList(jarAt + 2, words.size()));
    }

    /** Whether this system gives huge pages to those that ask. */
    private static boolean leavesHugePagesToPrograms() throws IOException {
        Path choice = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
        return Files.isReadable(choice) && Files.readString(choice).contains("[madvise]");
    }

    @Test
    void helpNeedsNoEngine() throws Exception {
        write(jar, "");
        for (String[] args :
                new String[][] {{}, {"--help"}, {"generate", "-h"}, {"--version"}, {"help", "data", "info"}}) {
            List<String> words =
                    launch(sdk("tornado-argfile"), args).out().lines().toList();
            assertFalse(words.contains("jdk.incubator.vector"), words + "");
            assertFalse(Files.exists(temp.resolve("asked.txt")), "no SDK is asked");
        }
        // What looks like it may be the value of an option.
        List<String> words =
                launch("generate", "--prompt", "--help").out().lines().toList();
        assertTrue(words.contains("jdk.incubator.vector"), words + "");
    }

    @Test
    void cachesAreUsedWhereTheyAre() throws Exception {
        write(jar, "");
        assertFalse(launch("info", "x").out().contains("SharedArchiveFile"));
        write(jar.resolveSibling("tornado-mor.jsa"), "");
        write(jar.resolveSibling("tornado-mor-help.jsa"), "");
        assertTrue(launch("info", "x")
                .out()
                .lines()
                .anyMatch(word -> word.matches("-XX:SharedArchiveFile=.*/tornado-mor.jsa")));
        assertTrue(launch("--help")
                .out()
                .lines()
                .anyMatch(word -> word.matches("-XX:SharedArchiveFile=.*/tornado-mor-help.jsa")));
    }

    @Test
    void whoNamesTheCpuEngineAsksNoSdk() throws Exception {
        write(jar, "");
        Map<String, String> environment = sdk("tornado-argfile");
        Path asked = temp.resolve("asked.txt");
        for (String[] args : new String[][] {{"generate", "--engine", "cpu"}, {"train", "--engine=cpu", "x"}}) {
            assertTrue(launch(environment, args).out().contains("jdk.incubator.vector"));
            assertFalse(Files.exists(asked), "the SDK is asked");
        }
        launch(environment, "generate", "--prompt", "cpu", "--engine", "tornado");
        assertTrue(Files.exists(asked), "the SDK is not asked");
    }

    private Map<String, String> sdk(String... files) throws IOException {
        Path home = Files.createDirectories(temp.resolve("an sdk"));
        for (String file : files) {
            write(home.resolve(file), "-server");
        }
        return Map.of("TORNADOVM_HOME", home.toString());
    }

    @Test
    void anSdksFlagsComeFromTheProgram() throws Exception {
        write(jar, "");
        write(temp.resolve("flags.sh"), "echo '@/a folder/argfile'; echo -Dmore=1");
        Map<String, String> environment = new HashMap<>(sdk("tornado-argfile"));
        environment.put("JAVA_OPTS", "-Xmx1g -Dtornado.cuda.priority=100");
        Outcome outcome = launch(environment, "generate", "--engine", "tornado", "--prompt", "two words");
        assertEquals("", outcome.err());
        List<String> words = outcome.out().lines().toList();
        int jarAt = words.indexOf("-jar");
        assertTrue(words.subList(0, jarAt).containsAll(List.of("@/a folder/argfile", "-Dmore=1")), words + "");
        assertTrue(words.subList(0, jarAt).contains("jdk.incubator.vector"), words + "");
        List<String> asked = Files.readAllLines(temp.resolve("asked.txt"));
        assertEquals(
                List.of("generate", "--engine", "tornado", "--prompt", "two words"),
                asked.subList(asked.size() - 5, asked.size()));
        assertTrue(asked.contains("-Dtornado.cuda.priority=100"), asked + "");
        assertFalse(asked.contains("-Xmx1g"), asked + "");
    }

    @Test
    void whatTheProgramRefusesStartsNoCommand() throws Exception {
        write(jar, "");
        write(temp.resolve("flags.sh"), "echo 'tornado-mor: why not' >&2; exit 1");
        launch(sdk("tornado-argfile.template"), "demo").failsWith(1, "why not");
    }

    @Test
    void tellsTheProgramOfTheTerminal() throws Exception {
        write(jar, "");
        assertTrue(launch("info").out().contains("-Dtornadomor.terminals=\n"));
        Map<String, String> environment = Map.of("HOME", temp.toString(), "JAVA_HOME", jdk.toString());
        String line = "stty cols 97; exec '" + root.resolve("tornado-mor") + "' info";
        try (Pty terminal = Pty.start(environment, List.of("sh", "-c", line))) {
            assertEquals(0, terminal.end(), terminal.output());
            List<String> words = terminal.output().lines().map(String::strip).toList();
            assertTrue(
                    words.containsAll(List.of("-Dtornadomor.terminals=outerr", "-Dtornadomor.columns=97")), words + "");
        }
    }

    @Test
    void withoutAnSdkNobodyIsAsked() throws Exception {
        String script = "cd '" + root + "'; source scripts/engine.sh; sdk_places() { echo /nowhere; }; "
                + "engine_flags false /no.jar generate --engine tornado";
        Outcome outcome = run(Map.of(), "bash", "-c", script);
        assertEquals(0, outcome.code(), outcome.err());
        List<String> flags = outcome.out().lines().toList();
        assertTrue(flags.contains("-Dtornado.recover.bailout=False"), flags + "");
        assertTrue(flags.stream().noneMatch(flag -> flag.startsWith("@")), flags + "");
    }

    @Test
    void findsAnSdkWhereItIsSetElseInTheUsualPlaces() throws Exception {
        String script = "cd '" + root + "'; source scripts/engine.sh; find_sdk";
        Map<String, String> named = sdk("tornado-argfile");
        assertEquals(
                named.get("TORNADOVM_HOME") + "\n",
                run(named, "bash", "-c", script).out());
        Path sdkman = temp.resolve(".sdkman/candidates/tornadovm/current");
        write(sdkman.resolve("tornado-argfile.template"), "");
        assertEquals(sdkman + "\n", run(Map.of(), "bash", "-c", script).out());
        Map<String, String> wrong = Map.of("TORNADOVM_HOME", temp.toString());
        assertEquals(1, run(wrong, "bash", "-c", script).code());
    }

    @Test
    void worksThroughALinkAndFromElsewhere() throws Exception {
        write(jar, "");
        Path link = Files.createSymbolicLink(temp.resolve("mor"), root.resolve("tornado-mor"));
        Outcome outcome = run(Map.of("JAVA_HOME", jdk.toString()), link.toString(), "info");
        assertTrue(outcome.out().endsWith("info\n"), outcome.toString());
    }

    @Test
    void buildsOnFirstUseAndWhenSourcesAreNewer() throws Exception {
        maven("mkdir -p '" + jar.getParent() + "'; touch '" + jar + "'");
        Outcome first = launch("info");
        assertEquals(0, first.code(), first.err());
        assertTrue(
                first.err()
                        .matches("tornado-mor: building \\(about half a minute; .*\\)\ntornado-mor: built in \\d+ s\n"),
                first.err());
        assertEquals(1, builds());
        assertEquals("", launch("info").err());
        assertEquals(1, builds());
        Path source = root.resolve("runner/src/main/java/A.java");
        write(source, "class A { int newer; }");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
        launch("info");
        assertEquals(2, builds());
    }

    /** A release: no sources, the jar beside the launcher. */
    private Path unpackRelease() throws IOException {
        Files.delete(root.resolve("pom.xml"));
        Path released = root.resolve("tornado-mor.jar");
        write(released, "");
        return released;
    }

    @Test
    void aReleaseIsNeverBuilt() throws Exception {
        maven("exit 1");
        Path released = unpackRelease();
        Outcome outcome = launch("info");
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.out().contains("-jar\n" + released.toRealPath() + "\ninfo\n"), outcome.out());
        Files.delete(released);
        launch("info").failsWith(1, "tornado-mor.jar", "unpack");
        assertEquals(0, builds());
    }

    /** Copying gives all files new times, in any order. */
    @Test
    void aCopyIsBuiltAnewOnlyIfItSaysSomethingElse() throws Exception {
        maven("mkdir -p '" + jar.getParent() + "'; echo built > '" + jar + "'");
        launch("info");
        Path caches = jar.resolveSibling("tornado-mor.caches");
        assertTrue(Files.exists(caches));
        Path source = root.resolve("runner/src/main/java/A.java");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
        FileTime before = Files.getLastModifiedTime(jar);
        write(caches, "old");
        assertEquals("", launch("info").err());
        assertEquals(1, builds());
        assertEquals(before, Files.getLastModifiedTime(jar));
        assertEquals("", Files.readString(caches), "they belong to a jar of another time");
        write(source, "class A { int b; }");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
        launch("info");
        assertEquals(2, builds());
        // Somebody changes the jar: what was noted is not about it.
        write(jar, "another");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(9)));
        launch("info");
        assertEquals(3, builds());
    }

    @Test
    void theJarOfAnotherBuildIsNotedToo() throws Exception {
        maven("exit 1");
        write(jar, "of Maven");
        assertEquals(0, launch("info").code());
        Files.setLastModifiedTime(
                root.resolve("pom.xml"), FileTime.from(Instant.now().plusSeconds(5)));
        assertEquals("", launch("info").err());
        assertEquals(0, builds());
    }

    @Test
    void anImageTakesItsOwnJava() throws Exception {
        unpackRelease();
        Path runtime = root.resolve("runtime/bin/java");
        script(runtime, "echo own; echo \"$JAVA_HOME\"; printf '%s\\n' \"$@\"");
        // The person's JDK stays known: the image's own has no source to train on.
        assertTrue(launch("info").out().startsWith("own\n" + jdk + "\n"));
        Outcome withoutAny = run(
                Map.of("JAVA_HOME", temp.resolve("none").toString()),
                root.resolve("tornado-mor").toString(),
                "info");
        assertTrue(withoutAny.out().startsWith("own\n"), withoutAny.toString());
    }

    @Test
    void aFileThatGoesIsNoticed() throws Exception {
        Path other = root.resolve("runner/src/main/java/B.java");
        write(other, "class B {}");
        maven("mkdir -p '" + jar.getParent() + "'; echo built > '" + jar + "'");
        launch("info");
        Files.delete(other);
        Files.setLastModifiedTime(other.getParent(), FileTime.from(Instant.now().plusSeconds(5)));
        launch("info");
        assertEquals(2, builds());
    }

    @Test
    void aTerminalSeesHowFarTheBuildIs() throws Exception {
        maven("echo '[INFO] Building The kernels 1.0      [2/5]'; sleep 0.2; mkdir -p '" + jar.getParent()
                + "'; echo built > '" + jar + "'");
        script(bin.resolve("sleep"), "exec " + which("sleep") + " \"$@\"");
        Map<String, String> environment =
                new HashMap<>(Map.of("HOME", temp.toString(), "JAVA_HOME", jdk.toString(), "TERM", "xterm"));
        environment.put("PATH", bin + ":" + System.getenv("PATH"));
        try (Pty terminal =
                Pty.start(environment, List.of(root.resolve("tornado-mor").toString(), "info"))) {
            assertEquals(0, terminal.end(), terminal.output());
            assertTrue(terminal.output().contains(" s, part 2 of 5"), terminal.output());
        }
    }

    @Test
    void saysSoWhenTheBuildFails() throws Exception {
        maven("echo '[ERROR] A.java: what is wrong'; exit 1");
        Outcome outcome = launch("info");
        assertEquals(1, outcome.code());
        assertTrue(outcome.err().contains("what is wrong"), outcome.err());
        assertTrue(outcome.err().contains("launcher-build.log"), outcome.err());
        assertEquals("", outcome.out());
    }

    @Test
    void withoutMavenOneLineSaysWhatToInstall() throws Exception {
        launch("info").failsWith(1, "Maven", "install");
    }

    @Test
    void takesTheFirstJdkThatIsNewEnough() throws Exception {
        Path old = jdk("old", "17.0.15");
        Path early = jdk("early", "26-ea");
        assertEquals(early + "\n", find(old, temp.resolve("none"), early, jdk).out());
        assertEquals(jdk + "\n", find(jdk, early).out());
        assertEquals(1, find(old).code());
    }

    /** A service or a cleared environment: whatever the name of the folder is, nobody looks below it. */
    @Test
    void worksWithoutAHome() throws Exception {
        Outcome outcome = run(
                Map.of("JAVA_HOME", jdk.toString()),
                "env",
                "-u",
                "HOME",
                "bash",
                "-c",
                "set -eu; cd '" + root + "'; source scripts/jdk.sh; jdk_places; source scripts/engine.sh; sdk_places");
        assertEquals(0, outcome.code(), outcome::toString);
        assertEquals("", outcome.err());
        List<String> places = outcome.out().lines().toList();
        assertEquals(jdk.toString(), places.getFirst());
        assertTrue(places.stream().anyMatch(place -> place.startsWith("/usr/lib/jvm/")), places::toString);
        assertEquals("/opt/tornadovm", places.getLast());
    }

    @Test
    void aRuntimeWithoutCompilerIsNoJdk() throws Exception {
        Files.delete(jdk.resolve("bin/javac"));
        find(jdk).failsWith(1, "no JDK 25", "install", "JAVA_HOME");
    }

    private Outcome find(Path... places) throws IOException, InterruptedException {
        StringBuilder script = new StringBuilder("source scripts/jdk.sh; jdk_places() { printf '%s\\n'");
        for (Path place : places) {
            script.append(" '").append(place).append('\'');
        }
        script.append("; }; find_jdk");
        return run(Map.of(), "bash", "-c", "cd '" + root + "'; " + script);
    }

    @Test
    void everyScriptIsValidBash() throws Exception {
        List<Path> scripts;
        try (Stream<Path> found = Files.list(PROJECT.resolve("scripts"))) {
            scripts = found.filter(file -> file.toString().endsWith(".sh")).toList();
        }
        assertFalse(scripts.isEmpty());
        for (Path script : Stream.concat(
                        scripts.stream(), Stream.of(PROJECT.resolve("tornado-mor"), PROJECT.resolve(".ci/run")))
                .toList()) {
            assertEquals(0, run(Map.of(), "bash", "-n", script.toString()).code(), script.toString());
        }
    }
}
