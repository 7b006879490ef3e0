package org.tornadomor.lessons;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.EngineChoice;
import org.tornadomor.cli.options.JsonOption;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor lesson check}. */
@Command(
        name = "check",
        description =
                "Compiles your file and runs it on the simulator with all checks on; says what is wrong and where.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor lesson show 1 --exercise > Exercise1.java",
            "  tornado-mor lesson check 1 Exercise1.java",
            "  tornado-mor lesson check 1 Exercise1.java --picture what-it-did.html",
        })
final class CheckCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "N", description = "The number of the lesson.")
    private int number;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FILE",
            description = "Your file. Default: ExerciseN.java here, else in docs/lessons, else as it was given out.")
    private Path file;

    @Option(
            names = "--picture",
            paramLabel = "FILE",
            description =
                    "Write a picture of what it did, up to the fault: an SVG, or a page if the name ends in .html.")
    private Path pictureFile;

    @Mixin
    private JsonOption json;

    @Override
    public void run() {
        Lesson lesson = Lesson.of(number);
        EngineChoice.requireSimulator();
        Path path = file == null ? LessonFiles.learnersFile(lesson) : file;
        String name = path == null ? LessonFiles.exerciseName(lesson) : String.valueOf(path.getFileName());
        String source = path == null ? LessonFiles.exercise(lesson) : read(path);
        Picture picture = pictureFile == null ? null : new Picture();
        Checker.Verdict verdict = new Checker(lesson, name, source, picture).check();
        PrintWriter out = spec.commandLine().getOut();
        if (json.wanted()) {
            JsonOption.print(out, json(lesson, name, verdict));
        } else {
            print(lesson, name, source, verdict, out);
        }
        if (picture != null) {
            PictureFile.write(pictureFile, picture, "Lesson " + number + ": " + name);
        }
        if (!verdict.passed()) {
            Finding finding = verdict.finding();
            throw new UserError(place(name, finding) + finding.cause());
        }
    }

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw UserError.file("read", path, e);
        }
    }

    private static String place(String name, Finding finding) {
        return finding.line() > 0 ? name + ":" + finding.line() + ": " : name + ": ";
    }

    private static void print(Lesson lesson, String name, String source, Checker.Verdict verdict, PrintWriter out) {
        if (verdict.passed()) {
            out.println(
                    name + " is right on all " + verdict.of() + " cases: no wrong value, no race, no access outside of"
                            + " an array, no barrier that some miss.");
            return;
        }
        Finding finding = verdict.finding();
        out.println("Asked for: " + lesson.exercise().task());
        if (verdict.trial() != null) {
            out.println("Case " + verdict.tried() + " of " + verdict.of() + ": " + verdict.trial());
        }
        out.println();
        out.println(place(name, finding) + finding.rule());
        String[] lines = source.split("\\R", -1);
        if (finding.line() > 0 && finding.line() <= lines.length) {
            out.println();
            out.println("    " + lines[finding.line() - 1].strip());
        }
        out.println();
        out.println("What happened: " + finding.cause());
        out.println("What to do:    " + finding.hint());
    }

    private static ObjectNode json(Lesson lesson, String name, Checker.Verdict verdict) {
        ObjectNode root = JsonOption.object();
        root.put("lesson", lesson.number())
                .put("file", name)
                .put("passed", verdict.passed())
                .put("cases", verdict.of())
                .put("cases_tried", verdict.tried());
        if (!verdict.passed()) {
            Finding finding = verdict.finding();
            root.put("case", verdict.trial())
                    .put("rule", finding.rule())
                    .put("line", finding.line())
                    .put("cause", finding.cause())
                    .put("hint", finding.hint());
        }
        return root;
    }
}
