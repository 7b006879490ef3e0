package org.tornadomor.engine.cpu.basics;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that stay for the life of an engine and share the tiles of one op after another. The caller works too. Each worker
 * begins with its own part of the tiles, from front to back. In one op after another this is the same part of the same rows, so
 * that the worker finds in its caches what it wrote there. A worker that has finished its part takes tiles from the ends of the
 * other parts. Tasks that gain from neighbouring tiles get several at a time, fewer towards the end, so that workers end at
 * about the same time. Workers spin for a moment between ops, since the next one usually follows at once, and then sleep.
 */
public final class WorkerTeam implements AutoCloseable {
    /** Work that is cut into tiles, any of which may run on any worker. */
    public interface TileTask {
        /**
         * @param tile 0 to tiles - 1
         * @param worker 0 to threads - 1: which scratch memory to use
         */
        void tile(int tile, int worker);
    }

    /** The same for work that gains from several tiles beside each other. */
    public interface TilesTask {
        /**
         * @param first 0 to tiles - 1
         * @param end behind the last, more than first
         * @param worker 0 to threads - 1: which scratch memory to use
         */
        void tiles(int first, int end, int worker);
    }

    /** How long to spin: a few microseconds to some tens, about what waking a thread takes. */
    private static final int SPINS = 4_000;
    /**
     * Distance between the numbers of two workers: enough that they share neither a cache line nor the next one, which is
     * fetched along.
     */
    private static final int APART = 16;

    private final Thread[] workers;
    private final Scratch scratch;
    /** The tiles of each worker that nobody has begun: the first in the upper half of a number, the end in the lower. */
    private final AtomicLongArray left;

    private final AtomicInteger busy = new AtomicInteger();
    private volatile int epoch;
    private volatile boolean closed;
    private volatile Throwable failure;
    private TileTask single;
    private final TilesTask singles = (first, end, worker) -> single.tile(first, worker);
    private TilesTask task;
    private int most;

    public WorkerTeam(int threads) {
        workers = new Thread[threads - 1];
        scratch = new Scratch(threads);
        left = new AtomicLongArray(threads * APART);
        for (int i = 0; i < workers.length; i++) {
            int worker = i + 1;
            workers[i] = Thread.ofPlatform()
                    .name("tornadomor-worker-" + worker)
                    .daemon(true)
                    .unstarted(() -> serve(worker));
        }
        try {
            for (Thread worker : workers) {
                worker.start();
            }
        } catch (Throwable t) {
            // The system has no thread left: ends those that it gave.
            close();
            throw t;
        }
    }

    public int threads() {
        return workers.length + 1;
    }

    /** Memory for the op that is running. */
    public Scratch scratch() {
        return scratch;
    }

    /** Runs all tiles and returns when the last one is done. A failure in any tile is thrown here. */
    public void run(TileTask tileTask, int tileCount) {
        single = tileTask;
        run(singles, tileCount, 1);
    }

    /** The same, where a worker gets up to {@code atOnce} tiles at a time. */
    public void run(TilesTask tilesTask, int tileCount, int atOnce) {
        if (closed) {
            throw new IllegalStateException("the engine is closed");
        }
        if (tileCount <= 1 || workers.length == 0) {
            for (int tile = 0; tile < tileCount; tile += atOnce) {
                tilesTask.tiles(tile, Math.min(tileCount, tile + atOnce), 0);
            }
            return;
        }
        task = tilesTask;
        most = atOnce;
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
            takeAll(worker, worker, false);
            for (int other = (worker + 1) % threads(); other != worker; other = (other + 1) % threads()) {
                takeAll(worker, other, true);
            }
        } catch (Throwable t) {
            failure = t;
            for (int other = 0; other < threads(); other++) {
                left.set(other * APART, 0);
            }
        }
    }

    /** Runs the tiles that the owner has left, from the front or the back. */
    private void takeAll(int worker, int owner, boolean back) {
        int place = owner * APART;
        while (true) {
            long range = left.get(place);
            int first = (int) (range >>> 32);
            int end = (int) range;
            if (first == end) {
                return;
            }
            // Half of what is left at most: the rest is there for whoever finishes first.
            int count = Math.clamp((end - first) / 2, 1, most);
            long rest = back ? range(first, end - count) : range(first + count, end);
            if (left.compareAndSet(place, range, rest)) {
                int begin = back ? end - count : first;
                task.tiles(begin, begin + count, worker);
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

    /** Ends the threads, and returns when they have ended. */
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        for (Thread worker : workers) {
            LockSupport.unpark(worker);
        }
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
