package org.tornadomor.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Speaks the interface of the server for tests of the page: models, chat and completion as events, errors. What it answers depends on
 * the seed, and the depths on threshold and maximum depth, by rules that a test can tell beforehand.
 */
final class FakeServer implements AutoCloseable {
    static final int RECURSIONS = 3;

    /** Each of them is a token. One would be an image with a script in it if the page took it for HTML. */
    static final List<String> WORDS = List.of(
            "The",
            " quick",
            " <b>brown</b>",
            " fox",
            "\n",
            "jumps",
            " <img src=x onerror=document.title='broken'>",
            " über");

    private static final JsonMapper JSON = JsonMapper.shared();

    private final HttpServer server;
    private final PageFile page = PageFile.load();

    /** Bodies of the requests that came, and their keys. */
    final List<JsonNode> requests = new CopyOnWriteArrayList<>();

    volatile List<String> words = WORDS;
    volatile boolean chatTemplate = true;
    volatile boolean hasTokenizer = true;
    volatile int recursions = RECURSIONS;
    volatile boolean hasThreshold = true;
    volatile boolean loading;
    volatile String key;
    volatile int tokens = 24;
    volatile long delayMillis = 2;
    /** Status, code and message of the refusal of the next request for text. */
    volatile Object[] refusal;
    /** After so many tokens a stream ends with an error event; -1 for never. */
    volatile int breaksAfter = -1;

    FakeServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::page);
        server.createContext("/v1/models", exchange -> guarded(exchange, this::models));
        server.createContext("/v1/completions", exchange -> guarded(exchange, e -> answer(e, false)));
        server.createContext("/v1/chat/completions", exchange -> guarded(exchange, e -> answer(e, true)));
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    /** The text of an answer under a seed. */
    static String text(long seed, int tokens) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < tokens; i++) {
            text.append(word(seed, i));
        }
        return text.toString();
    }

    static String word(long seed, int index) {
        return WORDS.get((int) ((seed + index) % WORDS.size()));
    }

    /** The depth of a token. */
    static int depth(int index, double threshold, int maxDepth) {
        int wanted = 1 + (int) (index % 5 * (1 - threshold));
        return Math.max(1, Math.min(wanted, maxDepth));
    }

    private interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    private void guarded(HttpExchange exchange, Handler handler) throws IOException {
        try (exchange) {
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            if (key != null && !("Bearer " + key).equals(authorization)) {
                refuse(exchange, 401, "invalid_api_key", "the key is missing or wrong");
            } else if (loading) {
                exchange.getResponseHeaders().set("Retry-After", "1");
                refuse(exchange, 503, "loading", "the model is being loaded");
            } else {
                handler.handle(exchange);
            }
        }
    }

    private void page(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!exchange.getRequestURI().getPath().equals("/")) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            page.headers().forEach(exchange.getResponseHeaders()::set);
            if (page.isKnown(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
                exchange.sendResponseHeaders(304, -1);
                return;
            }
            send(exchange, 200, page.bytes());
        }
    }

    private void models(HttpExchange exchange) throws IOException {
        ObjectNode root = JSON.createObjectNode().put("object", "list");
        root.putArray("data")
                .addObject()
                .put("id", "fake")
                .put("object", "model")
                .put("recursions", recursions)
                .put("router", recursions == 1 ? "none" : "expert-choice")
                .put("threshold", 0.5)
                .put("has_threshold", hasThreshold && recursions > 1)
                .put("context", 2048)
                .put("has_tokenizer", hasTokenizer)
                .put("chat_template", chatTemplate)
                .put("parameters", 12_345_678);
        json(exchange, 200, root);
    }

    private void refuse(HttpExchange exchange, int status, String code, String message) throws IOException {
        exchange.getRequestBody().readAllBytes();
        ObjectNode root = JSON.createObjectNode();
        root.putObject("error")
                .put("message", message)
                .put("type", "some_error")
                .put("code", code);
        json(exchange, status, root);
    }

    private void answer(HttpExchange exchange, boolean chat) throws IOException {
        JsonNode body = JSON.readTree(exchange.getRequestBody().readAllBytes());
        requests.add(body);
        Object[] refused = refusal;
        if (refused != null) {
            refusal = null;
            refuse(exchange, (Integer) refused[0], (String) refused[1], (String) refused[2]);
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            stream(out, body, chat);
        }
    }

    private void stream(OutputStream out, JsonNode body, boolean chat) throws IOException {
        long seed = body.path("seed").asLong(0);
        double threshold = body.path("threshold").asDouble(0.5);
        int maxDepth = body.path("max_depth").asInt(recursions);
        int count = Math.min(tokens, body.path("max_tokens").asInt(tokens));
        int sum = 0;
        write(out, ": a comment");
        for (int i = 0; i < count; i += 2) {
            if (breaksAfter >= 0 && i >= breaksAfter) {
                ObjectNode broken = JSON.createObjectNode();
                broken.putObject("error").put("message", "the engine failed").put("code", "engine_failed");
                write(out, "data: " + broken);
                return;
            }
            ObjectNode root = JSON.createObjectNode().put("object", "chunk");
            ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
            String text = "";
            var depths = choice.putArray("depths");
            var pieces = choice.putArray("pieces");
            for (int j = i; j < Math.min(i + 2, count); j++) {
                String word = words.get((int) ((seed + j) % words.size()));
                text += word;
                pieces.add(word);
                depths.add(depth(j, threshold, maxDepth));
                sum += depth(j, threshold, maxDepth);
            }
            if (chat) {
                choice.putObject("delta").put("content", text);
            } else {
                choice.put("text", text);
            }
            choice.putNull("finish_reason");
            write(out, "data: " + root);
            pause();
        }
        end(out, chat, count, (double) sum / Math.max(1, count));
    }

    private void end(OutputStream out, boolean chat, int count, double mean) throws IOException {
        ObjectNode last = JSON.createObjectNode();
        ObjectNode choice = last.putArray("choices").addObject().put("index", 0).put("finish_reason", "length");
        if (chat) {
            choice.putObject("delta");
        } else {
            choice.put("text", "");
        }
        write(out, "data: " + last);
        ObjectNode usage = JSON.createObjectNode();
        usage.putArray("choices");
        usage.putObject("usage")
                .put("prompt_tokens", 5)
                .put("completion_tokens", count)
                .put("mean_depth", mean)
                .put("compute_saved", 1 - mean / recursions);
        write(out, "data: " + usage);
        write(out, "data: [DONE]");
    }

    private void pause() {
        try {
            Thread.sleep(delayMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void write(OutputStream out, String line) throws IOException {
        out.write((line + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static void json(HttpExchange exchange, int status, JsonNode root) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        send(exchange, status, root.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length);
        try {
            exchange.getResponseBody().write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
