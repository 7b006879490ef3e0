package org.tornadomor.lessons;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadomor.engine.tornado.Devices;

/** Versions and solutions on whatever runtime this JVM has: with the profile tornadovm, the real one. */
@Tag("device")
class LessonDeviceTest {
    static IntStream numbers() {
        return LessonTest.numbers();
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void versionsAreRight(int number) {
        Target target = Devices.runtime() == Devices.Runtime.SDK ? Target.TORNADO : Target.SIMULATOR;
        Workload workload = Lesson.of(number).workload(true);
        List<Comparison.Row> rows = new Comparison(target, null, null).run(workload);
        long wanted = workload.versions().stream()
                .filter(version -> target == Target.SIMULATOR || !(version.way() instanceof Version.Check))
                .count();
        assertTrue(rows.size() == wanted && rows.stream().allMatch(Comparison.Row::equal), rows + "");
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void solutionsAreRight(int number) {
        assertTrue(Checker.trySolution(Lesson.of(number)) > 0);
    }
}
