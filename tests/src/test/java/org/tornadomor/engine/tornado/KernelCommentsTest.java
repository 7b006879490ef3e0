package org.tornadomor.engine.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who opens a file of kernels finds in its class comment what it computes, who does what, and the lesson that leads to it. */
class KernelCommentsTest {
    private static final Path SOURCES = Path.of("../tornado-kernels/src/main/java/org/tornadomor/engine/tornado");
    private static final Path LESSONS = Path.of("../docs/lessons");

    private static final Pattern KERNEL = Pattern.compile("\n    static void \\w+\\(\\s*KernelContext ");
    private static final Pattern COMMENT =
            Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\n(?:@\\w+\n)*(?:public |final )*class ", Pattern.DOTALL);
    private static final Pattern GRID = Pattern.compile("<pre>\\{@code(.*?)\\}</pre>", Pattern.DOTALL);
    private static final Pattern FORMULA = Pattern.compile("\\{@code [^}]*[^}<>=!]\\+?= ?[^}]*\\}");
    private static final Pattern LESSON = Pattern.compile("docs/lessons/([0-9a-z-]+)");

    @Test
    void eachHasFormulaGridAndLesson() throws IOException {
        List<String> lacking = new ArrayList<>();
        int files = 0;
        try (Stream<Path> all = Files.list(SOURCES)) {
            for (Path file : all.sorted().toList()) {
                String source = Files.readString(file);
                if (KERNEL.matcher(source).find()) {
                    files++;
                    lacking.addAll(lacking(file.getFileName().toString(), source));
                }
            }
        }
        assertEquals(List.of(), lacking);
        assertTrue(files > 20, files + " files have kernels");
    }

    @Test
    void whatIsLackingIsSeen() throws IOException {
        String rmsNorm = Files.readString(SOURCES.resolve("RmsNorm.java"));
        assertEquals(List.of(), lacking("RmsNorm", rmsNorm));
        assertEquals(
                List.of("RmsNorm: no formula"),
                lacking("RmsNorm", rmsNorm.replaceFirst("\\{@code out = [^}]*}", "it")));
        assertEquals(List.of("RmsNorm: no picture of the grid"), lacking("RmsNorm", rmsNorm.replaceFirst("<pre>", "")));
        assertEquals(
                List.of("RmsNorm: no lesson"),
                lacking("RmsNorm", rmsNorm.replace("docs/lessons/03-sums-together", "docs/lessons/03-sums")));
    }

    private static List<String> lacking(String name, String source) {
        Matcher comment = COMMENT.matcher(source);
        if (!comment.find()) {
            return List.of(name + ": no class comment");
        }
        String text = comment.group(1).replaceAll("\n \\* ?", "\n");
        List<String> lacking = new ArrayList<>();
        Matcher grid = GRID.matcher(text);
        if (!grid.find() || !grid.group(1).contains("item")) {
            lacking.add(name + ": no picture of the grid");
        }
        if (!FORMULA.matcher(GRID.matcher(text).replaceAll("")).find()) {
            lacking.add(name + ": no formula");
        }
        Matcher lesson = LESSON.matcher(text);
        if (!lesson.find() || !Files.exists(LESSONS.resolve(lesson.group(1)).resolve("README.md"))) {
            lacking.add(name + ": no lesson");
        }
        return lacking;
    }
}
