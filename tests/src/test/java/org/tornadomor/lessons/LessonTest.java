package org.tornadomor.lessons;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.cli.Main;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the pages of docs/lessons promise. */
class LessonTest {
    private static final Path PAGES = Path.of("../docs/lessons");

    @TempDir
    Path temp;

    private record Outcome(int code, String out, String err) {}

    private static Outcome lesson(Object... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] all = Stream.concat(Stream.of("lesson"), Stream.of(words).map(Object::toString))
                .toArray(String[]::new);
        int code = Main.run(new PrintWriter(out), new PrintWriter(err), all);
        return new Outcome(code, out.toString(), err.toString());
    }

    static IntStream numbers() {
        return Lesson.all().stream().mapToInt(Lesson::number);
    }

    @Test
    void lessonsAreNumberedFromOne() throws IOException {
        assertEquals(
                IntStream.rangeClosed(1, (int) numbers().count()).boxed().toList(),
                numbers().boxed().toList());
        Outcome list = lesson("list");
        assertEquals(0, list.code, list.err);
        JsonNode json = JsonMapper.shared().readTree(lesson("list", "--json").out);
        for (Lesson lesson : Lesson.all()) {
            assertTrue(list.out.contains(lesson.title()), list.out);
            JsonNode one = json.get("lessons").get(lesson.number() - 1);
            assertEquals(lesson.title(), one.get("title").asString());
            String page = Files.readString(PAGES.resolve(lesson.folder()).resolve("README.md"));
            assertTrue(page.startsWith("# Lesson " + lesson.number() + ": " + lesson.title() + "\n"), page);
            assertEquals(page, lesson("show", lesson.number()).out);
        }
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void allVersionsGiveWhatPlainJavaGives(int number) throws Exception {
        Path picture = temp.resolve("picture.svg");
        Outcome run = lesson("run", number, "--json", "--picture", picture);
        assertEquals(0, run.code, run.err);
        JsonNode versions = JsonMapper.shared().readTree(run.out).get("versions");
        Workload workload = Lesson.of(number).workload(true);
        assertEquals(workload.versions().size(), versions.size());
        for (int i = 0; i < versions.size(); i++) {
            assertTrue(versions.get(i).get("equal").asBoolean(), run.out);
            Version.Way way = workload.versions().get(i).way();
            boolean java = way instanceof Version.Plain || way instanceof Version.Check;
            assertEquals(!java, versions.get(i).has("lines"));
        }
        String drawn = Files.readString(picture);
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(drawn)));
        for (int i = 1; i < versions.size(); i++) {
            String name = i + " " + versions.get(i).get("version").asString();
            switch (workload.versions().get(i).way()) {
                case Version.Plain plain -> {}
                case Version.Check check -> {}
                case Version.Model model -> assertTrue(drawn.contains(name + ": active rows by depth"), drawn);
                default -> assertTrue(drawn.contains(name + ", task"), drawn);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void theCpuRunsItsOwn(int number) {
        JsonNode root = JsonMapper.shared().readTree(lesson("run", number, "--engine", "cpu", "--json").out);
        long own = Lesson.of(number).workload(false).versions().stream()
                .filter(version -> !(version.way() instanceof Version.Graph || version.way() instanceof Version.Check))
                .count();
        assertEquals(own, root.get("versions").size());
        for (JsonNode version : root.get("versions")) {
            assertTrue(
                    version.get("equal").asBoolean() && version.get("seconds").asDouble() > 0, version.toString());
        }
        assertTrue(root.get("limit_gb_per_s").asDouble() > 0);
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void anUnfinishedExerciseFailsWithTheMessageOfThePage(int number) throws IOException {
        Path file = Files.writeString(temp.resolve("Mine.java"), lesson("show", number, "--exercise").out);
        Outcome check = lesson("check", number, file);
        assertEquals(1, check.code, check.out);
        assertEquals(1, check.err.lines().count(), check.err);
        String message = check.err.strip().substring("tornado-mor: Mine.java".length());
        assertTrue(message.matches("(?s):\\d+: out\\[0\\] should be .*"), message);
        assertTrue(check.out.contains("unfinished") && check.out.contains("Your turn"), check.out);
        String page = lesson("show", number).out;
        assertTrue(page.contains("Exercise" + number + ".java" + message), "the page does not promise" + message);
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void theSolutionPasses(int number) throws IOException {
        Path file = Files.writeString(temp.resolve("Solution.java"), lesson("solution", number).out);
        Outcome check = lesson("check", number, file);
        assertEquals(0, check.code, check.out);
        assertTrue(JsonMapper.shared()
                .readTree(lesson("check", number, file, "--json").out)
                .get("passed")
                .asBoolean());
        assertEquals(0, lesson("solution", number, "--run").code);
    }

    /** A change of a solution that makes it wrong, and what has to be said about it. */
    private record Wrong(int number, String from, String to, String rule, String line, String... words) {}

    private static final String BARRIER = "            c.localBarrier();\n";
    private static final String IF = "            if (lane < width) {\n";
    private static final String TREE = "        for (int width = GROUP / 2; width > 0; width /= 2) {\n";

    private static final String BEFORE = "        for (int l = 0; l < lane; l++) {\n";

    private static final List<Wrong> WRONG = List.of(
            new Wrong(1, "i < out.getSize()", "i < out.getSize() - 1", "unwritten", "out.set(", "out[31]", "0 to 30"),
            new Wrong(1, "bias.get(i % columns)", "bias.get(i)", "bounds", "out.set(", "element 4 of bias"),
            new Wrong(
                    1,
                    "bias.get(i % columns)",
                    "bias.get((i + 1) % columns)",
                    "wrong-index",
                    "out.set(",
                    "bias[1]",
                    "not bias[0]"),
            new Wrong(1, "out.set(i,", "out.set(i % columns,", "race", "out.set(", "element 0 of out"),
            new Wrong(
                    1,
                    "                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);",
                    ";",
                    "transfer",
                    "new TaskGraph("),
            new Wrong(2, "i < rows * columns", "i <= rows * columns", "bounds", "x.get(i)", "element 120 of x"),
            new Wrong(2, "column * rows + row", "column * columns + row", "race", "out.set(", "of out"),
            new Wrong(2, "x.get(i)", "x.get(column)", "wrong-index", "out.set(", "x[0] was read and not x[8]"),
            new Wrong(2, "int i = c.globalIdx;", "int i = c.localIdx;", "race", "out.set(", "of out"),
            new Wrong(
                    3,
                    TREE + BARRIER,
                    "        c.localBarrier();\n" + TREE,
                    "race",
                    "sums[lane] +=",
                    "no localBarrier()"),
            new Wrong(3, BARRIER, "", "uninitialised_local", "sums[lane] +=", "element 16 of local array 0"),
            new Wrong(3, BARRIER + IF, IF + "    " + BARRIER, "barrier_divergence", "c.localBarrier()", "do not meet"),
            new Wrong(3, "if (lane == 0) {", "if (lane < 2) {", "race", "out.set(", "element 0 of local array 0"),
            new Wrong(
                    3, "width = GROUP / 2", "width = GROUP", "bounds", "sums[lane] +=", "element 32 of local array 0"),
            new Wrong(3, "column < columns", "column < columns - 1", "missing-input", "x.get(", "x[31] was never read"),
            new Wrong(4, BARRIER + "        }", "        }", "race", "Tile[", "no localBarrier()"),
            new Wrong(4, "k0 + x);\n" + BARRIER, "k0 + x);\n", "uninitialised_local", "sum +=", "before any"),
            new Wrong(4, "w.get((j0 + y)", "w.get((j0 + x)", "missing-input", "w.get(", "w[1], w[2]"),
            new Wrong(
                    4,
                    "wTile[x * SIDE + k]",
                    "wTile[k * SIDE + x]",
                    "wrong-value",
                    "out.set(",
                    "made something else of them"),
            new Wrong(4, "k0 < depth;", "k0 < depth - SIDE;", "missing-input", "out.set(", "a[0]"),
            new Wrong(
                    5,
                    "total * TornadoMath.exp(most - next)",
                    "total",
                    "wrong-value",
                    "out.set(",
                    "made something else of them"),
            new Wrong(
                    5,
                    "column < columns; ",
                    "column < columns - 1; ",
                    "missing-input",
                    "x.get(",
                    "x[3] was never read"),
            new Wrong(5, "row < rows", "row <= rows", "bounds", "x.get(", "of x"),
            new Wrong(5, "out.set(row,", "out.set(0,", "race", "out.set(", "element 0 of out"),
            new Wrong(6, "        c.localBarrier();\n", "", "race", "counts[l]", "no localBarrier()"),
            new Wrong(
                    6,
                    "        c.localBarrier();\n        int place = 0;\n" + BEFORE,
                    "        int place = 0;\n" + BEFORE + BARRIER,
                    "barrier_divergence",
                    "c.localBarrier()",
                    "do not meet"),
            new Wrong(6, "l < lane", "l <= lane", "bounds", "out.set(", "element 32 of out"),
            new Wrong(6, "x.get(i));", "x.get(place));", "wrong-value", "out.set(", "made something else of them"),
            new Wrong(6, "out.set(place,", "out.set(i,", "bounds", "out.set(", "of out"),
            new Wrong(6, "int place = 0;", "int place = 1;", "bounds", "out.set(", "element 32 of out"),
            new Wrong(6, "                place++;\n", "", "wrong-value", "out.set(", "written 2 times"),
            new Wrong(7, " - shared", "", "wrong-value", "out.set(", "made something else of them"),
            new Wrong(7, "column < columns; ", "column < columns - 1; ", "missing-input", "shared +=", "dp[3], p[3]"),
            new Wrong(7, "row < rows", "row <= rows", "bounds", "p.get(", "of p"),
            new Wrong(7, "out.set(at + column,", "out.set(column,", "race", "out.set(", "of out"),
            new Wrong(
                    7,
                    "* (dp.get(at + column)",
                    "* (dp.get(at)",
                    "wrong-value",
                    "out.set(",
                    "made something else of them"),
            new Wrong(
                    8,
                    "        c.localBarrier();\n",
                    "",
                    "uninitialised_local",
                    "largest[l]",
                    "element 1 of local array 0"),
            new Wrong(
                    8,
                    "        c.localBarrier();\n        if (lane == 0) {\n",
                    "        if (lane == 0) {\n" + BARRIER,
                    "barrier_divergence",
                    "c.localBarrier()",
                    "do not meet"),
            new Wrong(8, "if (lane == 0) {", "if (lane < 2) {", "race", "out.set(", "element 0 of out"),
            new Wrong(8, "l < GROUP", "l <= GROUP", "bounds", "largest[l]", "element 32 of local array 0"),
            new Wrong(8, "row * columns + column", "row * GROUP + column", "wrong-index", "logits.get(", "was read"),
            new Wrong(
                    8,
                    "places[l] < place",
                    "places[l] > place",
                    "wrong-value",
                    "out.set(",
                    "made something else of them"));

    @TestFactory
    Stream<DynamicTest> aWrongSolutionIsToldLineAndCause() {
        return WRONG.stream()
                .map(wrong -> DynamicTest.dynamicTest(wrong.number + " " + wrong.to.strip(), () -> {
                    String right = lesson("solution", wrong.number).out;
                    String source = right.replace(wrong.from, wrong.to);
                    assertFalse(source.equals(right), wrong.from);
                    Path file = Files.writeString(temp.resolve("Mine.java"), source);
                    JsonNode verdict = JsonMapper.shared().readTree(lesson("check", wrong.number, file, "--json").out);
                    assertEquals(wrong.rule, verdict.get("rule").asString(), verdict.toString());
                    String line = source.split("\n", -1)[verdict.get("line").asInt() - 1];
                    assertTrue(line.contains(wrong.line), line + " " + verdict);
                    for (String word : wrong.words) {
                        assertTrue(verdict.get("cause").asString().contains(word), verdict.toString());
                    }
                }));
    }

    @Test
    void aFileThatJavaDoesNotTakeIsToldTheLine() throws IOException {
        Path file = Files.writeString(
                temp.resolve("Mine.java"), lesson("solution", 1).out.replace("out.set(", "out.put("));
        Outcome check = lesson("check", 1, file);
        assertEquals(1, check.code);
        assertTrue(check.err.matches("(?s)tornado-mor: Mine.java:\\d+: cannot find symbol.*"), check.err);
        Path empty = Files.writeString(temp.resolve("Empty.java"), "class Empty {}");
        assertTrue(lesson("check", 1, empty).err.contains("plan(FloatArray, FloatArray, FloatArray, int)"));
    }

    /** In a JVM of its own, which the file ends. */
    @Test
    void aFileThatEndsTheProgramDoesNotPass() throws Exception {
        String exercise = lesson("show", 1, "--exercise").out();
        Path file = temp.resolve("Ends.java");
        int body = exercise.indexOf('{', exercise.indexOf(" plan(")) + 1;
        Files.writeString(file, exercise.substring(0, body) + " System.exit(0);" + exercise.substring(body));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.tornadomor.cli.Main",
                        "lesson",
                        "check",
                        "1",
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, process.waitFor(), said);
        assertTrue(said.contains("it ends the program (System.exit)"), said);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run 99",
                "show 0",
                "check 1 /nowhere.java",
                "run 1 --device 0:0",
                "run 1 --engine cpu --picture x.svg"
            })
    void whatMakesNoSenseIsSaidInOneLine(String words) {
        Outcome outcome = lesson((Object[]) words.split(" "));
        assertEquals(1, outcome.code, outcome.err);
        assertEquals(1, outcome.err.lines().count(), outcome.err);
        assertEquals("", outcome.out);
    }

    @Test
    void aCommandIsNeeded() {
        assertEquals(2, lesson().code);
        assertEquals(2, lesson("run").code);
    }
}
