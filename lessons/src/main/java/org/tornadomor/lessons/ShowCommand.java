package org.tornadomor.lessons;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tornado-mor lesson show}. */
@Command(
        name = "show",
        description = "Prints the page of a lesson, or its exercise to edit.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {"  tornado-mor lesson show 1", "  tornado-mor lesson show 1 --exercise > Exercise1.java"})
final class ShowCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "N", description = "The number of the lesson.")
    private int number;

    @Option(names = "--exercise", description = "Print the Java file to fill in.")
    private boolean exercise;

    @Override
    public void run() {
        Lesson lesson = Lesson.of(number);
        PrintWriter out = spec.commandLine().getOut();
        out.print(exercise ? LessonFiles.exercise(lesson) : LessonFiles.page(lesson));
    }
}
