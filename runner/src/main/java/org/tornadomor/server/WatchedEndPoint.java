package org.tornadomor.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A connection that can say whether the client went away while its request is being answered; Jetty itself notices that only
 * when it writes. From then on the connection is read, and what a hasty client has sent already is kept for later. The head of
 * a request also has to arrive within a limited time, however slowly it trickles in.
 */
final class WatchedEndPoint extends SocketChannelEndPoint {
    private static final int KEPT = 4096;

    private final long patienceNanos;
    /** What was read ahead: from its position to its limit. Null until somebody asks. */
    private ByteBuffer ahead;

    private boolean ended;
    /** When the head of a request began to arrive; 0 where none does. */
    private long begun;

    WatchedEndPoint(
            SocketChannel channel,
            ManagedSelector selector,
            SelectionKey key,
            Scheduler scheduler,
            long patienceNanos) {
        super(channel, selector, key, scheduler);
        this.patienceNanos = patienceNanos;
    }

    /**
     * Whether the client closed the connection or its sending side. Only while a request is being answered whose body was read:
     * then nobody else reads.
     */
    synchronized boolean clientWentAway() {
        if (ended || !isOpen()) {
            return true;
        }
        if (ahead == null) {
            ahead = ByteBuffer.allocate(KEPT).limit(0);
        }
        if (ahead.limit() == ahead.capacity()) {
            return false;
        }
        int from = ahead.position();
        int to = ahead.limit();
        ahead.limit(ahead.capacity()).position(to);
        try {
            ended = getChannel().read(ahead) < 0;
        } catch (IOException e) {
            ended = true;
        }
        ahead.limit(ahead.position()).position(from);
        return ended;
    }

    /** What was awaited is complete: the head of a request, or its body. */
    synchronized void arrived() {
        begun = 0;
    }

    /** Silence is a fault of a client that is to send or to read something, not while it waits for its answer. */
    @Override
    protected void onIdleExpired(TimeoutException timeout) {
        if (isFillInterested() || getWriteFlusher().isPending()) {
            super.onIdleExpired(timeout);
        }
    }

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
        if (tooSlow()) {
            close(new IOException("a request arrives too slowly"));
            return -1;
        }
        int count = takeAhead(buffer);
        if (count == 0) {
            count = super.fill(buffer);
        }
        if (count > 0) {
            arrives();
        }
        return count;
    }

    private synchronized boolean tooSlow() {
        return begun != 0 && System.nanoTime() - begun > patienceNanos;
    }

    private synchronized void arrives() {
        begun = begun == 0 ? System.nanoTime() | 1 : begun;
    }

    /** Moves what was read ahead into a buffer of Jetty's that is ready to be read. */
    private synchronized int takeAhead(ByteBuffer buffer) {
        if (ahead == null || !ahead.hasRemaining()) {
            return 0;
        }
        int count = BufferUtil.append(buffer, ahead);
        if (!ahead.hasRemaining()) {
            ahead.position(0).limit(0);
        }
        notIdle();
        return count;
    }

    @Override
    protected void needsFillInterest() {
        boolean ready;
        synchronized (this) {
            ready = ended || ahead != null && ahead.hasRemaining();
        }
        if (ready) {
            // The selector would wait for data that was read already.
            Thread.startVirtualThread(() -> getFillInterest().fillable());
        } else {
            super.needsFillInterest();
        }
    }
}
