package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program that docs/simulator.md shows to people who write other TornadoVM programs: this module alone runs it. */
class OutsideProgramTest {
    private static final Path DOCUMENT = Path.of("../docs/simulator.md");
    private static final Pattern PROGRAM = Pattern.compile("(?s)```java\n(import .*?public class SumTest .*?)```");
    private static final String BARRIER = "            c.localBarrier();\n";

    @TempDir
    Path temp;

    @Test
    void whatTheDocumentShowsRuns() throws Throwable {
        run(program());
    }

    @Test
    void aBarrierInTheWrongPlaceIsReported() throws Throwable {
        String loop = "        for (int d = 4;";
        String program = program();
        assertTrue(program.contains(loop));
        // Before the loop instead of in it.
        String broken = program.replace(BARRIER, "").replace(loop, "        c.localBarrier();\n" + loop);
        SimulatorException race = assertThrows(SimulatorException.class, () -> run(broken));
        assertEquals(Rule.RACE, race.rule(), race.getMessage());
        assertTrue(race.getMessage().contains("SumTest.sum"), race.getMessage());
    }

    private static String program() throws IOException {
        List<String> found = PROGRAM.matcher(Files.readString(DOCUMENT))
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
        assertEquals(1, found.size());
        assertTrue(found.getFirst().contains(BARRIER));
        return found.getFirst();
    }

    private void run(String program) throws Throwable {
        Path source = Files.writeString(temp.resolve("SumTest.java"), program);
        assertEquals(
                0,
                ToolProvider.getSystemJavaCompiler()
                        .run(
                                null,
                                null,
                                null,
                                "-g",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "-d",
                                temp.toString(),
                                source.toString()));
        String races = System.getProperty("tornadomor.simulator.races");
        try (URLClassLoader loader = new URLClassLoader(new URL[] {temp.toUri().toURL()})) {
            loader.loadClass("SumTest").getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        } finally {
            if (races == null) {
                System.clearProperty("tornadomor.simulator.races");
            } else {
                System.setProperty("tornadomor.simulator.races", races);
            }
        }
    }
}
