package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may ask. */
class AccessTest {
    private static final String KEY = "correct-horse";

    private static ServerFixture server;

    @BeforeAll
    static void start() {
        ServerSettings settings = ServerSettings.LOCAL.withKey(KEY).withOrigins(Set.of("https://chat.example.org"));
        server = new ServerFixture(ServerFixture.Plan.PLAIN.with(settings));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static HttpRequest.Builder completion() {
        return server.post("/v1/completions", "{'prompt': 'a', 'max_tokens': 1}");
    }

    @Test
    void everythingButHealthAndThePageNeedsTheKey() {
        assertEquals(200, server.send(server.request("/health")).statusCode());
        assertEquals(200, server.send(server.request("/")).statusCode());
        for (String path : List.of(
                "/v1/models", "/v1/models/tiny", "/metrics", "/nothing", "/v1/healthx", "/health/", "/HEALTH")) {
            HttpResponse<String> response = server.send(server.request(path));
            assertEquals(401, response.statusCode(), path);
            assertEquals(
                    "Bearer", response.headers().firstValue("WWW-Authenticate").orElseThrow());
            assertFalse(response.body().contains(KEY));
        }
        for (String path : List.of("/v1/completions", "/v1/chat/completions", "/tokenize", "/detokenize")) {
            assertEquals(401, server.send(server.post(path, "{}")).statusCode(), path);
        }
        assertEquals(401, server.send(server.post("/health", "{}")).statusCode());
    }

    @Test
    void onlyTheRightKeyWill() {
        for (String shown :
                List.of("Bearer correct-hors", "Bearer correct-horse2", KEY, "Basic " + KEY, "Bearer", "Bearer  ")) {
            assertEquals(
                    401,
                    server.send(completion().header("Authorization", shown)).statusCode(),
                    shown);
        }
        assertEquals(
                200,
                server.send(completion().header("Authorization", "Bearer " + KEY))
                        .statusCode());
        assertEquals(
                200,
                server.send(completion().header("Authorization", "bearer " + KEY))
                        .statusCode());
        assertFalse(server.log().contains(KEY));
    }

    @Test
    void pagesOfOtherOriginsAreRefusedUnlessAllowed() throws IOException {
        HttpRequest.Builder foreign =
                completion().header("Authorization", "Bearer " + KEY).header("Origin", "https://evil.example");
        HttpResponse<String> refused = server.send(foreign);
        assertEquals(403, refused.statusCode());
        assertTrue(refused.headers().firstValue("Access-Control-Allow-Origin").isEmpty());
        HttpResponse<String> allowed = server.send(
                completion().header("Authorization", "Bearer " + KEY).header("Origin", "https://chat.example.org"));
        assertEquals(200, allowed.statusCode());
        assertEquals(
                "https://chat.example.org",
                allowed.headers().firstValue("Access-Control-Allow-Origin").orElseThrow());
        String own = server.server().uri().toString();
        assertEquals(
                200,
                server.send(completion()
                                .header("Authorization", "Bearer " + KEY)
                                .header("Origin", own))
                        .statusCode());
        assertEquals(
                403,
                server.send(completion()
                                .header("Authorization", "Bearer " + KEY)
                                .header("Origin", "null"))
                        .statusCode());
        // A name of somebody else that leads here.
        try (RawClient rebound = new RawClient(server.port())) {
            String answer = rebound.send(
                            "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n"
                                    + "Authorization: Bearer " + KEY + "\r\nConnection: close\r\n\r\n")
                    .readAll();
            assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
        }
    }

    @Test
    void loopbackIsAnAddressAndNotTheBeginningOfAName() {
        for (String host :
                List.of("localhost", "LocalHost", "::1", "[::1]", "127.0.0.1", "127.0.0.2", "127.12.255.1")) {
            assertTrue(ModelServer.isLoopback(host), host);
        }
        for (String host :
                List.of("127.example.org", "127.0.0.1.example.org", "127.1", "localhost.example", "0.0.0.0", "")) {
            assertFalse(ModelServer.isLoopback(host), host);
        }
    }

    /** Its body may still be on the way, and then nothing else can come on this connection. */
    @Test
    void whoIsRefusedBeforeTheBodyIsReadIsToldThatTheConnectionEnds() throws IOException {
        String head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n";
        for (String body : List.of("Content-Length: 9\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n")) {
            try (RawClient client = new RawClient(server.port())) {
                String answer = client.send(head + body).readAll();
                assertTrue(answer.startsWith("HTTP/1.1 401 "), answer);
                assertTrue(answer.contains("\r\nConnection: close\r\n"), answer);
            }
        }
        HttpResponse<String> without = server.send(server.request("/v1/models"));
        assertEquals(401, without.statusCode());
        assertEquals(Optional.empty(), without.headers().firstValue("Connection"));
    }

    private static String plain(ServerFixture server, String host, String headers) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            return client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "Connection: close\r\n\r\n")
                    .readAll();
        }
    }

    @Test
    void everyAddressOfLoopbackIsItsOwnOrigin() throws IOException {
        for (String host : List.of("127.0.0.2:81", "localhost", "[::1]:7", "127.0.0.1")) {
            String answer = plain(server, host, "Origin: http://" + host + "\r\n");
            assertTrue(answer.startsWith("HTTP/1.1 200 "), host + ": " + answer);
        }
    }

    /** Without an origin, as browsers get a page and what it asks of its own server. */
    @Test
    void browsersGetNothingByAForeignName() throws IOException {
        List<String> browsers = List.of(
                "Sec-Fetch-Site: same-origin\r\n",
                "Sec-Fetch-Mode: navigate\r\n",
                "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n");
        for (String browser : browsers) {
            for (String host : List.of("evil.example:8080", "127.evil.example", "127.0.0.1.evil.example")) {
                String answer = plain(server, host, browser);
                assertTrue(answer.startsWith("HTTP/1.1 403 "), browser + host + ": " + answer);
            }
            for (String host : List.of("localhost:8080", "127.0.0.2", "chat.example.org")) {
                String answer = plain(server, host, browser);
                assertTrue(answer.startsWith("HTTP/1.1 200 "), browser + host + ": " + answer);
            }
        }
        assertTrue(plain(server, "my.alias", "User-Agent: curl/8\r\n").startsWith("HTTP/1.1 200 "));
    }

    @Test
    void browsersMayAskBefore() {
        HttpRequest.Builder preflight = server.request("/v1/chat/completions")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .header("Access-Control-Request-Method", "POST");
        HttpResponse<String> allowed = server.send(preflight.copy().header("Origin", "https://chat.example.org"));
        assertEquals(204, allowed.statusCode());
        assertTrue(allowed.headers()
                .firstValue("Access-Control-Allow-Headers")
                .orElseThrow()
                .contains("Authorization"));
        assertEquals(
                403,
                server.send(preflight.copy().header("Origin", "https://evil.example"))
                        .statusCode());
    }

    @Test
    void withoutAKeyItAsksForNone() {
        try (ServerFixture open =
                new ServerFixture(ServerFixture.Plan.PLAIN.with(ServerSettings.LOCAL.withOrigins(Set.of("*"))))) {
            open.get(200, "/v1/models");
            HttpResponse<String> any = open.send(open.request("/v1/models").header("Origin", "https://a.example"));
            assertEquals(
                    "*", any.headers().firstValue("Access-Control-Allow-Origin").orElseThrow());
        }
    }
}
