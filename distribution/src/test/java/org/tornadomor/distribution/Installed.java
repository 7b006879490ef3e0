package org.tornadomor.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * A release, unpacked into a folder with spaces, on a machine that has nothing: a few tools of Unix on the {@code PATH}, no
 * Maven, no Java, and a {@code HOME} in which nothing can be written.
 */
final class Installed {
    /** Where the build put what it made. */
    static final Path RELEASE = Path.of(System.getProperty("release.folder"));

    static final String NAME = System.getProperty("release.name");
    static final String IMAGE = System.getProperty("release.image");

    private static final long DEADLINE_MINUTES = 10;
    private static final int EXECUTABLE = 0100;
    private static final List<String> TOOLS = List.of(
            "bash",
            "env",
            "dirname",
            "readlink",
            "find",
            "head",
            "tail",
            "grep",
            "sed",
            "touch",
            "mkdir",
            "mv",
            "rm",
            "stty");

    private final Path folder;
    private final Path root;
    private final Path bin;
    private final Path home;
    private final Path temporary;
    private final Map<String, String> environment = new TreeMap<>();

    /** @param archive below {@link #RELEASE}, a zip or tar.gz */
    Installed(Path scratch, String archive) throws IOException {
        folder = Files.createDirectories(scratch.resolve("a folder with spaces"));
        if (archive.endsWith(".zip")) {
            unzip(RELEASE.resolve(archive));
        } else {
            untar(RELEASE.resolve(archive));
        }
        try (Stream<Path> unpacked = Files.list(folder)) {
            root = unpacked.reduce((one, other) -> {
                        throw new AssertionError("two folders: " + one + ", " + other);
                    })
                    .orElseThrow();
        }
        bin = Files.createDirectories(scratch.resolve("bin"));
        for (String tool : TOOLS) {
            Files.createSymbolicLink(bin.resolve(tool), which(tool));
        }
        // A file: nobody can write below it, an administrator neither.
        home = Files.createFile(scratch.resolve("home"));
        temporary = Files.createDirectories(scratch.resolve("temporary"));
        environment.put("PATH", bin.toString());
        environment.put("HOME", home.toString());
        environment.put("JAVA_OPTS", "-Duser.home=" + home + " -Djava.io.tmpdir=" + temporary);
    }

    private static Path which(String tool) {
        return Stream.of("/usr/bin", "/bin")
                .map(place -> Path.of(place, tool))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + tool));
    }

    Installed with(String variable, String value) {
        environment.merge(variable, value, (old, more) -> old + " " + more);
        return this;
    }

    /** The folder with the launcher. */
    Path root() {
        return root;
    }

    /** Where commands run. */
    Path folder() {
        return folder;
    }

    /** Where native libraries go. */
    Path temporary() {
        return temporary;
    }

    /** Runs a command that must succeed. @return what it printed, and what it said */
    Printed run(String... args) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(root.resolve("tornado-mor").toString()));
        command.addAll(Arrays.asList(args));
        Path out = Files.createTempFile(folder.getParent(), "out", ".txt");
        Path err = Files.createTempFile(folder.getParent(), "err", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(DEADLINE_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
        }
        // Of a model of bytes nobody knows whether it writes UTF-8.
        Printed printed = new Printed(
                Files.readString(out, StandardCharsets.ISO_8859_1), Files.readString(err, StandardCharsets.ISO_8859_1));
        assertEquals(0, process.waitFor(), () -> String.join(" ", command) + "\n" + printed);
        assertTrue(Files.isRegularFile(home), "something was written to HOME");
        return printed;
    }

    record Printed(String out, String err) {}

    private void unzip(Path archive) throws IOException {
        try (ZipFile zip = ZipFile.builder().setPath(archive).get()) {
            for (ZipArchiveEntry entry :
                    (Iterable<ZipArchiveEntry>) () -> zip.getEntries().asIterator()) {
                try (InputStream content = zip.getInputStream(entry)) {
                    put(entry.getName(), entry.isDirectory(), entry.getUnixMode(), content);
                }
            }
        }
    }

    private void untar(Path archive) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new GzipCompressorInputStream(new BufferedInputStream(Files.newInputStream(archive))))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                put(entry.getName(), entry.isDirectory(), entry.getMode(), tar);
            }
        }
    }

    private void put(String name, boolean directory, int mode, InputStream content) throws IOException {
        Path target = folder.resolve(name).normalize();
        assertTrue(target.startsWith(folder), name);
        if (directory) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.getParent());
        Files.copy(content, target);
        assertTrue(target.toFile().setExecutable((mode & EXECUTABLE) != 0), name);
    }
}
