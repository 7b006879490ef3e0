package org.tornadomor.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;

class SdkTest {
    private static final Instant EARLIER = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path temp;

    private Path sdk(String name, String file, String text) throws IOException {
        Path home = Files.createDirectories(temp.resolve(name));
        Files.writeString(home.resolve(file), text);
        return home;
    }

    private Sdk with(String arguments) throws IOException {
        return new Sdk(sdk("sdk", "tornado-argfile", arguments));
    }

    @Test
    void theVariableComesFirstAndMustBeRight() throws IOException {
        Path sdkman = sdk(".sdkman/candidates/tornadovm/current", "tornado-argfile", "");
        Path named = sdk("named", "tornado-argfile.template", "");
        Map<String, String> home = Map.of("HOME", temp.toString());
        assertEquals(sdkman, Sdk.find(home).orElseThrow().home());
        assertEquals(
                sdkman,
                Sdk.find(Map.of("SDKMAN_DIR", temp.resolve(".sdkman").toString()))
                        .orElseThrow()
                        .home());
        assertEquals(
                named,
                Sdk.find(Map.of("HOME", temp.toString(), "TORNADOVM_HOME", named.toString()))
                        .orElseThrow()
                        .home());
        UserError error = assertThrows(UserError.class, () -> Sdk.find(Map.of("TORNADOVM_HOME", temp.toString())));
        assertTrue(error.getMessage().contains("TORNADOVM_HOME is " + temp), error.getMessage());
    }

    @Test
    void theWorkingDirectoryIsNoModulePath() throws IOException {
        assertEquals(
                "-server\n--module-path /sdk/share\n--upgrade-module-path .:/x\n",
                with("-server\n--module-path .:/sdk/share\n--upgrade-module-path .:/x\n")
                        .arguments());
        assertEquals("--module-path=/a:/b", with("--module-path=.:/a:/b").arguments());
        assertEquals(
                "--module-path \"C:\\sdk\"", with("--module-path \".;C:\\sdk\"").arguments());
        assertEquals("--module-path ./a", with("--module-path ./a").arguments());
    }

    @Test
    void theCollectorStandsByItself() throws IOException {
        Sdk sdk = with("-server -XX:+UseParallelGC\n-Dx=-XX:+UseZGC\n");
        assertEquals("-XX:+UseParallelGC", sdk.collector().orElseThrow());
        assertEquals("-server \n-Dx=-XX:+UseZGC\n", sdk.arguments());
        List<String> flags = sdk.flags();
        assertTrue(flags.contains("-XX:+UseParallelGC"), flags + "");
        assertTrue(with("-server").collector().isEmpty());
    }

    @Test
    void beforeItsFirstRunAnSdkHasATemplateAlone() throws IOException {
        Path home = sdk("new", "tornado-argfile.template", "-Djava.library.path=${TORNADOVM_HOME}/lib\n");
        assertEquals("-Djava.library.path=" + home + "/lib\n", new Sdk(home).arguments());
    }

    @Test
    void theFileIsWrittenWhereThatIsPossibleAndOnlyOnce() throws IOException {
        Sdk sdk = with("-one");
        Path taken = Files.createFile(temp.resolve("a file"));
        Path folder = temp.resolve("cache");
        Path file = sdk.argfile(List.of(taken.resolve("folder"), folder));
        assertEquals(folder, file.getParent());
        assertEquals("-one", Files.readString(file));
        Files.setLastModifiedTime(file, FileTime.from(EARLIER));
        assertEquals(file, sdk.argfile(List.of(folder)));
        assertEquals(EARLIER, Files.getLastModifiedTime(file).toInstant());
        Path other = with("-two").argfile(List.of(folder));
        assertEquals("-two", Files.readString(other));
        assertEquals("-one", Files.readString(file));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
        assertThrows(UserError.class, () -> sdk.argfile(List.of(taken.resolve("folder"))));
    }

    @Test
    void refusesWhatThisJdkCannotRun() throws IOException {
        int jdk = Runtime.version().feature();
        refuses("5.2.0-jdk21", "JDK 21");
        refuses("7.0.0-jdk" + (jdk + 1) + "plus", "JDK " + (jdk + 1) + " or newer");
        Path spaces = sdk("with spaces", "tornado-argfile", "");
        String message =
                assertThrows(UserError.class, () -> new Sdk(spaces).arguments()).getMessage();
        assertTrue(message.contains("space"), message);
    }

    private void refuses(String version, String... words) throws IOException {
        Sdk sdk = with("-server");
        Files.createDirectories(sdk.home().resolve("etc"));
        Files.writeString(sdk.home().resolve("etc/tornado.release"), "version=" + version + "\nbranch=x\n");
        String message = assertThrows(UserError.class, sdk::flags).getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
    }
}
