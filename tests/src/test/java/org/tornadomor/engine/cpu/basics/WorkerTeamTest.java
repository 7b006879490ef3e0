package org.tornadomor.engine.cpu.basics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tornadomor.UserError;
import org.tornadomor.engine.cpu.CpuEngine;

class WorkerTeamTest {
    @Test
    void everyTileRunsOnce() {
        for (int threads = 1; threads <= 4; threads++) {
            try (WorkerTeam team = new WorkerTeam(threads)) {
                for (int tiles = 0; tiles < 300; tiles++) {
                    AtomicIntegerArray runs = new AtomicIntegerArray(tiles + 1);
                    team.run((tile, worker) -> runs.incrementAndGet(tile), tiles);
                    for (int tile = 0; tile <= tiles; tile++) {
                        assertEquals(tile < tiles ? 1 : 0, runs.get(tile), tile + " of " + tiles);
                    }
                }
            }
        }
    }

    @Test
    void tilesBesideEachOtherRunOnceTooAndNeverMoreThanAsked() {
        for (int threads = 1; threads <= 4; threads++) {
            try (WorkerTeam team = new WorkerTeam(threads)) {
                for (int tiles = 0; tiles < 300; tiles++) {
                    int atOnce = 1 + tiles % 5;
                    AtomicIntegerArray runs = new AtomicIntegerArray(tiles + 1);
                    team.run(
                            (first, end, worker) -> {
                                assertTrue(first < end && end <= first + atOnce, first + " to " + end);
                                for (int tile = first; tile < end; tile++) {
                                    runs.incrementAndGet(tile);
                                }
                            },
                            tiles,
                            atOnce);
                    for (int tile = 0; tile <= tiles; tile++) {
                        assertEquals(tile < tiles ? 1 : 0, runs.get(tile), tile + " of " + tiles);
                    }
                }
            }
        }
    }

    /** Whatever part the first tile belongs to, the others of that part are done by those who have finished theirs. */
    @Test
    @Timeout(30)
    void aWorkerThatIsHeldUpLosesItsTiles() {
        try (WorkerTeam team = new WorkerTeam(3)) {
            CountDownLatch others = new CountDownLatch(29);
            team.run(
                    (tile, worker) -> {
                        if (tile > 0) {
                            others.countDown();
                        } else {
                            await(others);
                        }
                    },
                    30);
            assertEquals(0, others.getCount());
        }
    }

    @Test
    void aFailureEndsTheOpAndNotTheTeam() {
        try (WorkerTeam team = new WorkerTeam(2)) {
            AtomicIntegerArray runs = new AtomicIntegerArray(1);
            IllegalStateException failure = assertThrows(
                    IllegalStateException.class,
                    () -> team.run(
                            (tile, worker) -> {
                                runs.incrementAndGet(0);
                                throw new IllegalArgumentException("tile " + tile);
                            },
                            1000));
            assertTrue(failure.getMessage().contains("tile "), failure.getMessage());
            assertTrue(runs.get(0) <= 2, "tiles after the failure: " + runs.get(0));
            runs.set(0, 0);
            team.run((tile, worker) -> runs.incrementAndGet(0), 10);
            assertEquals(10, runs.get(0));
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(20, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @Timeout(30)
    void itsThreadsEndWithIt() {
        Set<Thread> before = workers();
        WorkerTeam team = new WorkerTeam(4);
        team.run((tile, worker) -> {}, 8);
        Set<Thread> own = workers();
        own.removeAll(before);
        assertEquals(3, own.size());
        // Whoever closes it may have been interrupted.
        Thread.currentThread().interrupt();
        team.close();
        assertTrue(Thread.interrupted());
        own.retainAll(workers());
        assertEquals(Set.of(), own);
        assertThrows(IllegalStateException.class, () -> team.run((tile, worker) -> {}, 8));
    }

    private static Set<Thread> workers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("tornadomor-worker-"))
                .collect(Collectors.toCollection(HashSet::new));
    }

    @Test
    void moreThanFourThreadsToAProcessorAreRefused() {
        int most = 4 * Runtime.getRuntime().availableProcessors();
        new CpuEngine(most).close();
        String message =
                assertThrows(UserError.class, () -> new CpuEngine(most + 1)).getMessage();
        assertTrue(message.contains("take " + most + " at most"), message);
    }
}
