package org.tornadomor.lessons;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files of a lesson as they were packed; {@code docs/lessons} has the same. */
final class LessonFiles {
    private static final String PACKED = "/lessons/";
    private static final String SOURCES = "docs/lessons/";

    private LessonFiles() {}

    static String page(Lesson lesson) {
        return packed(lesson, "README.md");
    }

    static String exerciseName(Lesson lesson) {
        return "Exercise" + lesson.number() + ".java";
    }

    static String exercise(Lesson lesson) {
        return packed(lesson, exerciseName(lesson));
    }

    static String solutionName(Lesson lesson) {
        return "Solution" + lesson.number() + ".java";
    }

    static String solution(Lesson lesson) {
        return packed(lesson, solutionName(lesson));
    }

    /** The compiled solution. */
    static Class<?> solutionClass(Lesson lesson) {
        try {
            return Class.forName("Solution" + lesson.number());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("lesson " + lesson.number() + " has no solution", e);
        }
    }

    /** Where the learner's file is if nobody says: in the working directory, else in its docs/lessons, else null. */
    static Path learnersFile(Lesson lesson) {
        Path here = Path.of(exerciseName(lesson));
        Path sources = Path.of(SOURCES, lesson.folder(), exerciseName(lesson));
        return Files.exists(here) ? here : Files.exists(sources) ? sources : null;
    }

    private static String packed(Lesson lesson, String name) {
        String path = PACKED + lesson.folder() + "/" + name;
        try (InputStream in = LessonFiles.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException(path + " was not packed");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
