package org.tornadomor.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;

/** Which path is answered by what. A path is only compared with those that exist, and never leads to a file. */
final class Routes extends Handler.Abstract {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";
    private static final String MODELS = "/v1/models";
    private static final String TOKENIZE = "/tokenize";
    private static final String DETOKENIZE = "/detokenize";
    private static final Set<String> HEALTH = Set.of("/health", "/v1/health");
    private static final Set<String> POSTS = Set.of(COMPLETIONS, CHAT, TOKENIZE, DETOKENIZE);
    private static final Set<String> GETS = Set.of("/", "/health", "/v1/health", "/metrics", MODELS);

    private final ModelServer server;
    private final ServerSettings settings;
    private final Access access;
    private final Metrics metrics;
    private final AccessLog log;
    private final Completions completions;
    private final AtomicInteger busy = new AtomicInteger();

    Routes(ModelServer server, ServerSettings settings, Metrics metrics, AccessLog log) {
        super(Invocable.InvocationType.BLOCKING);
        this.server = server;
        this.settings = settings;
        this.metrics = metrics;
        this.log = log;
        access = new Access(settings);
        completions = new Completions(settings, metrics, log);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Exchange exchange = new Exchange(request, response, settings.idle());
        busy.incrementAndGet();
        try {
            try {
                answer(exchange);
            } catch (ApiError e) {
                exchange.send(e);
            }
            callback.succeeded();
        } catch (IOException e) {
            exchange.abort(String.valueOf(e.getMessage()));
            callback.failed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            callback.failed(e);
        } catch (RuntimeException | Error e) {
            defect(exchange, callback, e);
        } finally {
            busy.decrementAndGet();
        }
        return true;
    }

    /** Requests that are being answered. */
    int busy() {
        return busy.get();
    }

    /** An unforeseen failure: the log says what it was; the client is only told that it happened. */
    private void defect(Exchange exchange, Callback callback, Throwable cause) {
        StackTraceElement[] trace = cause.getStackTrace();
        log.line("internal error: " + Exchange.shown(cause.toString(), 300)
                + (trace.length == 0 ? "" : " at " + trace[0]));
        try {
            if (exchange.response().isCommitted()) {
                callback.failed(cause);
            } else {
                exchange.send(ApiError.internal());
                callback.succeeded();
            }
        } catch (IOException e) {
            callback.failed(e);
        }
    }

    private void answer(Exchange exchange) throws IOException, InterruptedException {
        Request request = exchange.request();
        String path = Request.getPathInContext(request);
        String method = request.getMethod();
        boolean get = method.equals("GET") || method.equals("HEAD");
        boolean known = GETS.contains(path) || POSTS.contains(path);
        boolean card = path.startsWith(MODELS + "/");
        request.setAttribute(Exchange.ROUTE, known ? path : card ? MODELS + "/{id}" : "other");
        if (HEALTH.contains(path) && get) {
            health(exchange);
            return;
        }
        access.requireOrigin(request, exchange.response());
        if (method.equals("OPTIONS") && request.getHeaders().contains(HttpHeader.ORIGIN)) {
            access.answerPreflight(exchange.response());
            exchange.response().setStatus(204);
            return;
        }
        if (path.equals("/") && get) {
            page(exchange);
            return;
        }
        access.requireKey(request);
        if (!known && !card) {
            throw ApiError.of(404, ApiError.INVALID, "not_found", "there is no " + Exchange.shown(path, 100));
        }
        if (POSTS.contains(path)) {
            requireMethod(exchange, method.equals("POST"), "POST");
            Access.requireJson(request);
            post(path, exchange);
        } else {
            requireMethod(exchange, get, "GET, HEAD");
            get(path, exchange);
        }
    }

    private static void requireMethod(Exchange exchange, boolean right, String allowed) {
        if (!right) {
            exchange.response().getHeaders().put(HttpHeader.ALLOW, allowed);
            throw ApiError.of(
                    405, ApiError.INVALID, "method_not_allowed", "this path takes " + allowed + " and nothing else");
        }
    }

    private void health(Exchange exchange) throws IOException {
        ServedModel model = server.model();
        if (!model.loop().state().healthy()) {
            throw ApiError.unavailable("engine_failed", "the engine failed; the log of the server says how", 0);
        }
        exchange.send(200, Json.object().put("status", "ok").put("model", model.name()));
    }

    private void page(Exchange exchange) throws IOException {
        PageFile page = server.page();
        page.headers().forEach((name, value) -> exchange.response().getHeaders().put(name, value));
        if (page.isKnown(exchange.request().getHeaders().get(HttpHeader.IF_NONE_MATCH))) {
            exchange.response().setStatus(304);
            return;
        }
        exchange.send(200, null, page.bytes());
    }

    private void get(String path, Exchange exchange) throws IOException {
        if (path.equals("/metrics")) {
            exchange.send(200, Metrics.TYPE, metrics.text().getBytes(StandardCharsets.UTF_8));
            return;
        }
        ServedModel model = server.model();
        if (path.equals(MODELS)) {
            exchange.send(200, ModelCard.list(model));
        } else if (model.name().equals(decoded(path.substring(MODELS.length() + 1)))) {
            exchange.send(200, ModelCard.of(model));
        } else {
            throw Wanted.noModel(model);
        }
    }

    /** A name without its percent-encoding; null if the encoding is malformed. */
    private static String decoded(String encoded) {
        byte[] path = encoded.getBytes(StandardCharsets.UTF_8);
        ByteBuffer name = ByteBuffer.allocate(path.length);
        for (int i = 0; i < path.length; i++) {
            if (path[i] != '%') {
                name.put(path[i]);
                continue;
            }
            boolean pair =
                    i + 2 < path.length && HexFormat.isHexDigit(path[i + 1]) && HexFormat.isHexDigit(path[i + 2]);
            if (!pair) {
                return null;
            }
            name.put((byte) (HexFormat.fromHexDigit(path[++i]) << 4 | HexFormat.fromHexDigit(path[++i])));
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(name.flip()).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private void post(String path, Exchange exchange) throws IOException, InterruptedException {
        ServedModel model = server.model();
        Fields fields = Fields.of(Json.read(exchange.body()));
        switch (path) {
            case COMPLETIONS -> completions.complete(exchange, fields, model);
            case CHAT -> completions.chat(exchange, fields, model);
            case TOKENIZE -> exchange.send(200, TokenText.tokenize(fields, model));
            default -> exchange.send(200, TokenText.detokenize(fields, model));
        }
    }
}
