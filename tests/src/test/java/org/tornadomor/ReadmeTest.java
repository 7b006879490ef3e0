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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.Main;
import org.tornadomor.trainer.TinyRuns;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What the README and docs show works as it stands there: the Java, and the experiments in a shortened form. */
class ReadmeTest {
    private static final Path PROJECT = Path.of("..");
    private static final Pattern JAVA = Pattern.compile("(?s)```java\n(.*?)```");
    private static final long DEADLINE_SECONDS = 60;

    private static final String PROGRAM = """
            import java.nio.file.Path;
            import org.tornadomor.*;
            import org.tornadomor.language.*;
            import org.tornadomor.engine.*;
            import org.tornadomor.engine.tornado.*;

            class Example {
                public static void main(String[] args) {
            %s
                }
            }
            """;

    @TempDir
    Path temp;

    private static void succeeds(Object... args) {
        StringWriter err = new StringWriter();
        String[] words = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
        assertEquals(
                0,
                Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err), words),
                () -> String.join(" ", words) + ": " + err);
    }

    /** The example of a document, compiled. @return where its classes are */
    private Path compiled(String document) throws IOException {
        List<String> snippets = JAVA.matcher(Files.readString(PROJECT.resolve(document)))
                .results()
                .map(match -> match.group(1))
                .toList();
        assertEquals(1, snippets.size(), document);
        Path source = Files.writeString(temp.resolve("Example.java"), PROGRAM.formatted(snippets.getFirst()));
        Path classes = Files.createDirectories(temp.resolve("classes"));
        String classPath = System.getProperty("java.class.path");
        int code = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-cp", classPath, "-d", classes.toString(), source.toString());
        assertEquals(0, code, document);
        return classes;
    }

    @Test
    void itsJavaRunsWhereTheDemoHasRun() throws Exception {
        Path config = Files.writeString(
                temp.resolve("tiny.yaml"), TinyRuns.config(TinyRuns.text(temp)).toYaml());
        succeeds("train", "--config", config, "--steps", 1, "--out", temp.resolve("runs/demo"));
        Path classes = compiled("README.md");
        Path shown = temp.resolve("shown.txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classes + System.getProperty("path.separator") + System.getProperty("java.class.path"),
                        "Example")
                .directory(temp.toFile())
                .redirectErrorStream(true)
                .redirectOutput(shown.toFile())
                .start();
        assertTrue(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS));
        // Of an untrained model nobody knows whether it writes UTF-8.
        String text = new String(Files.readAllBytes(shown), java.nio.charset.StandardCharsets.ISO_8859_1);
        assertEquals(0, process.exitValue(), text);
        assertTrue(text.contains(" at a mean depth of 1.0"), text);
    }

    @Test
    void theJavaForADeviceCompiles() throws IOException {
        compiled("docs/tornadovm.md");
    }

    @Test
    void theExperimentsOfTheDocumentsRun() throws IOException {
        List<String> commands;
        try (Stream<String> lines = Files.lines(PROJECT.resolve("docs/experiments.md"))) {
            commands = lines.takeWhile(line -> !line.startsWith("## "))
                    .filter(line -> line.startsWith("    ./tornado-mor "))
                    .map(line -> line.strip().substring("./tornado-mor ".length()))
                    .toList();
        }
        assertTrue(commands.size() >= 5, commands::toString);
        String text = Files.writeString(temp.resolve("text.txt"), "int x = 1; // one of many\n".repeat(1000))
                .toString();
        for (String command : commands) {
            List<Object> words = new ArrayList<>();
            for (String word : command.split(" ")) {
                words.add(
                        word.equals("jdk")
                                ? text
                                : word.startsWith("scripts/")
                                        ? shortened(PROJECT.resolve(word), text)
                                        : word.startsWith("runs/") ? temp.resolve(word) : word);
            }
            words.addAll(
                    switch (command.split(" ")[0]) {
                        case "train" -> List.of("--steps", 1, "--batch", 1, "--set", "eval_samples=1");
                        case "tokenizer" -> List.of();
                        default -> command.contains(" depth ") ? List.of("--documents", 2) : List.of();
                    });
            int minutes = words.indexOf("--minutes");
            if (minutes >= 0) {
                words.subList(minutes, minutes + 2).clear();
            }
            succeeds(words.toArray());
        }
        assertTrue(Files.exists(temp.resolve("runs/experiments/jdk/results.md")));
    }

    /** A grid of one size, one small model and one small budget, on another text. */
    private Path shortened(Path grid, String text) throws IOException {
        YAMLMapper yaml = new YAMLMapper();
        ObjectNode root = (ObjectNode) yaml.readTree(Files.readString(grid));
        ObjectNode base = (ObjectNode) root.get("base");
        ObjectNode data = (ObjectNode) base.get("data");
        ((ArrayNode) data.get("sources")).removeAll().add(text);
        data.put("hold_out", "10%");
        String tokenizer = base.get("tokenizer").asString();
        assertFalse(Path.of(tokenizer).isAbsolute());
        base.put("tokenizer", temp.resolve(tokenizer).toString());
        base.put("eval_samples", 2).put("context", 16).put("batch", 1);
        ObjectNode model = (ObjectNode) base.get("model");
        model.put("num_hidden_layers", 2);
        ObjectNode sizes = (ObjectNode) root.get("sizes");
        sizes.retain(sizes.propertyNames().iterator().next());
        ObjectNode size = (ObjectNode) sizes.iterator().next();
        ((ArrayNode) size.get("budgets")).removeAll().add(5e7);
        ((ArrayNode) size.get("seeds")).removeAll().add(1);
        ((ObjectNode) root.get("models")).retain("vanilla");
        return Files.writeString(temp.resolve("grid.yaml"), root.toString());
    }
}
