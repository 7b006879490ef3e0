package org.tornadomor.cluster;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/**
 * What a reader hands on, for somebody who asks for it: Spark pulls, and readers push. The reader runs on a thread of its
 * own, a few batches ahead, so that no more than these are in memory.
 */
final class Pulled<T> implements Iterator<T>, AutoCloseable {
    /** Batches that wait. */
    private static final int AHEAD = 2;

    private static final int BATCH_BYTES = 1 << 20;

    /** Also counts what is no text. */
    private static final int ITEM_BYTES = 64;

    private final BlockingQueue<Batch<T>> queue = new ArrayBlockingQueue<>(AHEAD);
    private final Thread thread;
    private Iterator<T> items = List.<T>of().iterator();
    private boolean over;

    /**
     * Some of what was read.
     *
     * @param last whether there is no more
     * @param fault why there is no more, or null
     */
    private record Batch<T>(List<T> items, boolean last, Throwable fault) {}

    /** Takes what is read. */
    interface Sink<T> {
        /** @param bytes that it takes in memory, about */
        void accept(T item, int bytes);
    }

    /** Begins to read. */
    Pulled(Consumer<Sink<T>> reader) {
        thread = Thread.ofPlatform().daemon().name("read-text").unstarted(() -> read(reader));
    }

    /** Starts the thread. */
    Pulled<T> begin() {
        thread.start();
        return this;
    }

    private void read(Consumer<Sink<T>> reader) {
        Gathering gathering = new Gathering();
        Throwable fault = null;
        try {
            reader.accept(gathering);
        } catch (Throwable e) {
            // Whoever pulls is told, whatever it is.
            fault = e;
        }
        try {
            queue.put(new Batch<>(gathering.items, true, fault));
        } catch (InterruptedException e) {
            // Nobody wants it.
            Thread.currentThread().interrupt();
        }
    }

    /** Puts items into batches. */
    private final class Gathering implements Sink<T> {
        private List<T> items = new ArrayList<>();
        private long bytes;

        @Override
        public void accept(T item, int itsBytes) {
            items.add(item);
            bytes += ITEM_BYTES + itsBytes;
            if (bytes < BATCH_BYTES) {
                return;
            }
            try {
                queue.put(new Batch<>(items, false, null));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("nobody wants more");
            }
            items = new ArrayList<>();
            bytes = 0;
        }
    }

    @Override
    public boolean hasNext() {
        while (!items.hasNext() && !over) {
            try {
                Batch<T> batch = queue.take();
                if (batch.fault() != null) {
                    throw rethrown(batch.fault());
                }
                items = batch.items().iterator();
                over = batch.last();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted");
            }
        }
        return items.hasNext();
    }

    private static RuntimeException rethrown(Throwable fault) {
        return switch (fault) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(fault);
        };
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return items.next();
    }

    /** Ends the reading; whatever was not asked for is gone. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
