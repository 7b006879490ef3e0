package org.tornadomor.lessons;

import java.io.PrintWriter;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.EngineChoice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tornado-mor lesson solution}. */
@Command(
        name = "solution",
        description = "Prints a solution of a lesson's exercise, or runs it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor lesson solution 3",
            "  tornado-mor lesson solution 3 --run --engine tornado    try it on a device"
        })
final class SolutionCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "N", description = "The number of the lesson.")
    private int number;

    @Option(names = "--run", description = "Run it on the exercise's cases instead of printing it.")
    private boolean run;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description = "Where --run runs it: simulator (default) or tornado (an installed TornadoVM).")
    private Target engine = Target.SIMULATOR;

    @Override
    public void run() {
        Lesson lesson = Lesson.of(number);
        PrintWriter out = spec.commandLine().getOut();
        if (!run) {
            out.print(LessonFiles.solution(lesson));
            return;
        }
        switch (engine) {
            case SIMULATOR -> EngineChoice.requireSimulator();
            case TORNADO -> EngineChoice.requireSdk();
            case CPU ->
                throw new UserError("an exercise is a device kernel, which the cpu engine does not run; choose --engine"
                        + " simulator or tornado");
        }
        if (engine == Target.SIMULATOR) {
            System.setProperty(Comparison.RACES, "true");
        }
        out.println("The solution of lesson " + number + " is right on " + Checker.trySolution(lesson) + " cases, on "
                + engine + ".");
    }
}
