package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the scripts that check devices say where there is nothing to check them with. */
@DisabledOnOs(OS.WINDOWS)
class CheckScriptsTest {
    @TempDir
    Path bin;

    private record Said(int code, String text) {}

    /** No compiler, no Oclgrind, whatever the machine has. */
    @BeforeEach
    void hideTheTools() throws IOException {
        for (String tool : List.of("dirname", "sed", "cat")) {
            Path command = bin.resolve(tool);
            Files.writeString(command, "#!/bin/bash\nPATH=/usr/bin:/bin\nexec " + tool + " \"$@\"\n");
            assertTrue(command.toFile().setExecutable(true));
        }
    }

    private Said run(String script, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("/bin/bash", "../scripts/" + script));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PATH", bin.toString());
        builder.environment().put("TORNADOVM_HOME", "");
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), text);
    }

    @Test
    void everyStepWithoutItsToolsIsSkippedWithAWord() throws Exception {
        Said said = run("check-devices");
        assertEquals(0, said.code, said.text);
        List<String> lines = said.text.lines().toList();
        assertEquals(4, lines.size(), said.text);
        assertTrue(lines.get(0).matches("cuda: skipped, there is no (.*, )?nvcc, ptxas"), said.text);
        assertTrue(lines.get(1).matches("ptx: skipped, there is no (.*, )?ptxas, g\\+\\+(, cuda.h)?"), said.text);
        assertTrue(lines.get(2).matches("oclgrind: skipped, there is no (.*, )?gcc, (.*, )?oclgrind"), said.text);
        assertTrue(lines.get(3).matches("rusticl: skipped, there is no (.*, )?gcc(, .*)?"), said.text);
        assertEquals(1, run("check-devices", "ptx").text.lines().count());
    }

    @Test
    void helpAndWrongArguments() throws Exception {
        for (String script : List.of("check-devices", "check-sdk")) {
            Said help = run(script, "--help");
            assertEquals(0, help.code, help.text);
            assertTrue(help.text.startsWith("Usage: scripts/" + script), help.text);
            assertEquals(2, run(script, "--wrong").code);
            assertEquals(2, run(script, "wrong").code);
        }
        assertTrue(
                run("check-devices", "opencl").text.contains("no step opencl; there are: cuda ptx oclgrind rusticl"));
        assertTrue(run("check-devices", "--heads", "31").text.contains("not '31'"));
        assertTrue(run("check-devices", "--heads").text.contains("--heads needs a value"));
        assertTrue(run("check-devices", "--golden", "none").text.contains("no golden model none"));
        assertTrue(run("check-devices", "--sdk", bin.toString()).text.contains("is not a TornadoVM SDK"));
    }
}
