package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class FasterWayTest {
    private long now;

    @Property(tries = 100)
    void bothWaysInTurnThenThatOfTheQuickestRun(
            @ForAll @Size(FasterWay.RUNS) int @IntRange(min = 1, max = 1_000_000) [] nanos,
            @ForAll @Size(FasterWay.RUNS) int @IntRange(min = 1, max = 1_000) [] sizes) {
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
