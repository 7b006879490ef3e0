package org.tornadomor.server;

import java.io.PrintWriter;
import java.net.BindException;
import java.net.URI;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.tornadomor.UserError;

/**
 * Answers HTTP. It listens before there is a model, and says so to whoever asks for one; then {@link #serve} gives it one. A request
 * has a virtual thread of its own, which may wait for tokens and for its client; connections, headers, bodies and silence are
 * limited.
 */
public final class ModelServer implements AutoCloseable {
    /** Bytes of a body, at most. */
    static final int LARGEST_BODY = 1 << 20;

    private static final int LARGEST_HEAD = 16 * 1024;
    private static final int THREADS = 32;
    private static final int BACKLOG = 512;
    private static final int RETRY_SECONDS = 2;
    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    private final Server server;
    private final ServerConnector connector;
    private final ServerSettings settings;
    private final Metrics metrics;
    private final Routes routes;
    private final PageFile page = PageFile.load();
    private volatile ServedModel model;
    private volatile boolean draining;

    private ModelServer(ServerSettings settings, PrintWriter log) {
        this.settings = settings;
        metrics = new Metrics();
        AccessLog accessLog = new AccessLog(log, metrics);
        QueuedThreadPool threads = new QueuedThreadPool(THREADS);
        threads.setName("tornado-mor http");
        threads.setDaemon(true);
        threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server = new Server(threads);
        connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(configuration())) {
            @Override
            protected SocketChannelEndPoint newEndPoint(
                    SocketChannel channel, ManagedSelector selector, SelectionKey key) {
                SocketChannelEndPoint endPoint = new WatchedEndPoint(
                        channel, selector, key, getScheduler(), settings.idle().toNanos());
                endPoint.setIdleTimeout(getIdleTimeout());
                return endPoint;
            }
        };
        connector.setHost(settings.host());
        connector.setPort(settings.port());
        connector.setAcceptQueueSize(BACKLOG);
        connector.setIdleTimeout(settings.idle().toMillis());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(settings.maxConnections(), connector));
        server.setErrorHandler(new FaultAnswers());
        server.setRequestLog(accessLog);
        routes = new Routes(this, settings, metrics, accessLog);
        server.setHandler(routes);
    }

    private static HttpConfiguration configuration() {
        HttpConfiguration http = new HttpConfiguration();
        http.setRequestHeaderSize(LARGEST_HEAD);
        http.setSendServerVersion(false);
        http.setSendXPoweredBy(false);
        http.setMaxUnconsumedRequestContentReads(8);
        return http;
    }

    /**
     * Listens.
     *
     * @param log gets a line for each request
     * @throws UserError if the address cannot be had
     */
    public static ModelServer start(ServerSettings settings, PrintWriter log) {
        ModelServer started = new ModelServer(settings, log);
        try {
            started.server.start();
            return started;
        } catch (Exception e) {
            started.close();
            throw started.cannotListen(e);
        }
    }

    private UserError cannotListen(Exception failure) {
        String where = settings.host() + ":" + settings.port();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException
                    && String.valueOf(cause.getMessage()).contains("in use")) {
                return new UserError(
                        "another program listens on " + where + " already; end it or choose another --port", failure);
            }
            if (cause instanceof UnresolvedAddressException) {
                return new UserError("there is no address " + settings.host() + "; check --host", failure);
            }
        }
        Throwable last = failure;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return new UserError(
                "cannot listen on " + where + ": " + last.getMessage() + "; check --host and --port", failure);
    }

    /** Whether only programs of this machine reach an address. */
    public static boolean isLoopback(String host) {
        return Access.isLoopback(host);
    }

    /** Where it listens. */
    public URI uri() {
        String host = settings.host().contains(":")
                ? "[" + settings.host().replaceAll("[\\[\\]]", "") + "]"
                : settings.host();
        return URI.create("http://" + host + ":" + connector.getLocalPort());
    }

    /** Answers with a model from now on. Its loop stays the caller's. */
    public void serve(ServedModel ready) {
        metrics.follow(ready);
        model = ready;
    }

    /** @throws ApiError 503 if there is no model yet, or no more */
    ServedModel model() {
        ServedModel there = model;
        if (draining) {
            throw ApiError.unavailable("draining", "the server is shutting down", RETRY_SECONDS);
        }
        if (there == null) {
            throw ApiError.unavailable("loading", "the model is being loaded", RETRY_SECONDS);
        }
        return there;
    }

    PageFile page() {
        return page;
    }

    /** Connections that are open. */
    public int connections() {
        return connector.getConnectedEndPoints().size();
    }

    /** Requests that are being answered. */
    public int busy() {
        return routes.busy();
    }

    /**
     * Refuses new requests and lets those that there are come to their end; requests that are left after the limit are told
     * that they broke off.
     *
     * @return whether all came to their end
     */
    public boolean drain(Duration limit) throws InterruptedException {
        draining = true;
        ServedModel there = model;
        boolean all = there == null || there.loop().drain(limit);
        long until = System.nanoTime() + LAST_WORDS.toNanos();
        while (routes.busy() > 0 && System.nanoTime() - until < 0) {
            Thread.sleep(10);
        }
        return all;
    }

    /** Ends all connections. */
    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the HTTP server does not stop", e);
        } finally {
            metrics.close();
        }
    }
}
