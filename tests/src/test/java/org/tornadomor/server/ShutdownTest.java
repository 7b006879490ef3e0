package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;

/** The server before there is a model, and after there is to be none any more. */
class ShutdownTest {
    private static final String COMPLETIONS = "/v1/completions";

    @Test
    void whileTheModelIsLoadedItSaysSo() throws Exception {
        StringWriter log = new StringWriter();
        try (ModelServer server = ModelServer.start(ServerSettings.LOCAL, new PrintWriter(log));
                HttpClient client = HttpClient.newHttpClient()) {
            for (String path : new String[] {"/health", "/v1/models"}) {
                HttpResponse<String> response = client.send(
                        HttpRequest.newBuilder(URI.create(server.uri() + path)).build(),
                        HttpResponse.BodyHandlers.ofString());
                JsonNode error = ServerFixture.read(503, response).get("error");
                assertEquals("loading", error.get("code").stringValue());
                assertEquals("unavailable_error", error.get("type").stringValue());
                assertTrue(response.headers().firstValue("Retry-After").isPresent());
            }
            assertThrows(
                    UserError.class,
                    () -> ModelServer.start(
                            new ServerSettings(
                                    "127.0.0.1",
                                    server.uri().getPort(),
                                    null,
                                    java.util.Set.of(),
                                    Duration.ofSeconds(1),
                                    8,
                                    Duration.ofSeconds(1),
                                    false),
                            new PrintWriter(log)));
        }
    }

    @Test
    void whatRunsComesToItsEndAndNothingNewBegins() throws Exception {
        try (ServerFixture server = new ServerFixture();
                RawClient running = new RawClient(server.port())) {
            running.send(RawClient.post(
                    COMPLETIONS, "{\"prompt\":\"a\",\"max_tokens\":250,\"ignore_eos\":true,\"stream\":true}"));
            running.readUntil("data: ");
            CompletableFuture<Boolean> drained = drain(server, Duration.ofSeconds(30));
            while (server.send(server.request("/health")).statusCode() == 200) {
                Thread.onSpinWait();
            }
            JsonNode error = server.answer(503, COMPLETIONS, "{'prompt': 'a'}").get("error");
            assertEquals("draining", error.get("code").stringValue());
            String rest = running.readUntil("[DONE]");
            assertTrue(rest.contains("\"finish_reason\":\"length\""), rest);
            assertTrue(drained.get());
        }
    }

    @Test
    void whatTakesLongerIsToldThatItBrokeOff() throws Exception {
        try (ServerFixture server = new ServerFixture(ServerFixture.Plan.PLAIN.withQueue(2000));
                RawClient streaming = new RawClient(server.port());
                RawClient waiting = new RawClient(server.port())) {
            String prompts = "\"a\",".repeat(63) + "\"a\"";
            String body = "{\"prompt\":[" + prompts + "],\"n\":8,\"max_tokens\":250,\"ignore_eos\":true%s}";
            streaming.send(RawClient.post(COMPLETIONS, String.format(body, ",\"stream\":true")));
            streaming.readUntil("data: ");
            waiting.send(RawClient.post(COMPLETIONS, String.format(body, "")));
            // More than the first one has.
            while (server.model().loop().state().waiting() < 8 * 64) {
                Thread.onSpinWait();
            }
            assertFalse(drain(server, Duration.ZERO).get());
            String rest = streaming.readUntil("[DONE]");
            assertTrue(rest.contains("data: {\"error\":{\"message\":\"the server "), rest);
            assertTrue(waiting.readUntil("}}").startsWith("HTTP/1.1 503 "));
        }
    }

    @Test
    void whatTakesTooLongIsEnded() throws IOException {
        ServerSettings impatient = ServerSettings.LOCAL.withTimes(Duration.ofMillis(1), ServerSettings.IDLE);
        try (ServerFixture server = new ServerFixture(ServerFixture.Plan.PLAIN.with(impatient))) {
            String body = "{'prompt': 'a', 'n': 8, 'max_tokens': 250, 'ignore_eos': true%s}";
            JsonNode error =
                    server.answer(504, COMPLETIONS, String.format(body, "")).get("error");
            assertEquals("timeout", error.get("code").stringValue());
        }
    }

    private static CompletableFuture<Boolean> drain(ServerFixture server, Duration limit) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return server.server().drain(limit);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
