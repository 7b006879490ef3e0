package org.tornadomor.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.Outcome;

/** An option that was given and changes nothing is an error, and so is a result that would replace what it is made of. */
class NoEffectTest {
    @TempDir
    Path folder;

    private Path text;
    private Path lines;
    private Path texts;

    @BeforeEach
    void writeTexts() throws IOException {
        text = Files.writeString(folder.resolve("plain.txt"), "some plain words ".repeat(20));
        lines = Files.writeString(
                folder.resolve("lines.json"), "{\"body\": \"some words\"}\n{\"body\": \"other words\"}\n");
        texts = Files.createDirectories(folder.resolve("texts"));
        Files.writeString(texts.resolve("a.txt"), "words of a ".repeat(20));
        Files.writeString(texts.resolve("b.md"), "words of b ".repeat(20));
    }

    private static Outcome run(String command, Object... more) {
        List<Object> words = new ArrayList<>(List.of(command.split(" ")));
        Collections.addAll(words, more);
        return Outcome.of(words.toArray());
    }

    private Outcome prepare(Object... more) {
        List<Object> words = new ArrayList<>(List.of("data", "prepare", "--hold-out", 0));
        Collections.addAll(words, more);
        words.addAll(List.of("-o", folder.resolve("corpus-" + Math.abs(words.hashCode()))));
        return Outcome.of(words.toArray());
    }

    @Test
    void ofTextSources() throws IOException {
        prepare(text, "--text-field", "body").failsWith(1, "--text-field changes nothing");
        prepare(text, "--text-field", "text").failsWith(1, "--text-field changes nothing");
        prepare(texts, "--text-field", "body").failsWith(1, "--text-field changes nothing");
        prepare(texts + "/*", "--text-field", "body").failsWith(1, "--text-field changes nothing");
        prepare("synthetic:sums", "--text-field", "body").failsWith(1, "--text-field changes nothing");
        prepare(lines, text, "--text-field", "body").succeeds();
        Files.copy(lines, texts.resolve("c.json"));
        prepare(texts, "--text-field", "body").succeeds();
        prepare(texts, "--text-field", "body", "--ext", "txt").failsWith(1, "--text-field changes nothing");
        prepare(text, "--ext", "txt").failsWith(1, "--ext changes nothing");
        prepare(text, "--filter", "*.txt").failsWith(1, "--filter changes nothing");
        prepare(lines, "--ext", "json", "--text-field", "body").failsWith(1, "--ext changes nothing");
        prepare("jdk:java.base/java/lang/A*", "--filter", "*.md").failsWith(1, "--filter changes nothing");
        assertEquals(0, prepare(texts, text, "--filter", "*.txt").code());
        // A defect of before: a glob passed over both.
        String out = prepare(texts + "/*", "--ext", "md").succeeds().out();
        assertTrue(out.contains("220"), out);
        prepare(texts + "/*", "--filter", "*.nothing").failsWith(1, "no file matches");
    }

    @Test
    void ofOtherCommandsThatReadText() {
        Path corpus = folder.resolve("corpus");
        Outcome.of("data", "prepare", texts, "-o", corpus, "--hold-out", 0).succeeds();
        run("tokenizer info bytes --filter *.txt").failsWith(1, "--filter changes nothing");
        run("tokenizer info bytes --max-bytes 5 --text-field x").failsWith(1, "--text-field and --max-bytes change");
        run("tokenizer info bytes --data", text, "--text-field", "x").failsWith(1, "--text-field changes nothing");
        run("tokenizer info bytes --text-field body --data", lines).succeeds();
        run("tokenizer train --ext txt -o", folder.resolve("bpe"), text).failsWith(1, "--ext changes nothing");
        run("tokenizer train --vocab-size 260 --text-field body -o", folder.resolve("bpe"), lines)
                .succeeds();
        for (String option : List.of("--filter", "--text-field")) {
            run("train --steps 1 --out", folder.resolve("no"), "--data", text, option, "x")
                    .failsWith(1, option + " changes nothing");
            run("train --steps 1 --out", folder.resolve("no"), "--data", corpus, option, "x")
                    .failsWith(1, option + " changes nothing", "prepared");
        }
        run("train --hold-out 0 --eval-every 5 --out", folder.resolve("no"), "--data", text)
                .failsWith(1, "--eval-every changes nothing");
        run("train --hold-out 0 --no-keep-best --out", folder.resolve("no"), "--data", text)
                .failsWith(1, "--no-keep-best changes nothing");
        run("train --steps 5 --stop-after 6 --out", folder.resolve("no"), "--data", text)
                .failsWith(1, "--stop-after changes nothing");
        run("data info --samples 0 --seed 3", corpus).failsWith(1, "--seed changes nothing");
        assertFalse(Files.exists(folder.resolve("no")));
    }

    @Test
    void ofSampling() {
        for (String options : List.of(
                "--greedy --temperature 0.5",
                "--greedy --top-k 5",
                "--greedy --top-p 0.5",
                "--greedy --seed 4",
                "--temperature 0 --top-k 5",
                "--temperature 0 --seed 4",
                "--top-k 1 --temperature 0.3",
                "--top-k 1 --seed 4",
                "--greedy --min-p 0.1",
                "--greedy --samples 2",
                "--top-k 1 --samples 2",
                "--min-p 1 --top-p 0.5",
                "--min-p 1 --samples 2",
                "-n 1 --frequency-penalty 0.5",
                "--json --show-depth",
                "--max-depth 1 --threshold 0.3")) {
            String idle = options.substring(options.lastIndexOf("--")).split(" ")[0];
            run("generate --model none --prompt x " + options).failsWith(1, idle + " changes nothing");
        }
    }

    @Test
    void ofPromptsOfTokens() {
        for (String option : List.of("--bos", "--no-bos", "--no-parse-special")) {
            run("generate --model none --prompt-tokens 1,2 " + option).failsWith(1, option + " changes nothing");
            run("generate --model none --prompt x --prompt-tokens 1,2 " + option)
                    .failsWith(1, "none");
        }
    }

    @Test
    void ofReports() {
        for (String command : List.of(
                "convert --model none --out no --recursions 1 --sharing cycle --init stepwise",
                "experiment none.yaml --dry-run",
                "experiment depth none")) {
            run(command + " --report transfers").failsWith(1, "--report changes nothing", "not reported on");
        }
    }

    @Test
    void outputsAreNoInputs() throws IOException {
        Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 2]]");
        run("logits --model none --mode causal --input", ids, "--out", ids).failsWith(1, "would take its place");
        assertEquals("[[1, 2]]", Files.readString(ids));
        Path inside = texts.resolve("corpus");
        Outcome.of("data", "prepare", texts, "-o", inside).failsWith(1, "lies in folder");
        assertFalse(Files.exists(inside));
        Outcome.of("data", "prepare", texts + "/**", "-o", inside).failsWith(1, "lies in files");
        Outcome.of("data", "prepare", texts, "-o", texts).failsWith(1);
        // Nothing of it would be read there.
        Outcome.of("data", "prepare", texts, "--ext", "md", "--hold-out", 0, "-o", inside)
                .succeeds();
        run("train --steps 1 --out", texts.resolve("run"), "--data", texts).failsWith(1, "choose another --out");
        assertFalse(Files.exists(texts.resolve("run")));
        run("tokenizer train --vocab-size 260 -o", texts.resolve("t.json"), texts)
                .failsWith(1, "choose another --out");
    }
}
