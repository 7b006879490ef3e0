package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.TaskGraph;

/**
 * Everything public in the simulator's API is in the real API, with the same signature, value and annotations: code that
 * compiles against the one runs on the other. The real one is read from an installed SDK; without an SDK this is skipped.
 */
class ConformanceTest {

    private static final String HOME = "TORNADOVM_HOME";

    /** What a subset may leave out: interfaces that it lacks and generic signatures that name them. */
    private static boolean mayDiffer(String line) {
        return line.startsWith("signature ");
    }

    @Test
    void theRealApiHasEverySignature() throws Exception {
        Optional<Path> jar = realJar();
        assumeTrue(jar.isPresent(), "no SDK: set " + HOME);
        SortedMap<String, Set<String>> real = ApiSignatures.ofJar(jar.orElseThrow());
        List<String> differences = compare(simulated(), real);
        assertEquals(List.of(), differences, () -> String.join("\n", differences));
    }

    @Test
    void theSimulatorIsRead() throws Exception {
        SortedMap<String, Set<String>> classes = simulated();
        assertTrue(classes.size() > 50, () -> classes.keySet().toString());
        Set<String> context = classes.get("uk/ac/manchester/tornado/api/KernelContext");
        assertTrue(context.contains("field globalIdx Ljava/lang/Integer; [PUBLIC, FINAL]"), context::toString);
        Set<String> modes = classes.get("uk/ac/manchester/tornado/api/enums/DataTransferMode");
        assertTrue(modes.contains("field EVERY_EXECUTION I [PUBLIC, STATIC, FINAL] = 1"), modes::toString);
        Set<String> types = classes.get("uk/ac/manchester/tornado/api/enums/TornadoDeviceType");
        assertTrue(types.stream().anyMatch(line -> line.startsWith("field CPU ") && line.endsWith("constant 2")));
        Set<String> parallel = classes.get("uk/ac/manchester/tornado/api/annotations/Parallel");
        assertTrue(parallel.contains("annotated Ljava/lang/annotation/Retention;[RUNTIME]"), parallel::toString);
    }

    @Test
    void aDifferenceIsFound() throws Exception {
        SortedMap<String, Set<String>> other = simulated();
        other.remove("uk/ac/manchester/tornado/api/DataRange");
        Set<String> modes = new TreeSet<>(other.get("uk/ac/manchester/tornado/api/enums/DataTransferMode"));
        modes.remove("field EVERY_EXECUTION I [PUBLIC, STATIC, FINAL] = 1");
        modes.add("field EVERY_EXECUTION I [PUBLIC, STATIC, FINAL] = 3");
        other.put("uk/ac/manchester/tornado/api/enums/DataTransferMode", modes);
        assertEquals(
                List.of(
                        "uk/ac/manchester/tornado/api/DataRange: no such public class",
                        "uk/ac/manchester/tornado/api/enums/DataTransferMode: field EVERY_EXECUTION I"
                                + " [PUBLIC, STATIC, FINAL] = 1"),
                compare(simulated(), other));
    }

    /** {@return what the simulator has and the real API has not} */
    private static List<String> compare(SortedMap<String, Set<String>> simulated, SortedMap<String, Set<String>> real) {
        List<String> differences = new ArrayList<>();
        for (Map.Entry<String, Set<String>> type : simulated.entrySet()) {
            Set<String> lines = real.get(type.getKey());
            if (lines == null) {
                differences.add(type.getKey() + ": no such public class");
                continue;
            }
            for (String line : type.getValue()) {
                if (!lines.contains(line) && !mayDiffer(line)) {
                    differences.add(type.getKey() + ": " + line);
                }
            }
        }
        return differences;
    }

    private static SortedMap<String, Set<String>> simulated() throws IOException, URISyntaxException {
        Path classes = Path.of(TaskGraph.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        return Files.isDirectory(classes) ? ApiSignatures.ofFolder(classes) : ApiSignatures.ofJar(classes);
    }

    private static Optional<Path> realJar() {
        return Stream.of(System.getenv(HOME), "/opt/tornadovm")
                .filter(home -> home != null && !home.isEmpty())
                .map(home -> Path.of(home, "share", "java", "tornado"))
                .filter(Files::isDirectory)
                .flatMap(ConformanceTest::apiJars)
                .findFirst();
    }

    private static Stream<Path> apiJars(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files
                    .filter(file -> file.getFileName().toString().matches("tornado-api-.*\\.jar"))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
