package org.tornadomor.bench;

import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.function.IntConsumer;

/** Threads that do their share of a measurement at the same time, the caller being one of them. */
final class EveryThread implements AutoCloseable {
    private final CyclicBarrier barrier;
    private final IntConsumer share;
    private volatile boolean closed;

    /** @param share what a thread does, given its number from 0 on */
    EveryThread(int threads, IntConsumer share) {
        this.share = share;
        barrier = new CyclicBarrier(threads);
        for (int i = 1; i < threads; i++) {
            int number = i;
            Thread.ofPlatform().daemon().start(() -> serve(number));
        }
    }

    private void serve(int number) {
        while (true) {
            await();
            if (closed) {
                return;
            }
            share.accept(number);
            await();
        }
    }

    private void await() {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns when every thread has done its share. */
    void run() {
        await();
        share.accept(0);
        await();
    }

    @Override
    public void close() {
        closed = true;
        await();
    }
}
