package org.tornadomor.engine.cpu.basics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FasterWayTest {
    private long now;

    @Test
    void bothWaysInTurnThenThatOfTheQuickestRun() {
        Random random = new Random(1);
        for (int tries = 0; tries < 100; tries++) {
            int[] nanos = random.ints(FasterWay.RUNS, 1, 1_000_001).toArray();
            int[] sizes = random.ints(FasterWay.RUNS, 1, 1_001).toArray();
            FasterWay way = new FasterWay(() -> now);
            int quickest = 0;
            for (int run = 0; run < FasterWay.RUNS; run++) {
                assertEquals(run % 2 == 1, way.isSecond(), "run " + run);
                now += nanos[run];
                way.done(sizes[run]);
                boolean quicker = (double) nanos[run] / sizes[run] < (double) nanos[quickest] / sizes[quickest];
                quickest = quicker ? run : quickest;
            }
            for (int run = 0; run < 10; run++) {
                assertEquals(quickest % 2 == 1, way.isSecond());
                now += run % 2 == 0 ? 1 : 2_000_000;
                way.done(2_000);
            }
        }
    }
}
