package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import org.tornadomor.UserError;

class ScheduleTest {
    private static final double EPS = 1e-12;

    @Test
    void constant() {
        Schedule schedule = new Schedule.Constant(0.1);
        assertEquals(0, schedule.at(0));
        assertEquals(0.5, schedule.at(0.05), EPS);
        assertEquals(1, schedule.at(0.1), EPS);
        assertEquals(1, schedule.at(1));
        assertEquals(1, new Schedule.Constant(0).at(0));
    }

    @Test
    void cosine() {
        Schedule schedule = new Schedule.Cosine(0.2, 0.1);
        assertEquals(0.5, schedule.at(0.1), EPS);
        assertEquals(1, schedule.at(0.2), EPS);
        assertEquals(0.55, schedule.at(0.6), EPS);
        assertEquals(0.1, schedule.at(1), EPS);
        assertEquals(0.1, schedule.at(1.5), EPS);
        assertEquals(1, new Schedule.Cosine(1, 0.1).at(1));
    }

    @Test
    void trapezoid() {
        Schedule schedule = new Schedule.Trapezoid(0.1, 0.2);
        assertEquals(0.5, schedule.at(0.05), EPS);
        assertEquals(1, schedule.at(0.1), EPS);
        assertEquals(1, schedule.at(0.8), EPS);
        assertEquals(0.5, schedule.at(0.9), EPS);
        assertEquals(0, schedule.at(1));
        assertEquals(0, schedule.at(1.5));
        assertEquals(1, new Schedule.Trapezoid(0, 0).at(1));
        assertEquals(1, new Schedule.Trapezoid(0.5, 0.5).at(0.5), EPS);
    }

    @Test
    void thePapersRunByItsFormula() {
        // Vanilla 360M: 9438 steps, 57 of warm-up, decay over 1888.
        int steps = 9438;
        Schedule schedule = new Schedule.Trapezoid(WarmUp.parse("57").fraction(steps), 1888.0 / steps);
        for (int t = 1; t <= steps; t++) {
            double expected = t < 57 ? t / 57.0 : t <= steps - 1888 ? 1 : 1 - (t - (steps - 1888)) / 1888.0;
            assertEquals(expected, schedule.at((double) t / steps), 1e-9);
        }
    }

    @Property(tries = 300)
    void staysBetweenNoneAndAll(
            @ForAll @DoubleRange(max = 1.2) double progress, @ForAll @DoubleRange(max = 1) double warmUp) {
        for (String name : new String[] {"constant", "cosine", "trapezoid"}) {
            double factor = Schedule.of(name, warmUp).at(progress);
            assertTrue(factor >= 0 && factor <= 1, name + " gives " + factor);
        }
    }

    @Test
    void warmUpInStepsOrShares() {
        assertEquals(0.25, WarmUp.parse("50").fraction(200));
        assertEquals(1, WarmUp.parse("50").fraction(20));
        assertEquals(0.05, WarmUp.parse("5%").fraction(200), EPS);
        assertEquals(0.05, WarmUp.parse("0.05").fraction());
        assertEquals(0, WarmUp.parse("0").fraction());
        for (WarmUp warmUp : new WarmUp[] {WarmUp.parse("50"), WarmUp.parse("0.05"), WarmUp.NONE}) {
            assertEquals(warmUp, WarmUp.parse(warmUp.toString()));
        }
    }

    @Test
    void saysWhatIsWrong() {
        for (String bad : new String[] {"", "x", "-1", "1.5", "100%", "NaN"}) {
            assertThrows(UserError.class, () -> WarmUp.parse(bad), bad);
        }
        assertThrows(UserError.class, () -> WarmUp.parse("50").fraction());
        assertThrows(UserError.class, () -> Schedule.of("zigzag", 0));
        assertThrows(UserError.class, () -> new Schedule.Trapezoid(0.6, 0.5));
        assertThrows(UserError.class, () -> new Schedule.Cosine(0, 2));
    }
}
