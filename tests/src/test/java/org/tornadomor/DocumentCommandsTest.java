package org.tornadomor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.CommandLines;
import org.tornadomor.cli.Main;
import org.tornadomor.cli.Shell;
import org.tornadomor.trainer.TinyRuns;

/**
 * The commands of README and docs: each is one that the program takes, and each is run, shortened and on a small text, unless the
 * list below says why it is not.
 */
class DocumentCommandsTest {
    private static final Path PROJECT = Path.of("..");
    private static final Pattern COMMAND =
            Pattern.compile("(?:^|[|;(] *)(?:[A-Z_]+=(?:\"[^\"]*\"|\\S+) +)*\\./tornado-mor\\b *([^|>)]*)");

    /** A command within a sentence. */
    private static final Pattern INLINE = Pattern.compile("`(?:[A-Z_]+=\\S+ )*(?:\\./)?tornado-mor ([^`|>)]+)`");

    private static final Pattern SCRIPT = Pattern.compile("(?:^|[\\s`(])(scripts/[A-Za-z0-9_./-]+|\\.ci/run)");
    private static final String RUNS_ELSEWHERE = "ReadmeTest runs it";

    /** Commands that are not run here, by what is in them, and why. */
    private static final Map<String, String> NOT_RUN = new LinkedHashMap<>();

    static {
        NOT_RUN.put("^demo", "takes minutes; InterruptTest runs it");
        NOT_RUN.put("^serve", "does not end; ServeCommandTest and the tests of the server run it");
        NOT_RUN.put("^play", "talks; PlayCommandTest runs it");
        NOT_RUN.put("synthetic:|^experiment", RUNS_ELSEWHERE + ", and ExperimentCommandTest");
        NOT_RUN.put("--tasks (?!list)|--task ", "takes data sets; TaskCommandTest runs it on small ones");
        NOT_RUN.put(
                "\\.gguf|stories|tok512", "takes a file of others; GgufCommandTest and Llama2cCommandTest make some");
        NOT_RUN.put(
                "--engine tornado|--device", "takes a device; scripts/check-sdk runs such commands where there is one");
        NOT_RUN.put("runs/experiments/", "takes a trained grid; " + RUNS_ELSEWHERE + " in short");
        NOT_RUN.put(
                "Ouro-|results/pretrain/|--model mor ",
                "takes weights of others; OuroGoldenTest and OfficialCommandTest make some");
        NOT_RUN.put("runs/exits", "takes a model that was trained to leave early; ExitCommandsTest makes one");
        NOT_RUN.put("--precision bfloat16|--products onednn", "takes a library of others; ProductsTest runs it");
        NOT_RUN.put("--cluster", "takes Spark; the tests of module cluster run it");
        NOT_RUN.put("^lesson check|^lesson run", "LessonTest runs it");
        NOT_RUN.put(
                "^teacher |corpora/jdk-llama",
                "takes a teacher of the corpus's own tokenizer; TeacherCommandTest makes one");
        NOT_RUN.put("^train --preset small", "a larger model, of which a checkpoint takes 300 MB");
        NOT_RUN.put("^export runs/", "takes runs of several kinds; ExportCommandTest makes them");
    }

    /** What takes the place of options that make a command long. */
    private static final Map<String, List<String>> SHORT = Map.of(
            "--minutes", List.of("--steps", "1"),
            "--steps", List.of("--steps", "1"),
            "--tokens", List.of("--steps", "1"),
            "--vocab-size", List.of("--vocab-size", "300"),
            "--max-tokens", List.of("--max-tokens", "200"),
            "--context", List.of("--context", "32"),
            "--batch", List.of("--batch", "1"));

    private static final Pattern PATHS = Pattern.compile(
            "(runs|corpora|notes)/.*|(llama|relaxed|recursive|mor|bpe4096|compared\\.html|text\\.txt|book\\.txt|llama-again|model"
                    + "|mmlu\\.jsonl?)(/.*)?");

    @TempDir
    static Path temp;

    private static String text;

    @BeforeAll
    static void makeWhatReadersHave() throws IOException {
        text = TinyRuns.text(temp).toString();
        Files.writeString(temp.resolve("book.txt"), Files.readString(Path.of(text)));
        Files.createDirectories(temp.resolve("notes"));
        Files.writeString(temp.resolve("notes/a.md"), Files.readString(Path.of(text)));
        CommandLines.plainModel(temp.resolve("llama"));
        String model = CommandLines.plainModel(temp.resolve("plain")).toString();
        run(
                "train",
                "--init",
                model,
                "--data",
                text,
                "--steps",
                "1",
                "--batch",
                "1",
                "--context",
                "32",
                "--out",
                temp.resolve("runs/demo").toString(),
                "--samples",
                "0",
                "--set",
                "eval_samples=1");
    }

