package org.tornadomor.simulator;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/** The threads that run groups besides the caller's. */
final class Workers {

    private static final ExecutorService POOL = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("simulator-", 1).factory());

    private Workers() {}

    /**
     * Runs a body for 0 to count - 1, each on a thread of its own, 0 on the caller's.
     *
     * @throws RuntimeException whatever the first failing body threw, when all have ended
     */
    static void run(int count, IntConsumer body) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(count - 1);
        for (int i = 1; i < count; i++) {
            int number = i;
            POOL.execute(() -> {
                try {
                    body.accept(number);
                } catch (RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                } finally {
                    done.countDown();
                }
            });
        }
        try {
            body.accept(0);
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        }
        awaitAll(done);
        Failures.rethrow(failure.get());
    }

    /** The bodies use the caller's arrays, so even an interrupted caller waits for them. */
    private static void awaitAll(CountDownLatch done) {
        boolean interrupted = false;
        while (true) {
            try {
                done.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
