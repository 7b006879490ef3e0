package org.tornadomor.serving;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.tornadomor.PublicApi;
import org.tornadomor.serving.RequestListener.End;

/**
 * One thread that drives a {@link Scheduler}; requests come from any thread. Listeners are called on the loop's thread, one after
 * another, and must not wait for anything. A listener that throws an exception ends its own request alone. Where the engine breaks,
 * all requests end with {@link End#FAILED}, the state says so, and no more are taken. What was thrown goes to the thread's handler of
 * uncaught exceptions, unless somebody else is to hear of it.
 */
@PublicApi
public final class ServingLoop implements AutoCloseable {
    private final Scheduler scheduler;
    private final int queueLimit;
    private final Throughput throughput = new Throughput();
    private final Thread thread;
    private final Consumer<Throwable> faults;

    private final ReentrantLock lock = new ReentrantLock();
    /** Something arrived, or the loop has to end. */
    private final Condition work = lock.newCondition();
    /** The last request ended. */
    private final Condition idle = lock.newCondition();

    private final Queue<Running> arrived = new ArrayDeque<>();
    private final Queue<Running> cancelled = new ArrayDeque<>();
    /** All that have not ended. */
    private final Set<Running> open = new HashSet<>();

    /** The requests of these that the loop took for the next tick. */
    private final List<Running> begin = new ArrayList<>();

    private final List<Running> end = new ArrayList<>();

    private long ended;
    private boolean accepting = true;
    private boolean cancelling;
    private boolean closed;
    private Optional<String> fault = Optional.empty();

    private volatile LoopState state;

    /**
     * Starts the thread.
     *
     * @param scheduler nobody else may use it from now on; it is closed with the loop
     * @param queueLimit requests that may wait, beside as many as the scheduler has places for
     */
    public ServingLoop(Scheduler scheduler, int queueLimit) {
        this(scheduler, queueLimit, e -> {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        });
    }

    /**
     * As {@link #ServingLoop(Scheduler, int)}, with somebody who hears of faults.
     *
     * @param faults hears on the loop's thread what a listener or the engine threw
     */
    public ServingLoop(Scheduler scheduler, int queueLimit, Consumer<Throwable> faults) {
        if (queueLimit < 0) {
            throw new IllegalArgumentException("a queue of " + queueLimit);
        }
        this.scheduler = scheduler;
        this.queueLimit = queueLimit;
        this.faults = faults;
        state = scheduler.state();
        thread = new Thread(this::run, "tornado-mor serving loop");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Lets a request wait for its turn. From any thread.
     *
     * @throws org.tornadomor.UserError if the model or its memory cannot continue its prompt
     * @throws QueueFullException if as many wait as may
     * @throws ClosingException if no requests are taken any more
     */
    public Ticket submit(Request request, RequestListener listener) {
        Running added = scheduler.prepare(request, new GuardedListener(listener, faults));
        lock.lock();
        try {
            if (!accepting) {
                throw new ClosingException(fault.orElse("the server is shutting down"));
            }
            if (open.size() >= scheduler.places() + queueLimit) {
                throw new QueueFullException(open.size(), throughput.secondsToNext());
            }
            open.add(added);
            arrived.add(added);
            work.signal();
            return added;
        } finally {
            lock.unlock();
        }
    }

    /** Ends a request before the next tick, wherever it is; from any thread. One that has ended is left alone. */
    public void cancel(Ticket ticket) {
        lock.lock();
        try {
            if (open.contains((Running) ticket)) {
                cancelled.add((Running) ticket);
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** How things stood at the end of the last tick; from any thread, without waiting. */
    public LoopState state() {
        return state;
    }

    /**
     * Takes no more requests and waits for those that there are; what is left after the limit is cancelled.
     *
     * @return whether all ended by themselves
     */
    public boolean drain(Duration limit) throws InterruptedException {
        requireOtherThread();
        long left = limit.toNanos();
        lock.lock();
        try {
            accepting = false;
            state = state.closing(fault);
            while (!open.isEmpty() && left > 0) {
                left = idle.awaitNanos(left);
            }
            boolean all = open.isEmpty() && fault.isEmpty();
            cancelling = true;
            work.signal();
            while (!open.isEmpty()) {
                idle.await();
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Cancels what there is, ends the thread and closes the scheduler. */
    @Override
    public void close() {
        requireOtherThread();
        lock.lock();
        try {
            accepting = false;
            cancelling = true;
            closed = true;
            work.signal();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        scheduler.close();
    }

    private void requireOtherThread() {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("a listener would wait for itself");
        }
    }

    private void run() {
        try {
            while (takeRequests()) {
                scheduler.step();
                publish();
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    /**
     * Hands over what arrived and was cancelled; waits while there is nothing to do.
     *
     * @return false when the loop has to end
     */
    private boolean takeRequests() {
        lock.lock();
        try {
            while (arrived.isEmpty() && cancelled.isEmpty() && !scheduler.busy() && !closed) {
                work.awaitUninterruptibly();
            }
            begin.addAll(arrived);
            arrived.clear();
            end.addAll(cancelling ? open : cancelled);
            cancelled.clear();
            if (closed && open.isEmpty()) {
                return false;
            }
        } finally {
            lock.unlock();
        }
        begin.forEach(scheduler::enqueue);
        end.forEach(scheduler::cancel);
        begin.clear();
        end.clear();
        return true;
    }

    private void publish() {
        LoopState now = scheduler.state();
        lock.lock();
        try {
            state = accepting ? now : now.closing(fault);
            if (now.statistics().ended() > ended) {
                throughput.ended(System.nanoTime(), (int) (now.statistics().ended() - ended));
                ended = now.statistics().ended();
                open.removeIf(request -> request.ended);
            }
            if (open.isEmpty()) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void fail(Throwable cause) {
        Queue<Running> left;
        lock.lock();
        try {
            accepting = false;
            fault = Optional.of("the engine failed: " + cause);
            state = state.closing(fault);
            left = new ArrayDeque<>(open);
        } finally {
            lock.unlock();
        }
        for (Running request : left) {
            if (!request.ended) {
                request.ended = true;
                request.listener.ended(End.FAILED);
            }
        }
        lock.lock();
        try {
            open.clear();
            arrived.clear();
            cancelled.clear();
            idle.signalAll();
        } finally {
            lock.unlock();
        }
        faults.accept(cause);
    }
}
