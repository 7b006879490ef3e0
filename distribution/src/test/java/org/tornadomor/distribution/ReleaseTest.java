package org.tornadomor.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is in a release, and that it runs where there is nothing but it, and for the archives a JDK. */
@DisabledOnOs(OS.WINDOWS)
class ReleaseTest {
    private static final String JDK = System.getProperty("java.home");
    private static final String VERSION = Installed.NAME.substring("tornado-mor-".length());

    private static final Pattern CODE = Pattern.compile("(?s)```.*?```");
    /** To a file; what begins like a scheme or a heading is none. */
    private static final Pattern LINK = Pattern.compile("\\]\\((?![a-z]+:|#)([^)#\\s]+)[^)]*\\)");

    @TempDir
    Path scratch;

    @ParameterizedTest
    @ValueSource(strings = {".zip", ".tar.gz"})
    void anArchiveRunsOnAJdk(String ending) throws Exception {
        Installed installed = new Installed(scratch, Installed.NAME + ending).with("JAVA_HOME", JDK);
        showsItsVersion(installed);
        demonstrates(installed);
        readsAndWritesWithNativeLibraries(installed);
    }

    @ParameterizedTest
    @ValueSource(strings = {".zip", ".tar.gz"})
    void theImageRunsOnItsOwnJava(String ending) throws Exception {
        Installed installed = new Installed(scratch, Installed.IMAGE + ending);
        Path cache = installed.root().resolve("runtime/lib/server/classes.jsa");
        assertFalse(Files.exists(cache), "its bytes depend on the machine that makes it");
        showsItsVersion(installed);
        assertTrue(Files.exists(cache), "the first start made no cache of the JDK's classes");
        Path home = Path.of(installed
                .with("JAVA_OPTS", "-XshowSettings:properties")
                .run("params", "tiny")
                .err()
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("java.home = "))
                .findFirst()
                .orElseThrow()
                .substring("java.home = ".length()));
        assertEquals(installed.root().resolve("runtime").toRealPath(), home.toRealPath());
        Installed.Printed demo = demonstrates(installed);
        assertTrue(demo.err().contains("taking commons-math3-sources.jar"), demo.err());
        readsAndWritesWithNativeLibraries(installed);
    }

    private static void showsItsVersion(Installed installed) throws Exception {
        String version = installed.run("--version").out();
        String number = VERSION.replace(".", "\\.");
        // The first start prepares the others, and leaves nothing else.
        try (Stream<Path> top = Files.list(installed.root())) {
            assertEquals(
                    Set.of("tornado-mor.caches", "tornado-mor.jsa", "tornado-mor-help.jsa"),
                    top.map(file -> file.getFileName().toString())
                            .filter(name -> name.contains(".caches") || name.contains(".jsa"))
                            .collect(Collectors.toSet()));
        }
        assertTrue(version.matches("tornado-mor " + number + "(, commit [0-9a-f]{7,})?, Java 2[5-9].*\\s*"), version);
    }

    private static Installed.Printed demonstrates(Installed installed) throws Exception {
        Installed.Printed demo = installed.run("demo", "--minutes", "0.1", "--out", "a run", "--engine", "cpu");
        assertTrue(demo.out().contains("this model, routing as in generation"), demo.out());
        assertTrue(demo.out().contains("mean depth"), demo.out());
        installed.run(
                "generate", "--model", "a run", "--prompt", "public ", "--max-new-tokens", "5", "--engine", "cpu");
        return demo;
    }

    /** Tokenizers, Zstandard and Parquet. */
    private static void readsAndWritesWithNativeLibraries(Installed installed) throws Exception {
        Path folder = installed.folder();
        String text = "one two three two one\n".repeat(200);
        Files.write(folder.resolve("text.txt.zst"), Zstd.compress(text.getBytes(StandardCharsets.UTF_8)));
        parquet(folder.resolve("text.parquet"), "four five six five four\n".repeat(200));
        installed.run("tokenizer", "train", "text.txt.zst", "--vocab-size", "260", "-o", "tokens");
        installed.run("data", "prepare", "text.txt.zst", "text.parquet", "-o", "corpus", "--tokenizer", "tokens");
        String info = installed.run("data", "info", "corpus").out();
        assertTrue(info.contains("(260 ids)"), info);
        assertTrue(Pattern.compile("(?m)^ *all +2 ").matcher(info).find(), info);
        try (Stream<Path> unpacked = Files.walk(installed.temporary())) {
            // It stays there for the next start; those of the others are deleted at the end.
            assertTrue(
                    unpacked.anyMatch(file -> file.getFileName().toString().contains("tokenizers.")),
                    "the tokenizers' library was not unpacked into the temporary folder");
        }
    }

    private static void parquet(Path file, String text) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("copy (select '" + text + "' as text) to '" + file + "' (format parquet)");
        }
    }

    @Test
    void theLauncherCannotBuild() throws IOException {
        Installed installed = new Installed(scratch, Installed.NAME + ".zip");
        try (Stream<Path> files = Files.walk(installed.root())) {
            assertEquals(
                    List.of(),
                    files.map(file -> installed.root().relativize(file))
                            // Examples are to be copied.
                            .filter(file -> !file.startsWith("docs"))
                            .filter(file ->
                                    file.endsWith("pom.xml") || file.toString().endsWith(".java"))
                            .toList());
        }
        try (Stream<Path> top = Files.list(installed.root())) {
            Set<String> names =
                    top.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
            assertEquals(
                    new TreeSet<>(Set.of(
                            "CHANGELOG.md",
                            "CONTRIBUTING.md",
                            "LICENSE",
                            "README.md",
                            "THIRD-PARTY.txt",
                            "commons-math3-sources.jar",
                            "docs",
                            "lib",
                            "licences",
                            "scripts",
                            "tornado-mor",
                            "tornado-mor.cmd",
                            "tornado-mor.jar",
                            Installed.NAME + ".cdx.json")),
                    names);
        }
        assertTrue(Files.readString(installed.root().resolve("tornado-mor.cmd")).contains("\r\n"));
    }

    /** Documents show what is there to whoever has nothing but an archive. */
    @Test
    void documentsLeadToFilesThatAreThere() throws IOException {
        Path root = new Installed(scratch, Installed.NAME + ".zip").root();
        List<Path> documents;
        try (Stream<Path> files = Files.walk(root)) {
            documents = files.filter(file -> file.toString().endsWith(".md")).toList();
        }
        List<String> dead = new ArrayList<>();
        int links = 0;
        for (Path document : documents) {
            Matcher link = LINK.matcher(CODE.matcher(Files.readString(document)).replaceAll(""));
            while (link.find()) {
                links++;
                if (!Files.exists(document.resolveSibling(link.group(1)))) {
                    dead.add(root.relativize(document) + ": " + link.group(1));
                }
            }
        }
        assertEquals(List.of(), dead);
        assertTrue(links > 100, links + " links");
    }

    @Test
    void everyLibraryIsNamedWithItsLicence() throws IOException {
        Installed installed = new Installed(scratch, Installed.NAME + ".tar.gz");
        Path root = installed.root();
        String licences = Files.readString(root.resolve("THIRD-PARTY.txt"));
        JsonNode bom = JsonMapper.shared()
                .readTree(root.resolve(Installed.NAME + ".cdx.json").toFile());
        Set<String> components = new TreeSet<>();
        Set<String> own = new TreeSet<>();
        bom.get("components").forEach(part -> {
            String name =
                    part.get("name").asString() + "-" + part.get("version").asString();
            components.add(name);
            if (part.get("group").asString().equals("org.tornadomor")) {
                own.add(name);
            }
            assertEquals(Licences.of(part.get("group").asString()), licences(part), part.get("purl")::asString);
            assertTrue(part.get("hashes").toString().contains("SHA-256"), part.toString());
        });
        assertTrue(components.size() > 20, components::toString);
        List<String> libraries;
        try (Stream<Path> jars = Files.list(root.resolve("lib"))) {
            libraries = jars.map(jar -> jar.getFileName().toString().replace(".jar", ""))
                    .toList();
        }
        for (String library : libraries) {
            // Of the program's own parts one has no version in the name of its file.
            String part = library.equals("lessons") ? library + "-" + VERSION : library;
            assertTrue(components.contains(part), library + " is not in the list of components");
            String artifact = ":" + library.replaceFirst("-(\\d.*)$", ":$1") + " ";
            assertTrue(
                    own.contains(part) || licences.contains(artifact), library + " has no licence in THIRD-PARTY.txt");
        }
        try (Stream<Path> texts = Files.walk(root.resolve("licences"))) {
            assertTrue(texts.filter(Files::isRegularFile).count() > 20);
        }
    }

    private static Set<String> licences(JsonNode component) {
        Set<String> names = new TreeSet<>();
        for (JsonNode each : component.path("licenses")) {
            JsonNode licence = each.path("license");
            names.add(licence.path("id").asString(licence.path("name").asString()));
        }
        return names;
    }

    /** No package lies in two of the jars, and each has a name as a module; but lessons have classes without a package. */
    @Test
    void theJarsAreModulesToo() throws Exception {
        Path root = new Installed(scratch, Installed.NAME + ".zip").root();
        List<String> jars =
                new ArrayList<>(List.of(root.resolve("tornado-mor.jar").toString()));
        try (Stream<Path> libraries = Files.list(root.resolve("lib"))) {
            libraries
                    .filter(jar -> !jar.endsWith("lessons.jar"))
                    .map(Path::toString)
                    .forEach(jars::add);
        }
        Path printed = scratch.resolve("printed.txt");
        int code = new ProcessBuilder(
                        Path.of(JDK, "bin", "java").toString(),
                        "--module-path",
                        String.join(File.pathSeparator, jars),
                        "--add-modules",
                        "jdk.incubator.vector,ALL-MODULE-PATH",
                        "--module",
                        "org.tornadomor.runner/org.tornadomor.cli.Main",
                        "params",
                        "tiny")
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile())
                .start()
                .waitFor();
        assertEquals(0, code, Files.readString(printed));
    }

    @Test
    void checksumsFit() throws IOException, NoSuchAlgorithmException {
        List<String> lines = Files.readAllLines(Installed.RELEASE.resolve("SHA256SUMS"));
        Set<String> named = new TreeSet<>();
        for (String line : lines) {
            String[] words = line.split("\\s+\\*?", 2);
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] content = Files.readAllBytes(Installed.RELEASE.resolve(words[1]));
            assertEquals(HexFormat.of().formatHex(digest.digest(content)), words[0], line);
            assertFalse(words[1].contains("/"), line);
            named.add(words[1]);
        }
        assertEquals(
                new TreeSet<>(Set.of(
                        Installed.NAME + ".zip",
                        Installed.NAME + ".tar.gz",
                        Installed.NAME + ".cdx.json",
                        Installed.IMAGE + ".zip",
                        Installed.IMAGE + ".tar.gz")),
                named);
    }
}
