package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RouterStatisticsTest {
    private static final double EPS = 1e-12;

    @Test
    void sharesAndDeadPositions() {
        RouterStatistics statistics = new RouterStatistics(3, 4);
        statistics.addDepths(new int[] {1, 2, 3, 3, 1, 3, 3, 2}, 8);
        assertArrayEquals(new double[] {0.25, 0.25, 0.5}, statistics.depthShare(), EPS);
        assertEquals(2.25, statistics.meanDepth(), EPS);
        assertEquals(0.25, statistics.deadTokenRatio(), EPS); // position 0 never went to the end
        statistics.addDepths(new int[] {3, 1, 1, 1, 9, 9}, 4);
        assertEquals(0, statistics.deadTokenRatio(), EPS);
        assertEquals(12, statistics.tokens());
        statistics.reset();
        assertEquals(0, statistics.tokens());
    }

    @Test
    void alwaysTheSameThirdLeavesTwoThirdsDead() {
        RouterStatistics statistics = new RouterStatistics(3, 6);
        for (int sample = 0; sample < 5; sample++) {
            statistics.addDepths(new int[] {3, 3, 2, 2, 1, 1}, 6);
        }
        assertEquals(2 / 3.0, statistics.deadTokenRatio(), EPS);
        assertEquals(0, statistics.maxViolation(), EPS);
        assertEquals(Math.log(3), statistics.entropy(), EPS);
    }

    @Test
    void thresholdAgainstTopK() {
        RouterStatistics statistics = new RouterStatistics(3, 4);
        statistics.addDecisions(2, new float[] {1, -1, 0, 2, 5}, new boolean[] {true, false, false, false, false}, 4);
        statistics.addDecisions(3, new float[] {-1, 1}, new boolean[] {true, true}, 2);
        assertEquals(0.75, statistics.samplingAccuracy(2), EPS);
        assertEquals(0.5, statistics.samplingAccuracy(3), EPS);
        assertEquals(4 / 6.0, statistics.samplingAccuracy(), EPS);
        assertTrue(Double.isNaN(statistics.samplingAccuracy(1)));
    }

    @Test
    void loadsOfThePapersTable() {
        // 652 and 348 of 1000 tokens: MaxVio 0.956, entropy 0.646.
        RouterStatistics statistics = new RouterStatistics(3, 1000);
        int[] depth = new int[1000];
        Arrays.fill(depth, 0, 652, 2);
        Arrays.fill(depth, 652, 1000, 1);
        statistics.addDepths(depth, 1000);
        assertEquals(0.956, statistics.maxViolation(), 5e-4);
        assertEquals(0.646, statistics.entropy(), 5e-4);
    }

    @Test
    void nothingSeenIsNotANumber() {
        RouterStatistics statistics = new RouterStatistics(2, 8);
        assertTrue(Double.isNaN(statistics.depthShare()[0]));
        assertTrue(Double.isNaN(statistics.deadTokenRatio()));
        assertTrue(Double.isNaN(statistics.maxViolation()));
        assertTrue(Double.isNaN(statistics.entropy()));
        assertTrue(Double.isNaN(statistics.samplingAccuracy()));
    }
}
