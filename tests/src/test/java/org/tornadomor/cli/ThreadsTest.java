package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.trainer.TinyRuns;

/** Commands that run in one JVM leave no threads behind, and take no more than the machine has use for. */
class ThreadsTest {
    private static final Path MILLION = Path.of("src/test/resources/yaml/threads-million.yaml");
    private static final List<String> OURS = List.of("tornadomor-worker-", "tokenise-", "stop-on-signal");

    @TempDir
    Path temp;

    private static Set<Thread> ours() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> OURS.stream().anyMatch(thread.getName()::startsWith))
                .collect(Collectors.toCollection(HashSet::new));
    }

    @Test
    void commandsLeaveNoneBehind() throws IOException {
        Set<Thread> before = ours();
        Path text = TinyRuns.text(temp);
        Path config = Files.writeString(
                temp.resolve("tiny.yaml"), TinyRuns.config(text).toYaml());
        Path run = temp.resolve("run");
        Outcome.of("data", "prepare", text, "-o", temp.resolve("corpus"), "--threads", 3, "--hold-out", "0")
                .succeeds();
        assertNoneSince(before);
        Outcome.of("train", "--config", config, "--out", run, "--steps", 1, "--threads", 3)
                .succeeds();
        assertNoneSince(before);
        Outcome.of("generate", "--model", run, "--prompt", "a", "-n", 2, "--threads", 3)
                .succeeds();
        assertNoneSince(before);
        Outcome.of("evaluate", "--model", run, "--data", text, "--max-tokens", 20, "--threads", 3)
                .succeeds();
        assertNoneSince(before);
        // A command that fails too.
        Outcome.of("generate", "--model", run, "--prompt", "a", "--max-depth", 9, "--threads", 3)
                .failsWith(1, "--max-depth");
        assertNoneSince(before);
    }

    private static void assertNoneSince(Set<Thread> before) {
        Set<Thread> left = ours();
        left.removeAll(before);
        assertEquals(Set.of(), left);
    }

    @Test
    void aMillionIsRefused() throws IOException {
        Path text = TinyRuns.text(temp);
        Path run = temp.resolve("run");
        Path config = Files.writeString(
                temp.resolve("million.yaml"),
                Files.readString(MILLION)
                        .replace("./fx/text.txt", "'" + text.toString().replace('\\', '/') + "'"));
        Outcome.of("train", "--config", config, "--out", run)
                .failsWith(1, "configuration's threads", "is 1,000,000", "at most");
        assertFalse(Files.exists(run));
        Path model = Folders.bytes(temp.resolve("model"));
        Outcome.of("generate", "--model", model, "--prompt", "a", "--threads", 1_000_000)
                .failsWith(1, "--threads is 1,000,000", "at most");
        Outcome.of("data", "prepare", text, "-o", temp.resolve("corpus"), "--threads", 1_000_000)
                .failsWith(1, "--threads is 1,000,000", "at most");
        Outcome.of("experiment", config, "-o", run, "--parallel", 1_000_000)
                .failsWith(1, "--parallel is 1,000,000", "at most");
    }
}
