package org.tornadomor.engine.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that stay for the life of an engine and share the tiles of one op after another. The caller works too. Workers
 * spin for a moment between ops, since the next one usually follows at once, and then sleep.
 */
final class WorkerTeam implements AutoCloseable {
    /** Work that is cut into tiles, any of which may run on any worker. */
    interface TileTask {
        /**
         * @param tile 0 to tiles - 1
         * @param worker 0 to threads - 1: which scratch memory to use
         */
        void tile(int tile, int worker);
    }

    /** How long to spin: a few microseconds to some tens, about what waking a thread takes. */
    private static final int SPINS = 4_000;

    private final Thread[] workers;
    private final Scratch scratch;
    private final AtomicInteger nextTile = new AtomicInteger();
    private final AtomicInteger busy = new AtomicInteger();
    private volatile int epoch;
    private volatile boolean closed;
    private volatile Throwable failure;
    private TileTask task;
    private int tiles;

    WorkerTeam(int threads) {
        workers = new Thread[threads - 1];
        scratch = new Scratch(threads);
        for (int i = 0; i < workers.length; i++) {
            int worker = i + 1;
            workers[i] = Thread.ofPlatform()
                    .name("tornadomor-worker-" + worker)
                    .daemon(true)
                    .start(() -> serve(worker));
        }
    }

    int threads() {
        return workers.length + 1;
    }

    /** Memory for the op that is running. */
    Scratch scratch() {
        return scratch;
    }

    /** Runs all tiles and returns when the last one is done. A failure in any tile is thrown here. */
    void run(TileTask tileTask, int tileCount) {
        if (tileCount <= 1 || workers.length == 0) {
            for (int tile = 0; tile < tileCount; tile++) {
                tileTask.tile(tile, 0);
            }
            return;
        }
        task = tileTask;
        tiles = tileCount;
        nextTile.set(0);
        busy.set(workers.length);
        epoch++;
        for (Thread worker : workers) {
            LockSupport.unpark(worker);
        }
        work(0);
        int spins = 0;
        while (busy.get() > 0) {
            // On a busy machine a worker may be waiting for the very processor that spins here.
            if (++spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        if (failure != null) {
            Throwable cause = failure;
            failure = null;
            throw new IllegalStateException("a worker failed: " + cause, cause);
        }
    }

    private void work(int worker) {
        try {
            TileTask current = task;
            int count = tiles;
            for (int tile = nextTile.getAndIncrement(); tile < count; tile = nextTile.getAndIncrement()) {
                current.tile(tile, worker);
            }
        } catch (Throwable t) {
            failure = t;
            nextTile.set(Integer.MAX_VALUE / 2);
        }
    }

    private void serve(int worker) {
        int seen = 0;
        while (true) {
            int spins = 0;
            while (epoch == seen && !closed) {
                if (++spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            if (closed) {
                return;
            }
            seen++;
            work(worker);
            busy.getAndDecrement();
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread worker : workers) {
            LockSupport.unpark(worker);
        }
    }
}