    private static void run(String... words) {
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err), words);
        assertEquals(0, code, () -> String.join(" ", words) + ": " + err);
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.walk(PROJECT.resolve("docs"))) {
            // The pages of commands are their --help, of which HelpTest takes care.
            return Stream.concat(
                            Stream.of(PROJECT.resolve("README.md")),
                            docs.filter(file -> file.toString().endsWith(".md")
                                            && !file.startsWith(PROJECT.resolve("docs/cli")))
                                    .sorted())
                    .toList();
        }
    }

    /** The commands of a document's blocks, without the program's name; lines that go on are put together. */
    private static List<String> commands(Path document) throws IOException {
        List<String> commands = new ArrayList<>();
        boolean fenced = false;
        StringBuilder line = new StringBuilder();
        for (String each : Files.readAllLines(document)) {
            fenced ^= each.startsWith("```");
            if (!fenced && !each.startsWith("    ")) {
                line.setLength(0);
                continue;
            }
            line.append(line.isEmpty() ? each.strip() : " " + each.strip());
            if (line.toString().endsWith("\\")) {
                line.setLength(line.length() - 1);
                continue;
            }
            COMMAND.matcher(line.toString().replaceAll(" +", " "))
                    .results()
                    .forEach(match -> commands.add(match.group(1).strip()));
            line.setLength(0);
        }
        return commands;
    }

    /** The commands within sentences, without the program's name. */
    private static List<String> inline(Path document) throws IOException {
        return INLINE.matcher(Files.readString(document))
                .results()
                .map(match -> match.group(1).replaceAll("\\s+", " "))
                .toList();
    }

    private static String reason(String command) {
        return NOT_RUN.entrySet().stream()
                .filter(entry ->
                        Pattern.compile(entry.getKey()).matcher(command).find())
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    @TestFactory
    Stream<DynamicTest> everyCommandIsOneThatTheProgramTakes() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path document : documents()) {
            List<String> commands = new ArrayList<>(commands(document));
            // A command's name alone says what the sentence is about.
            inline(document).stream().filter(line -> line.contains(" ")).forEach(commands::add);
            for (String command : commands) {
                List<String> words = new ArrayList<>(Shell.words(command));
                words.removeAll(List.of("...", "COMMAND"));
                tests.add(DynamicTest.dynamicTest(
                        document.getFileName() + ": " + command, () -> CommandLines.parse(words)));
            }
        }
        assertTrue(tests.size() > 50, tests.size() + " commands");
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> everyScriptIsThere() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path document : documents()) {
            SCRIPT.matcher(Files.readString(document))
                    .results()
                    .map(match -> match.group(1).replaceAll("[/.]+$", ""))
                    .distinct()
                    .forEach(script -> tests.add(DynamicTest.dynamicTest(document.getFileName() + ": " + script, () -> {
                        assertTrue(Files.exists(PROJECT.resolve(script)), script);
                    })));
        }
        assertFalse(tests.isEmpty());
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> theyRun() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path document : documents()) {
            for (String command : commands(document)) {
                if (reason(command) == null) {
                    tests.add(DynamicTest.dynamicTest(
                            document.getFileName() + ": " + command, () -> run(shortened(Shell.words(command)))));
                }
            }
        }
        assertTrue(tests.size() >= 14, tests.size() + " commands run");
        return tests.stream();
    }

    /** A reason whose command is in no document any more has to go. */
    @Test
    void everyReasonHasItsCommand() throws IOException {
        List<String> commands = new ArrayList<>();
        for (Path document : documents()) {
            commands.addAll(commands(document));
        }
        for (String pattern : NOT_RUN.keySet()) {
            assertTrue(
                    commands.stream()
                            .anyMatch(command ->
                                    Pattern.compile(pattern).matcher(command).find()),
                    pattern);
        }
    }

    private static String[] shortened(List<String> words) throws IOException {
        List<String> result = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i).replace("PRESET", "tiny-mor2");
            if (SHORT.containsKey(word)) {
                result.addAll(SHORT.get(word));
                i++;
            } else if (word.equals("jdk") || word.startsWith("jdk:")) {
                result.add(text);
            } else if (PATHS.matcher(word).matches()) {
                result.add(temp.resolve(word).toString());
            } else {
                result.add(word);
            }
        }
        if (words.getFirst().equals("train")) {
            result.addAll(List.of("--samples", "0", "--set", "eval_samples=1"));
            for (String option : List.of("--batch", "--context")) {
                if (!result.contains(option)) {
                    result.addAll(SHORT.get(option));
                }
            }
        }
        for (String option : List.of("--out", "-o")) {
            int at = result.indexOf(option);
            if (at >= 0) {
                delete(Path.of(result.get(at + 1)));
            }
        }
        return result.toArray(String[]::new);
    }

    /** Two documents may make the same folder. */
    private static void delete(Path path) throws IOException {
        assertTrue(path.startsWith(temp), path::toString);
        if (Files.exists(path)) {
            try (Stream<Path> files = Files.walk(path)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Test
    void commandsAreFoundInBlocks() throws IOException {
        Path document = Files.writeString(temp.resolve("some.md"), """
                Text with `./tornado-mor info x` in it.

                    ./tornado-mor info a \\
                        --json
                    echo x | ./tornado-mor play --model b > c
                    JAVA_OPTS=-Xmx1g ./tornado-mor train ...

                ```
                ./tornado-mor devices
                ```
                """);
        assertEquals(List.of("info a --json", "play --model b", "train ...", "devices"), commands(document));
        assertFalse(commands(document).isEmpty());
    }
}
