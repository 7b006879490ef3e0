package org.tornadomor.lessons;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.simulator.Rule;
import org.tornadomor.simulator.SimulatorException;

/** Says in words what a run of a learner's file ended with. */
final class Explanation {
    private static final Pattern PLACE = Pattern.compile(" at (\\S+\\.java):(\\d+)");
    private static final Pattern BARRIER = Pattern.compile("Barrier\\(\\) on line (\\d+)");

    private final String file;
    private final String source;

    Explanation(String file, String source) {
        this.file = file;
        this.source = source;
    }

    /** A run that does not end. */
    private static final class Endless extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Endless() {
            super("the kernel does not end");
        }
    }

    /** What stands for a run that was still going, with the place where it was. */
    static RuntimeException endless(StackTraceElement[] where) {
        Endless endless = new Endless();
        endless.setStackTrace(where);
        return endless;
    }

    /** The finding for what was thrown; null if nothing was. */
    Finding of(Throwable thrown) {
        return switch (thrown) {
            case null -> null;
            case SimulatorException e -> broken(e);
            case Endless e ->
                new Finding(
                        "endless",
                        lineOf(e),
                        "it was still running after a minute",
                        "A loop does not end: look at its condition and at its step.");
            case Throwable e ->
                new Finding(
                        "exception",
                        lineOf(e),
                        e instanceof RuntimeException && e.getMessage() != null ? e.getMessage() : e.toString(),
                        "The plan could not be made or run.");
        };
    }

    private Finding broken(SimulatorException e) {
        int line = 0;
        Matcher place = PLACE.matcher(e.getMessage());
        while (line == 0 && place.find()) {
            line = place.group(1).equals(file) ? Integer.parseInt(place.group(2)) : 0;
        }
        Matcher barrier = BARRIER.matcher(e.getMessage());
        if (line == 0 && barrier.find()) {
            line = Integer.parseInt(barrier.group(1));
        }
        if (line == 0) {
            line = lineOf(e);
        }
        String cause = PLACE.matcher(e.getMessage()).replaceAll("").replaceFirst("^\\S+ \\(task \\S+\\): ", "");
        return new Finding(e.rule().name().toLowerCase(java.util.Locale.ROOT), line, cause, hint(e.rule()));
    }

    /** The line of the learner's file that a stack trace goes through, else that of the kernel's task, else 0. */
    private int lineOf(Throwable e) {
        for (StackTraceElement element : e.getStackTrace()) {
            if (file.equals(element.getFileName())) {
                return element.getLineNumber();
            }
        }
        return Checker.lineWith(source, ".task(");
    }

    private static String hint(Rule rule) {
        return switch (rule) {
            case BOUNDS ->
                "The index leaves the array. Which work-item is it, and which one should be the last? A loop ends before the"
                        + " size of the array, a guard lets through what is below it.";
            case RACE ->
                "Two work-items meet at one element and nothing says who comes first. If one waits for the other's value, a"
                        + " barrier belongs between write and read; if both write, each needs a place of its own.";
            case UNINITIALISED_LOCAL ->
                "Local memory is nobody's at first. Every element that is read needs a work-item that writes it before, and a"
                        + " barrier in between.";
            case BARRIER_DIVERGENCE ->
                "A barrier waits for all work-items of the group. Put it where all of them pass: outside of the if, behind no"
                        + " early return.";
            case LOCAL_MEMORY -> "Every work-item of a group allocates the same local arrays, in the same order.";
            case GRID, NO_GRID, GRID_NAME ->
                "The grid says how many work-items there are: give it a name graph.task, and a global size that the local size"
                        + " divides.";
            case KERNEL_EXCEPTION -> "A device has no exceptions: it would go on with whatever it has.";
            case HOST_CHANGED, NEVER_READ, CONSUME, TRANSFER ->
                "Look at what moves when: transferToDevice before the task, transferToHost behind it.";
            default -> "See docs/simulator.md for the rules.";
        };
    }
}
