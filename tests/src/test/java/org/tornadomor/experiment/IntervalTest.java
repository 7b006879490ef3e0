package org.tornadomor.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

class IntervalTest {
    @Test
    void isStudents() {
        // Standard deviation 1, and 4.303 is the 97.5 % quantile of t with two degrees of freedom.
        Interval interval = Interval.of(1, 2, 3);
        assertEquals(2, interval.mean(), 1e-12);
        assertEquals(4.302652729911275 / Math.sqrt(3), interval.half(), 1e-6);
        assertEquals("2.00 ± 2.48", interval.text("%.2f"));
        assertFalse(Interval.of(5).known());
        assertEquals("5.0", Interval.of(5).text("%.1f"));
    }

    @Test
    void ticksAreRoundNumbers() {
        assertArrayEquals(new double[] {2, 2.5, 3, 3.5, 4}, Chart.ticks(1.9, 4.1), 1e-12);
        assertArrayEquals(new double[] {5, 10, 20, 50}, Chart.decades(3, 60), 1e-12);
        assertArrayEquals(new double[] {2, 2.2, 2.4, 2.6, 2.8, 3}, Chart.decades(2, 3), 1e-12);
        assertArrayEquals(new double[] {-20, 0, 20, 40}, Chart.ticks(-25, 55), 1e-12);
    }
}
