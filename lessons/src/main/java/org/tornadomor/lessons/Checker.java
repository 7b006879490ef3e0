package org.tornadomor.lessons;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.tornadomor.cli.options.ExitCode;
import org.tornadomor.cli.options.Notes;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;

/** Tries an exercise on its cases, on the simulator with all checks on, and says in words what is wrong. */
final class Checker {
    /** What the holes of an exercise are marked with. */
    static final String HOLE = "// Your turn";

    private static final long PATIENCE_MILLIS = 60_000;

    private final Lesson lesson;
    private final String file;
    private final String source;
    private final Lockstep picture;

    /**
     * @param file name of the learner's file, without folders
     * @param picture sees the last trial that was begun; may be null
     */
    Checker(Lesson lesson, String file, String source, Lockstep picture) {
        this.lesson = lesson;
        this.file = file;
        this.source = source;
        this.picture = picture;
    }

    /**
     * How it went.
     *
     * @param tried trials that were begun
     * @param of how many there are
     * @param trial the one that failed, or null
     * @param finding what is wrong, or null
     */
    record Verdict(int tried, int of, String trial, Finding finding) {
        boolean passed() {
            return finding == null;
        }
    }

    /** Checks the file; needs the simulator. */
    Verdict check() {
        System.setProperty(Comparison.RACES, "true");
        int count = lesson.exercise().trials().size();
        Method plan;
        try {
            plan = LearnersClass.plan(file, source, lesson.exercise().parameters());
        } catch (LearnersClass.DoesNotCompile e) {
            return new Verdict(
                    0, count, null, new Finding("compiler", (int) e.line(), e.getMessage(), "Java does not take it."));
        }
        for (int i = 0; i < count; i++) {
            Trial trial = lesson.exercise().trials().get(i);
            Throwable thrown = attempt(plan, trial);
            int hole = WrongValue.emptyHole(source);
            Finding finding = thrown != null && hole > 0
                    ? WrongValue.unfinished(trial, hole, 0, "no work-item writes it")
                    : new Explanation(file, source).of(thrown);
            if (finding == null && trial.firstWrong() >= 0) {
                finding = wrongValue(plan, trial, i);
            }
            if (finding != null) {
                return new Verdict(i + 1, count, trial.what(), finding);
            }
        }
        return new Verdict(count, count, null, null);
    }

    /** What a trial ended with, null if all was well. On a thread of its own, since a kernel may never end. */
    private Throwable attempt(Method plan, Trial trial) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().daemon().unstarted(() -> {
            try {
                if (picture == null) {
                    execute(plan, trial);
                } else {
                    picture.during(() -> execute(plan, trial));
                    picture.finish();
                }
            } catch (RuntimeException | Error e) {
                failure.set(e);
                if (picture != null) {
                    picture.finish();
                }
            }
        });
        Thread guard = new Thread(() -> refuseExit(thread));
        Runtime.getRuntime().addShutdownHook(guard);
        thread.start();
        try {
            thread.join(PATIENCE_MILLIS);
            Runtime.getRuntime().removeShutdownHook(guard);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while checking", e);
        }
        return thread.isAlive() ? Explanation.endless(thread.getStackTrace()) : failure.get();
    }

    /** A file may end the program; a check that it cut short must not look like one that passed. */
    private void refuseExit(Thread thread) {
        boolean own = Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals(Runtime.class.getName())
                        && frame.getMethodName().equals("exit"));
        // Else a person or the system ends it.
        if (own) {
            Notes.say(file + ": it ends the program (System.exit), so nothing was checked; take that out");
            Runtime.getRuntime().halt(ExitCode.FAILURE);
        }
    }

    static void execute(Method plan, Trial trial) {
        trial.out().init(WrongValue.UNTOUCHED);
        try {
            ((TornadoExecutionPlan) plan.invoke(null, trial.arguments().toArray())).execute();
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs learner's and solution's code once more and compares who read what. */
    private Finding wrongValue(Method plan, Trial failed, int number) {
        int element = failed.firstWrong();
        float value = failed.out().get(element);
        Trial mine = lesson.exercise().trials().get(number);
        Trace did = new Trace(mine, file);
        did.during(() -> execute(plan, mine));
        Trial theirs = lesson.exercise().trials().get(number);
        Trace should = new Trace(theirs, LessonFiles.solutionName(lesson));
        should.during(() -> execute(solution(), theirs));
        return new WrongValue(failed, source, did, should).explain(element, value);
    }

    private Method solution() {
        try {
            Method plan = LessonFiles.solutionClass(lesson)
                    .getDeclaredMethod("plan", lesson.exercise().parameters().toArray(Class<?>[]::new));
            plan.setAccessible(true);
            return plan;
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("the solution of lesson " + lesson.number() + " has no plan", e);
        }
    }

    /**
     * Runs the packed solution on whatever this JVM has.
     *
     * @throws IllegalStateException naming the trial that fails
     */
    static int trySolution(Lesson lesson) {
        Method plan = new Checker(lesson, "", "", null).solution();
        for (Trial trial : lesson.exercise().trials()) {
            execute(plan, trial);
            int wrong = trial.firstWrong();
            if (wrong >= 0) {
                throw new IllegalStateException("the solution of lesson " + lesson.number() + " gives "
                        + trial.out().get(wrong) + " for element " + wrong + " where " + trial.expected()[wrong]
                        + " is right (" + trial.what() + ")");
            }
        }
        return lesson.exercise().trials().size();
    }

    /** The first line of a source with some text, or 0. */
    static int lineWith(String source, String text) {
        String[] lines = source.split("\\R", -1);
        return 1
                + Arrays.asList(lines)
                        .indexOf(Arrays.stream(lines)
                                .filter(line -> line.contains(text))
                                .findFirst()
                                .orElse(null));
    }
}
