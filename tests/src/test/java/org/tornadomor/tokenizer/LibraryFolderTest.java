package org.tornadomor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Where the native library goes if the user's home takes no files. */
class LibraryFolderTest {
    private static final Path TOKENIZER =
            Path.of("src/test/resources/tokenizer/byte-level/tokenizer.json").toAbsolutePath();

    @TempDir
    Path scratch;

    /** No folder: an administrator, who may write everywhere, cannot write below it either. */
    private Path home;

    private Path temporary;

    @BeforeEach
    void noHome() throws IOException {
        home = Files.createFile(scratch.resolve("home"));
        temporary = Files.createDirectories(scratch.resolve("temporary folder"));
    }

    @Test
    void aHomeThatTakesFilesServes() throws IOException {
        Path folder = Files.createDirectories(scratch.resolve("of a user"));
        assertEquals(Optional.empty(), LibraryFolder.instead(folder, temporary));
        assertEquals(List.of(), list(temporary));
        assertEquals(List.of(), list(folder.resolve(".djl.ai/tokenizers")));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void elseAFolderThatIsTheUsersAlone() throws IOException {
        Path folder = LibraryFolder.instead(home, temporary).orElseThrow();
        assertEquals(temporary, folder.getParent());
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
        assertEquals(Optional.of(folder), LibraryFolder.instead(home, temporary), "and the same at the next start");
        assertEquals(List.of(folder), list(temporary));
    }

    /** What others put there would be loaded. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aFolderOrLinkThatOthersMadeIsNotTaken() throws IOException {
        Path folder = LibraryFolder.instead(home, temporary).orElseThrow();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path another = LibraryFolder.instead(home, temporary).orElseThrow();
        assertNotEquals(folder, another);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(another)));
        Files.delete(folder);
        Files.createSymbolicLink(folder, Files.createDirectories(scratch.resolve("of another")));
        assertNotEquals(folder, LibraryFolder.instead(home, temporary).orElseThrow());
        Files.delete(folder);
        Files.createFile(folder);
        assertNotEquals(folder, LibraryFolder.instead(home, temporary).orElseThrow());
    }

    @Test
    void whereNothingTakesFilesTheLibrarySaysSo() {
        assertEquals(Optional.empty(), LibraryFolder.instead(home, home));
    }

    /** In a Java of its own, as the library is loaded once; it prints whether the library has encoded texts. */
    @Test
    void theLibraryLoadsWithoutAHome() throws Exception {
        Path questions = Files.writeString(scratch.resolve("questions"), TOKENIZER.toUri() + "\n");
        Path answers = scratch.resolve("answers");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Duser.home=" + home,
                        "-Djava.io.tmpdir=" + temporary,
                        "-cp",
                        System.getProperty("java.class.path"),
                        TokenizerProbe.class.getName())
                .redirectInput(questions.toFile())
                .redirectOutput(answers.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            assertTrue(process.waitFor(2, TimeUnit.MINUTES));
        } finally {
            process.destroyForcibly();
        }
        assertEquals(TokenizerProbe.GOOD, Files.readAllLines(answers).getLast());
        assertTrue(Files.isRegularFile(home));
        try (Stream<Path> files = Files.walk(temporary)) {
            assertEquals(
                    1,
                    files.filter(file -> file.toString().contains("tokenizers."))
                            .count());
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
