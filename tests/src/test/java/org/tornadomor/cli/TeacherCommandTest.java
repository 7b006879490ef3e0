package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.options.ExitCode;
import org.tornadomor.trainer.TinyRuns;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TeacherCommandTest {
    @TempDir
    Path temp;

    private Path corpus;
    private Path model;
    private Path out;

    @BeforeEach
    void makeTeacher() {
        corpus = temp.resolve("corpus");
        Outcome.of("data", "prepare", TinyRuns.text(temp), "-o", corpus, "--hold-out", "0%")
                .succeeds();
        model = temp.resolve("model");
        TinyRuns.train(TinyRuns.with(TinyRuns.config(corpus), "steps=2", "eval_every=0", "eval_samples=0"), model);
        out = temp.resolve("out");
    }

    private Outcome teacher(Object... more) {
        Object[] words = {"teacher", "--model", model, "--data", corpus, "-o", out, "--context", 16, "--engine", "cpu"};
        Object[] all = Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return Outcome.of(all);
    }

    @Test
    void writesAndIsLearntFrom() {
        Outcome first = teacher("--top-k", 8).succeeds();
        assertTrue(first.out().contains("the 8 likeliest tokens have "), first.out());
        assertTrue(first.out().contains("tokens a second"), first.out());
        assertTrue(first.out().contains("--context 16 --distill " + out), first.out());
        Outcome again = teacher("--top-k", 8).succeeds();
        assertTrue(again.out().contains("all of it was there, and its checksums are right"), again.out());
        Outcome json = teacher("--top-k", 8, "--json").succeeds();
        JsonNode node = JsonMapper.shared().readTree(json.out());
        assertEquals(0, node.path("written").asLong());
        assertEquals(8, node.path("top_k").asInt());
        assertEquals(16 * node.path("samples").asLong(), node.path("tokens").asLong());
        assertTrue(node.path("mass").asDouble() > 0 && node.path("mass").asDouble() < 1);
        Path run = temp.resolve("run");
        Object[] learn = {
            "train",
            "--init",
            model,
            "--data",
            corpus,
            "--context",
            16,
            "--steps",
            2,
            "--engine",
            "cpu",
            "--distill",
            out,
        };
        Outcome.of(with(learn, "--out", run)).succeeds();
        Outcome refused = Outcome.of(with(learn, "--out", temp.resolve("js"), "--kd-kind", "js"));
        // A line before it says that nothing is held out of so short a text.
        assertEquals(ExitCode.FAILURE, refused.code(), refused.err());
        assertTrue(refused.err().contains("which only forward can learn from"), refused.err());
    }

    private static Object[] with(Object[] words, Object... more) {
        Object[] all = Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return all;
    }

    @Test
    void badInputIsOneLine() {
        teacher("--top-k", 0).failsWith(ExitCode.FAILURE, "--top-k is 0");
        teacher("--top-k", 258).failsWith(ExitCode.FAILURE, "--top-k is 258", "knows 257 tokens");
        teacher("--kd-temperature", 0).failsWith(ExitCode.FAILURE, "--kd-temperature is 0");
        Outcome.of("teacher", "--model", model, "--data", temp, "-o", out).failsWith(ExitCode.FAILURE, "data prepare");
        Outcome.of("teacher", "--model", model, "--data", corpus, "-o", corpus.resolve("x"))
                .failsWith(ExitCode.FAILURE, "lies in");
        Outcome.of("teacher", "--model", temp.resolve("none"), "--data", corpus, "-o", out)
                .failsWith(ExitCode.FAILURE, "none");
        assertTrue(!Files.exists(out));
    }
}
