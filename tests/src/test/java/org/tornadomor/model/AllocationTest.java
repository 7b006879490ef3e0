package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Once everything is compiled, decoding and training allocate nothing and start no thread: see {@link AllocationProbe}. */
class AllocationTest {
    private static final String NOTHING = "0 bytes, the same threads";
    private static final int ATTEMPTS = 3;

    private static void allocatesNothing(String... what) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                // What is left to compile after the first millions of steps would come too late.
                "-Dtornadomor.plainSteps=0",
                "-cp",
                System.getProperty("java.class.path"),
                AllocationProbe.class.getName()));
        command.addAll(List.of(what));
        String output = "";
        // Now and then the compiler gives up on a method in one JVM, for good. Another JVM then shows what the code
        // itself
        // allocates.
        for (int attempt = 0; attempt < ATTEMPTS && !output.equals(NOTHING); attempt++) {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            assertEquals(0, process.waitFor(), "the other JVM fails");
        }
        assertEquals(NOTHING, output, String.join(" ", what));
    }

    @Test
    void decodingAllocatesNothing() throws IOException, InterruptedException {
        allocatesNothing("decode", "F32", "1");
    }

    @Test
    void servingPlainRequestsAllocatesNothing() throws IOException, InterruptedException {
        allocatesNothing("serve", "3");
    }

    @Test
    void trainingAllocatesNothing() throws IOException, InterruptedException {
        allocatesNothing("train", "expert");
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"F32, 3", "F32, 20", "BF16, 1", "BF16, 3", "BF16, 20", "I8, 1", "I8, 3", "I8, 20"})
    void decodingInAnyWayAllocatesNothing(String type, String sequences) throws IOException, InterruptedException {
        allocatesNothing("decode", type, sequences);
    }

    @Tag("slow")
    @Test
    void trainingWithRecomputationAllocatesNothing() throws IOException, InterruptedException {
        allocatesNothing("train", "expert", "recompute");
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"vanilla", "recursive", "token"})
    void trainingAnyModelAllocatesNothing(String kind) throws IOException, InterruptedException {
        allocatesNothing("train", kind);
    }
}
