package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Whatever comes over a socket: a clear answer or a closed connection, never a stack trace, and the server goes on. */
class HostileRequestsTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final Duration SILENCE = Duration.ofMillis(700);

    private static ServerFixture server;

    @BeforeAll
    static void start() {
        server = new ServerFixture(
                ServerFixture.Plan.PLAIN.with(ServerSettings.LOCAL.withTimes(Duration.ofSeconds(20), SILENCE)));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** After each of them, the others are served as before, as soon as the server has noticed who went away. */
    @AfterEach
    void goesOn() throws InterruptedException {
        String request = "{'prompt': 'ab', 'max_tokens': 3, 'ignore_eos': true}";
        HttpResponse<String> response = server.send(server.post(COMPLETIONS, request));
        for (int i = 0; i < 1000 && response.statusCode() == 429; i++) {
            Thread.sleep(20);
            response = server.send(server.post(COMPLETIONS, request));
        }
        JsonNode usage = ServerFixture.read(200, response).get("usage");
        assertEquals(3, usage.get("completion_tokens").intValue());
        assertFalse(server.log().contains("internal error"), server.log());
    }

    private static String exchange(String request) throws IOException {
        return exchange(request.getBytes(StandardCharsets.UTF_8));
    }

    private static String exchange(byte[] request) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            try {
                client.send(request).closeOutput();
            } catch (IOException e) {
                // It was refused before it was sent as a whole.
            }
            return harmless(client.readAll());
        }
    }

    private static String harmless(String answer) {
        for (String word : List.of("Exception", "\tat ", "org.eclipse", "org.tornadomor", "java.")) {
            assertFalse(answer.contains(word), answer);
        }
        return answer;
    }

    private static void refused(int status, String answer) {
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), () -> answer + server.log());
        assertTrue(answer.contains("{\"error\":{\"message\":"), answer);
    }

    @Test
    void deepJson() throws IOException {
        refused(400, exchange(RawClient.post(COMPLETIONS, "{\"prompt\":" + "[".repeat(100_000))));
        refused(400, exchange(RawClient.post(COMPLETIONS, "{\"x\":" + "{\"x\":".repeat(50_000))));
        refused(400, exchange(RawClient.post(COMPLETIONS, "{\"x\":1" + "0".repeat(100_000) + "}")));
        refused(400, exchange(RawClient.post(COMPLETIONS, "{\"" + "x".repeat(200_000) + "\":1}")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"prompt\":\"a\",\"max_tokens\":1e400}",
                "{\"prompt\":\"a\",\"max_tokens\":-9223372036854775809}",
                "{\"prompt\":\"a\",\"temperature\":Infinity}",
                "{\"prompt\":\"a\",\"temperature\":-Infinity}",
                "{\"prompt\":\"a\",\"temperature\":NaN}",
                "{\"prompt\":\"a\",\"top_p\":\"NaN\"}",
                "{\"prompt\":\"a\",\"seed\":1e30}",
                "{\"prompt\":\"\\ud800\"}",
                "{\"prompt\":\"a\",\"stop\":\"\\udfff\"}",
                "{\"prompt\":\"a\",\"stop\":{\"a\":[]}}",
                "{\"prompt\":{\"a\":1}}",
                "{\"prompt\":[[[1]]]}",
                "{\"prompt\":true}",
                "null",
                "\u0000",
                "{\"prompt\":\"a\\q\"}",
            })
    void oddValues(String body) throws IOException {
        refused(400, exchange(RawClient.post(COMPLETIONS, body)));
    }

    @Test
    void invalidUtf8() throws IOException {
        byte[][] bad = {
            {(byte) 0xff}, {(byte) 0xc0, (byte) 0x80}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, {(byte) 0xe2, 0x28}
        };
        for (byte[] bytes : bad) {
            byte[] before = "{\"prompt\":\"".getBytes(StandardCharsets.UTF_8);
            byte[] after = "\"}".getBytes(StandardCharsets.UTF_8);
            byte[] head = RawClient.postHead(COMPLETIONS, before.length + bytes.length + after.length)
                    .getBytes(StandardCharsets.UTF_8);
            var all = new java.io.ByteArrayOutputStream();
            for (byte[] part : List.of(head, before, bytes, after)) {
                all.writeBytes(part);
            }
            refused(400, exchange(all.toByteArray()));
        }
    }

    @Test
    void largeBodies() throws IOException {
        String answer = exchange(RawClient.post(COMPLETIONS, "{\"prompt\":\"" + "a".repeat(10 << 20) + "\"}"));
        assertTrue(answer.startsWith("HTTP/1.1 413 ") || answer.contains("(reset)"), answer);
        try (RawClient client = new RawClient(server.port())) {
            refused(413, client.send(RawClient.postHead(COMPLETIONS, 10 << 20)).readUntil("}}"));
        }
        StringBuilder chunked = new StringBuilder(
                "POST " + COMPLETIONS
                        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 40; i++) {
            chunked.append("10000\r\n").append(" ".repeat(0x10000)).append("\r\n");
        }
        answer = exchange(chunked + "0\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 413 ") || answer.contains("(reset)"), answer);
    }

    @Test
    void largeHeads() throws IOException {
        refused(431, exchange("GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + "a".repeat(20_000) + "\r\n\r\n"));
        refused(431, exchange("GET /health HTTP/1.1\r\nHost: localhost\r\n" + "X: a\r\n".repeat(5000) + "\r\n"));
        String path = exchange("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertTrue(path.startsWith("HTTP/1.1 414 ") || path.startsWith("HTTP/1.1 431 "), path);
    }

    @Test
    void slowHeads() throws IOException, InterruptedException {
        String head =
                "GET /health HTTP/1.1\r\nHost: localhost\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        try (RawClient silent = new RawClient(server.port())) {
            harmless(silent.send("GET /health HT").readAll());
        }
        // A letter now and then keeps a connection from being silent, but not for ever.
        boolean closed = false;
        try (RawClient slow = new RawClient(server.port())) {
            for (int i = 0; i < head.length() && !closed; i++) {
                Thread.sleep(SILENCE.toMillis() / 5);
                try {
                    slow.send(head.substring(i, i + 1));
                } catch (IOException e) {
                    closed = true;
                }
            }
        }
        assertTrue(closed, "a whole head may take for ever");
    }

    @Test
    void slowBodies() throws IOException, InterruptedException {
        boolean closed = false;
        try (RawClient slow = new RawClient(server.port())) {
            slow.send(RawClient.postHead(COMPLETIONS, 1000));
            for (int i = 0; i < 100 && !closed; i++) {
                Thread.sleep(SILENCE.toMillis() / 5);
                try {
                    slow.send(" ");
                } catch (IOException e) {
                    closed = true;
                }
            }
        }
        assertTrue(closed, "a whole body may take for ever");
        try (RawClient silent = new RawClient(server.port())) {
            harmless(silent.send(RawClient.postHead(COMPLETIONS, 1000)).readAll());
        }
    }

    @Test
    void smuggledRequests() throws IOException {
        String inner = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        List<String> heads = List.of(
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "Content-Length: 5\r\nContent-Length: 6\r\n",
                "Content-Length: 5, 6\r\n",
                "Content-Length: +5\r\n",
                "Content-Length: -1\r\n",
                "Content-Length: 99999999999999999999\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Content-Length : 5\r\n",
                " Content-Length: 5\r\n",
                "Transfer-Encoding:\u000bchunked\r\n");
        for (String head : heads) {
            String answer = exchange("POST " + COMPLETIONS + " HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Type: application/json\r\n" + head + "\r\n0\r\n\r\n" + inner);
            harmless(answer);
            assertTrue(answer.startsWith("HTTP/1.1 4") || answer.startsWith("HTTP/1.1 501"), head + answer);
            assertFalse(answer.contains("tornadomor_"), head + answer);
        }
        for (String line : List.of(
                "GET /health HTTP/1.1\r\n\r\n",
                "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET /health\r\n\r\n",
                "GET  /health HTTP/9.9\r\nHost: a\r\n\r\n",
                "\u0001\u0002\u0003\u0004\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) {
            String answer = exchange(line);
            assertTrue(answer.isEmpty() || answer.matches("(?s)HTTP/1.1 (4|5)\\d\\d .*"), line + answer);
        }
    }

    @Test
    void requestsInARowAreAnsweredInTheirOrder() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            String one = RawClient.post(COMPLETIONS, "{\"prompt\":\"a\",\"max_tokens\":40,\"ignore_eos\":true}");
            client.send(one + "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    + "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            String all = client.readAll();
            assertEquals(3, all.split("HTTP/1.1 200").length - 1, all);
            assertTrue(all.indexOf("text_completion") < all.indexOf("\"list\""), all);
            assertTrue(all.indexOf("\"list\"") < all.indexOf("\"ok\""), all);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../../etc/passwd",
                "/v1/../../etc/passwd",
                "/%2e%2e/%2e%2e/etc/passwd",
                "/..%2f..%2fetc%2fpasswd",
                "/static/..;/..;/etc/passwd",
                "//etc/passwd",
                "/v1/models/../../etc/passwd",
                "/v1/models/%00",
                "/page/index.html",
                "/index.html",
                "/v1/completions/",
                "/V1/models",
                "/v1//models",
                "/%",
                "/%zz",
                "/\u00e9",
                "http://other.example/health2",
                "*",
            })
    void pathsLeadNowhere(String path) throws IOException {
        String answer = exchange("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertTrue(answer.matches("(?s)HTTP/1.1 4\\d\\d .*"), answer);
        assertFalse(answer.contains("root:"), answer);
        harmless(answer);
    }

    /** What the HTTP library refuses has a code as all other errors have. */
    @ParameterizedTest
    @ValueSource(strings = {"/v1/models/x%00y", "/%zz", "/v1/models/%"})
    void badAddressesHaveACode(String path) throws IOException {
        String answer = exchange("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        refused(400, answer);
        assertTrue(answer.contains("\"code\":\"bad_request\""), answer);
    }

    @Test
    void wrongMethodsAndTypes() throws IOException {
        assertTrue(exchange("DELETE /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .startsWith("HTTP/1.1 405"));
        assertTrue(exchange("GET /v1/completions HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .contains("Allow: POST"));
        assertTrue(exchange("TRACE /health HTTP/1.1\r\nHost: localhost\r\n\r\n").matches("(?s)HTTP/1.1 4\\d\\d .*"));
        assertTrue(exchange("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .matches("(?s)HTTP/1.1 4\\d\\d .*"));
        for (String type : List.of("text/plain", "application/x-www-form-urlencoded", "application/jsonx", "")) {
            String head = "POST " + COMPLETIONS + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type
                    + "\r\nContent-Length: 14\r\n\r\n{\"prompt\":\"a\"}";
            refused(415, exchange(head));
        }
        refused(
                400,
                exchange("POST " + COMPLETIONS + " HTTP/1.1\r\nHost: localhost\r\n"
                        + "Content-Type: application/json; charset=utf-16\r\nContent-Length: 2\r\n\r\n{}"));
    }

    /** A client that waits for its answer is silent, and may be so for longer than it may take to send. */
    @Test
    void whoWaitsForAnAnswerMayBeSilent() {
        ServerSettings settings = ServerSettings.LOCAL.withTimes(Duration.ofSeconds(60), Duration.ofMillis(100));
        String prompts = "'a', ".repeat(31) + "'a'";
        try (ServerFixture impatient = new ServerFixture(ServerFixture.Plan.PLAIN.with(settings))) {
            impatient.answer(200, COMPLETIONS, "{'prompt': [" + prompts + "], 'max_tokens': 200, 'ignore_eos': true}");
        }
    }

    @Test
    void clientsThatGoAwayFreeTheirPlaces() throws IOException, InterruptedException {
        String body = "{\"prompt\":\"a\",\"n\":8,\"max_tokens\":250,\"ignore_eos\":true,\"temperature\":1%s}";
        for (int round = 0; round < 4; round++) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                RawClient client = new RawClient(server.port());
                clients.add(client);
                client.send(RawClient.post(COMPLETIONS, String.format(body, i % 2 == 0 ? "" : ",\"stream\":true")));
                if (i % 3 == 0) {
                    client.closeOutput();
                }
            }
            for (RawClient client : clients) {
                client.close();
            }
        }
        waitFor(() -> server.model().loop().state().running() == 0
                && server.model().loop().state().waiting() == 0);
        waitFor(() -> server.server().connections() <= 2);
    }

    /** A client that comes when there are as many connections as may be is served as soon as another one goes. */
    @Test
    void connectionsAreLimited() throws IOException {
        ServerSettings s = ServerSettings.LOCAL;
        ServerSettings three =
                new ServerSettings(s.host(), 0, null, s.origins(), s.timeout(), 3, s.idle(), s.logPrompts());
        try (ServerFixture small = new ServerFixture(ServerFixture.Plan.PLAIN.with(three))) {
            List<RawClient> open = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                open.add(new RawClient(small.port()).send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            }
            for (RawClient client : open) {
                assertTrue(client.readUntil("}").startsWith("HTTP/1.1 200 "));
                assertTrue(small.server().connections() <= 3);
                client.close();
            }
        }
    }

    @Test
    void headsAreAnswersWithoutABody() throws IOException {
        for (String path : List.of("/health", "/v1/models", "/")) {
            String answer = exchange("HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
            assertTrue(answer.endsWith("\r\n\r\n"), answer);
        }
    }

    private static void waitFor(java.util.function.BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 1000 && !condition.getAsBoolean(); i++) {
            Thread.sleep(20);
        }
        assertTrue(condition.getAsBoolean());
    }
}
