package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.terminal.TerminalPrinter;
import org.tornadomor.trainer.TinyRuns;

/** What commands print to narrow terminals: no line is longer, unless it is one word. */
class TerminalWidthTest {
    @TempDir
    static Path temp;

    private static Path run;
    private static Path text;
    private static Path corpus;

    @BeforeAll
    static void prepare() throws IOException {
        text = TinyRuns.text(temp);
        run = temp.resolve("run");
        Path config = Files.writeString(
                temp.resolve("tiny.yaml"),
                TinyRuns.with(TinyRuns.config(text), "model.mor={num_recursions: 2, router: expert_choice}")
                        .toYaml());
        Outcome.of("train", "--config", config, "--steps", 1, "--out", run).succeeds();
        Path texts = Files.createDirectories(temp.resolve("texts"));
        for (int i = 0; i < 40; i++) {
            Files.writeString(texts.resolve(i + ".txt"), "document " + i + " says something. ".repeat(5));
        }
        corpus = temp.resolve("corpus");
        Outcome.of("data", "prepare", texts, "-o", corpus).succeeds();
    }

    /** What a command shows on a terminal: results and messages. */
    static List<String> lines(int columns, Object... args) {
        StringWriter shown = new StringWriter();
        PrintWriter out = new TerminalPrinter(shown, true, columns);
        String[] words = Stream.of(args).map(Object::toString).toArray(String[]::new);
        int code = Main.run(out, out, words);
        assertEquals(0, code, shown::toString);
        return shown.toString().lines().toList();
    }

    private static void fit(int columns, List<String> lines) {
        assertFalse(lines.isEmpty());
        for (String line : lines) {
            boolean oneWord = line.strip().indexOf(' ') < 0;
            assertTrue(line.length() <= columns || oneWord, () -> columns + ": " + line);
        }
    }

    @TestFactory
    Stream<DynamicTest> noLineWraps() {
        return Stream.of(
                        new Object[] {"params"},
                        new Object[] {"params", "tiny"},
                        new Object[] {"params", "360m-mor2", "360m-mor3", "--budget", "16.5e18"},
                        new Object[] {"info", run},
                        new Object[] {"data", "info", corpus, "--samples", 0},
                        new Object[] {"tokenizer", "info", "bytes", "--data", text},
                        new Object[] {"evaluate", "--model", run, "--data", text, "--max-tokens", 200},
                        new Object[] {"evaluate", "--tasks", "list"},
                        new Object[] {"generate", run, "ab", "-n", 4, "--report", "transfers"})
                .flatMap(args -> Stream.of(60, 80)
                        .map(columns -> DynamicTest.dynamicTest(
                                columns + " " + args[0] + (args.length > 1 ? " " + args[1] : ""),
                                () -> fit(columns, lines(columns, args)))));
    }

    /** Nothing is lost on the way: each figure of the wide table stands in the narrow one. */
    @TestFactory
    Stream<DynamicTest> narrowTablesSayTheSame() {
        return Stream.of(new Object[] {"params"}, new Object[] {"data", "info", corpus, "--samples", 0})
                .map(args -> DynamicTest.dynamicTest(args[0].toString(), () -> {
                    List<String> narrow = lines(60, args);
                    for (String line : Outcome.of(args).succeeds().out().lines().toList()) {
                        // A list has the headings of its lines.
                        String named = line.replaceFirst("^source +", "");
                        for (String word : named.strip().split(" +")) {
                            assertTrue(narrow.stream().anyMatch(l -> l.contains(word)), word);
                        }
                    }
                }));
    }
}
