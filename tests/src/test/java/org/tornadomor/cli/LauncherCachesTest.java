package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the first start of an installation prepares for the others, and what is left of it if that start is killed. */
@DisabledOnOs(OS.WINDOWS)
class LauncherCachesTest {
    private static final long DEADLINE_SECONDS = 60;
    private static final int TERMINATED = 128 + 15;
    private static final Set<String> PREPARED =
            new TreeSet<>(Set.of("tornado-mor.caches", "tornado-mor.jsa", "tornado-mor-help.jsa"));
    /** Makes a cache at once, with a file "broken" never, with "slow" in ten minutes; prints what other arguments it gets. */
    private static final String JAVA = """
            #!/bin/sh
            case "$*" in
                *-XX:ArchiveClassesAtExit=* | *-Xshare:dump*)
                    echo one more >> "$HOME/made.txt"
                    [ ! -e "$HOME/broken" ] || exit 1
                    for word; do
                        case "$word" in
                            -XX:ArchiveClassesAtExit=* | -XX:SharedArchiveFile=*) file=${word#*=} ;;
                        esac
                    done
                    echo half > "$file.part"
                    if [ -e "$HOME/slow" ]; then
                        echo $$ > "$HOME/maker.part"
                        mv "$HOME/maker.part" "$HOME/maker"
                        exec sleep 600
                    fi
                    echo whole > "$file" ;;
                *) printf '%s\\n' "$@" ;;
            esac
            """;

    @TempDir
    Path temp;

    private Path root;
    /** That of the JDK's classes. */
    private Path base;

    private final List<Process> started = new ArrayList<>();

    /** As an application image, which has its own Java. */
    @BeforeEach
    void unpack() throws IOException {
        root = temp.resolve("an image");
        LauncherSkeleton.copyTo(root);
        Path java = root.resolve("runtime/bin/java");
        Files.createDirectories(java.getParent());
        base = Files.createDirectories(root.resolve("runtime/lib/server")).resolve("classes.jsa");
        Files.writeString(java, JAVA);
        assertTrue(java.toFile().setExecutable(true));
        Path jar = Files.createFile(root.resolve("tornado-mor.jar"));
        Files.setLastModifiedTime(jar, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
    }

    @AfterEach
    void endAll() throws Exception {
        started.forEach(Process::destroyForcibly);
        if (Files.exists(temp.resolve("maker"))) {
            maker().ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private Process start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(root.resolve("tornado-mor").toString(), "info", "--engine", "cpu")
                .redirectErrorStream(true)
                .redirectOutput(temp.resolve("out" + started.size() + ".txt").toFile());
        builder.environment().put("HOME", temp.toString());
        Process process = builder.start();
        started.add(process);
        return process;
    }

    /** Starts the program, which must succeed. @return what it printed */
    private String run() throws Exception {
        Path out = temp.resolve("out" + started.size() + ".txt");
        Process process = start();
        assertTrue(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS), "it does not end");
        String printed = Files.readString(out);
        assertEquals(0, process.exitValue(), printed);
        assertTrue(printed.endsWith("\ninfo\n--engine\ncpu\n"), printed);
        return printed;
    }

    /** Starts the program, and returns when it makes a cache. */
    private Process startSlowly() throws Exception {
        Files.createFile(temp.resolve("slow"));
        Process process = start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (!Files.exists(temp.resolve("maker"))) {
            assertTrue(System.nanoTime() < end, "no cache is made");
            Thread.sleep(5);
        }
        Files.delete(temp.resolve("slow"));
        return process;
    }

    private Optional<ProcessHandle> maker() throws IOException {
        long number = Long.parseLong(Files.readString(temp.resolve("maker")).strip());
        return ProcessHandle.of(number).filter(ProcessHandle::isAlive);
    }

    /** How many caches were begun. */
    private long begun() throws IOException {
        try (Stream<String> lines = Files.lines(temp.resolve("made.txt"))) {
            return lines.count();
        }
    }

    /** What lies beside the jar, of the files that starts make. */
    private Set<String> prepared() throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.contains(".caches") || name.contains(".jsa"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void theFirstStartMakesThemForAll() throws Exception {
        assertTrue(run().contains("-XX:SharedArchiveFile=" + root.toRealPath().resolve("tornado-mor.jsa")));
        assertEquals(PREPARED, prepared());
        assertEquals("whole\n", Files.readString(root.resolve("tornado-mor.jsa")));
        assertEquals("whole\n", Files.readString(base));
        assertTrue(Files.exists(base.resolveSibling("classes_nocoops.jsa")));
        run();
        assertEquals(4, begun());
        Files.setLastModifiedTime(
                root.resolve("tornado-mor.jar"), FileTime.from(Instant.now().plusSeconds(5)));
        run();
        assertEquals(6, begun(), "another jar");
    }

    @Test
    void whatFailsIsNotTriedAgain() throws Exception {
        Files.createFile(temp.resolve("broken"));
        assertFalse(run().contains("SharedArchiveFile"));
        assertEquals(Set.of("tornado-mor.caches"), prepared());
        run();
        assertEquals(4, begun());
    }

    @Test
    void aStartThatIsKilledHindersNoOther() throws Exception {
        Process first = startSlowly();
        first.destroyForcibly().waitFor();
        assertEquals(Set.of("tornado-mor.caches." + first.pid()), prepared());
        assertTrue(run().contains("SharedArchiveFile"));
        assertEquals(PREPARED, prepared());
    }

    @Test
    void aStartThatIsEndedLeavesNothing() throws Exception {
        Process first = startSlowly();
        first.destroy();
        assertTrue(first.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS), "it does not end");
        assertEquals(TERMINATED, first.exitValue(), "as without preparation");
        assertEquals(Set.of(), prepared());
        assertTrue(maker().isEmpty(), "Java still runs");
        assertEquals("", Files.readString(temp.resolve("out0.txt")));
    }

    @Test
    void whileOneMakesThemAnotherDoesWithout() throws Exception {
        Process first = startSlowly();
        assertFalse(run().contains("SharedArchiveFile"));
        assertEquals(1, begun());
        assertEquals(Set.of("tornado-mor.caches." + first.pid()), prepared());
        maker().orElseThrow().destroyForcibly();
        assertTrue(first.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS), "it does not end");
        assertEquals(0, first.exitValue());
        assertEquals(PREPARED, prepared());
        assertFalse(Files.exists(base.resolveSibling("classes_nocoops.jsa")), "the first one failed");
    }

    @Test
    void whatKilledStartsLeftGoesWhereverCachesAre() throws Exception {
        run();
        // No process has such a number.
        Files.createFile(Files.createDirectory(root.resolve("tornado-mor.caches.999999999"))
                .resolve("cache"));
        // A process has this one, but is at it for too long.
        Path old = Files.createDirectory(
                root.resolve("tornado-mor.caches." + ProcessHandle.current().pid()));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(3600)));
        Path other = Files.createDirectory(root.resolve("tornado-mor.caches.mine"));
        run();
        Set<String> expected = new TreeSet<>(PREPARED);
        expected.add(other.getFileName().toString());
        assertEquals(expected, prepared());
        assertEquals(4, begun());
    }
}
