package org.tornadomor.lessons;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.tornadomor.UserError;

/** A lesson: one idea, shown by numbered versions of a kernel, and an exercise. */
public interface Lesson {
    /** From 1. */
    int number();

    /** What it is called. */
    String title();

    /** Its one idea, in a sentence. */
    String idea();

    /** Its folder in {@code docs/lessons}. */
    String folder();

    /**
     * The same job done in several ways.
     *
     * @param small whether a simulator has to do it
     */
    Workload workload(boolean small);

    /** What the learner writes. */
    Exercise exercise();

    /** All lessons in order. */
    static List<Lesson> all() {
        return ServiceLoader.load(Lesson.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparingInt(Lesson::number))
                .toList();
    }

    /**
     * The lesson of a number.
     *
     * @throws UserError if there is none
     */
    static Lesson of(int number) {
        return all().stream()
                .filter(lesson -> lesson.number() == number)
                .findFirst()
                .orElseThrow(() -> new UserError("there is no lesson " + number + "; there are "
                        + all().stream()
                                .map(lesson -> Integer.toString(lesson.number()))
                                .collect(Collectors.joining(", "))
                        + " (tornado-mor lesson list)"));
    }
}
