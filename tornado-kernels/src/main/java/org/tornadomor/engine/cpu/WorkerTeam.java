package org.tornadomor.engine.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that stay for the life of an engine and share the tiles of one op after another. The caller works too. Each worker
 * begins with its own part of the tiles, from front to back, and the same part of the same rows in one op after another: it so
 * finds in its caches what it wrote there. A worker that has finished its part takes from the ends of those of the others.
 * Workers spin for a moment between ops, since the next one usually follows at once, and then sleep.
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
    /** Numbers of two workers are so far apart that they do not share a cache line, nor the next one, which is fetched along. */
    private static final int APART = 16;

    private final Thread[] workers;
    private final Scratch scratch;
    /** The tiles of each worker that nobody has begun: the first in the upper half of a number, the end in the lower. */
    private final AtomicLongArray left;

    private final AtomicInteger busy = new AtomicInteger();
    private volatile int epoch;
    private volatile boolean closed;
    private volatile Throwable failure;
    private TileTask task;

    WorkerTeam(int threads) {
        workers = new Thread[threads - 1];
        scratch = new Scratch(threads);
        left = new AtomicLongArray(threads * APART);
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
        int threads = threads();
        for (int worker = 0; worker < threads; worker++) {
            left.setPlain(
                    worker * APART,
                    range((long) tileCount * worker / threads, (long) tileCount * (worker + 1) / threads));
        }
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

    private static long range(long first, long end) {
        return first << 32 | end;
    }

    private void work(int worker) {
        try {
            TileTask current = task;
            for (int tile = take(worker, false); tile >= 0; tile = take(worker, false)) {
                current.tile(tile, worker);
            }
            for (int other = (worker + 1) % threads(); other != worker; other = (other + 1) % threads()) {
                for (int tile = take(other, true); tile >= 0; tile = take(other, true)) {
                    current.tile(tile, worker);
                }
            }
        } catch (Throwable t) {
            failure = t;
            for (int other = 0; other < threads(); other++) {
                left.set(other * APART, 0);
            }
        }
    }

    /** Takes the first or the last of the tiles that a worker has left, or gives -1. */
    private int take(int worker, boolean last) {
        while (true) {
            long range = left.get(worker * APART);
            int first = (int) (range >>> 32);
            int end = (int) range;
            if (first == end) {
                return -1;
            }
            long rest = last ? range(first, end - 1) : range(first + 1, end);
            if (left.compareAndSet(worker * APART, range, rest)) {
                return last ? end - 1 : first;
            }
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
