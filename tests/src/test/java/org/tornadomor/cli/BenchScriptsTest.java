package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The scripts that measure refuse what they do not know before they build or measure anything. */
@DisabledOnOs(OS.WINDOWS)
class BenchScriptsTest {
    private record Said(int code, String text) {}

    private static Said run(Map<String, String> environment, String script, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("/bin/bash", "../scripts/bench/" + script));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), text);
    }

    private static void refuses(String words, Map<String, String> environment, String script, String... arguments)
            throws Exception {
        Said said = run(environment, script, arguments);
        assertEquals(2, said.code, said.text);
        assertEquals(1, said.text.lines().count(), said.text);
        assertTrue(said.text.startsWith("scripts/bench/" + script + ": "), said.text);
        assertTrue(said.text.contains(words), said.text);
    }

    @Test
    void whatIsNotKnownIsRefused() throws Exception {
        refuses("no section nothing; there are: ", Map.of(), "run", "nothing");
        refuses("no section nothing; there are: ", Map.of(), "serve", "nothing");
        refuses("no section nothing; there are: ", Map.of(), "gpu", "nothing");
        refuses("no option --wrong", Map.of(), "serve", "--wrong");
        refuses("no option --wrong", Map.of(), "gpu", "--wrong");
        refuses("--limit is 'soon'", Map.of(), "gpu", "--limit", "soon");
        refuses("--size is 'huge'", Map.of(), "gpu", "--size", "huge");
        refuses("--device needs a value", Map.of(), "gpu", "--device");
    }

    /** Where nothing was uptrained yet, the folder of converted models is missing, and that alone is no reason to end. */
    @Test
    void servingIsMeasuredWhereNothingWasUptrained() throws Exception {
        refuses("MODELS has 1 models", Map.of("MODELS", "small-vanilla", "CONVERTED", ""), "serve", "paper");
        refuses("STEPS is 'none'", Map.of("STEPS", "none"), "serve", "paper");
    }

    @Test
    void theySayWhatTheyDo() throws Exception {
        for (String script : List.of("serve", "gpu")) {
            Said help = run(Map.of(), script, "--help");
            assertEquals(0, help.code, help.text);
            assertTrue(help.text.contains("Sections:"), help.text);
        }
    }
}
