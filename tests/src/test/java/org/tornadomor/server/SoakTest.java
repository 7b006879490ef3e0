package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tornadomor.serving.LoopState;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Two hundred clients at once, friendly, hasty, slow and broken ones: each answer is the one that the same request got when it was
 * alone, nothing is lost, the queue stays bounded, and in the end nothing is left of them. Ten minutes of it:
 * {@code mvn verify -DexcludedGroups= -Dgroups=slow -Dtest=SoakTest}.
 */
class SoakTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final int CLIENTS = 200;
    private static final int KINDS = 48;
    private static final int QUEUE = 96;
    private static final long GROWTH = 48L << 20;

    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong left = new AtomicLong();
    private final Queue<Throwable> faults = new ConcurrentLinkedQueue<>();

    /** A request and what it gets alone. */
    private record Known(String body, JsonNode choices) {}

    @Test
    void tenSeconds() throws Exception {
        soak(10);
    }

    @Test
    @Tag("slow")
    void tenMinutes() throws Exception {
        soak(600);
    }

    private void soak(int seconds) throws Exception {
        try (ServerFixture server = new ServerFixture(ServerFixture.Plan.PLAIN.withQueue(QUEUE))) {
            List<Known> known = known(server);
            long begin = System.nanoTime();
            long end = begin + seconds * 1_000_000_000L;
            long early = 0;
            try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < CLIENTS; i++) {
                    Random random = new Random(i);
                    clients.submit(() -> be(server, known, random, end));
                }
                while (System.nanoTime() - end < 0 && faults.isEmpty()) {
                    LoopState state = server.model().loop().state();
                    assertTrue(state.waiting() <= QUEUE + ServerFixture.SEQUENCES, state.toString());
                    if (early == 0 && System.nanoTime() - begin > seconds * 300_000_000L) {
                        early = usedBytes();
                    }
                    server.forgetLog();
                    Thread.sleep(100);
                }
            }
            assertTrue(faults.isEmpty(), () -> faults.size() + " faults, the first: " + faults.peek());
            waitUntilIdle(server);
            long late = usedBytes();
            assertTrue(early == 0 || late - early < GROWTH, early + " bytes became " + late);
            assertTrue(answered.get() > 0);
            assertEquals(known.getFirst().choices(), answer(server, known.getFirst()));
            System.out.println("soak: " + answered + " answers, " + refused + " times told to come again, " + left
                    + " clients that went away; " + (late - early) / 1000 + " kB more than early on");
        }
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static void waitUntilIdle(ServerFixture server) throws InterruptedException {
        for (int i = 0; i < 1000; i++) {
            LoopState state = server.model().loop().state();
            if (state.running() == 0 && state.waiting() == 0 && server.server().busy() == 0) {
                return;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("something is left: " + server.model().loop().state());
    }

    private static List<Known> known(ServerFixture server) {
        Random random = new Random(12);
        List<Known> all = new ArrayList<>();
        for (int i = 0; i < KINDS; i++) {
            ObjectNode body = JsonMapper.shared().createObjectNode();
            String text = i % 3 == 0 ? "a common beginning of some length, " : "";
            body.put(
                    "prompt",
                    text
                            + random.ints(1 + random.nextInt(60), 'a', 'z')
                                    .collect(
                                            StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append));
            body.put("max_tokens", 1 + random.nextInt(60));
            body.put("temperature", random.nextBoolean() ? 0 : 1.2).put("seed", random.nextInt(1000));
            body.put("n", 1 + random.nextInt(2));
            if (random.nextInt(3) == 0) {
                body.put("max_depth", 1 + random.nextInt(3));
            }
            if (random.nextInt(3) == 0) {
                ArrayNode stops = body.putArray("stop");
                stops.add("e").add("qu");
            }
            String json = body.toString();
            all.add(new Known(json, choices(server.send(server.post(COMPLETIONS, json)))));
        }
        return all;
    }

    private static JsonNode choices(HttpResponse<String> response) {
        return ServerFixture.read(200, response).get("choices");
    }

    private void be(ServerFixture server, List<Known> known, Random random, long end) {
        try {
            while (System.nanoTime() - end < 0 && faults.isEmpty()) {
                Known one = known.get(random.nextInt(known.size()));
                switch (random.nextInt(10)) {
                    case 0 -> leave(server, one, random);
                    case 1 -> readSlowly(server, one, random);
                    case 2 -> stayHalfOpen(server, one, random);
                    case 3, 4, 5 -> compare(one, streamed(server, one));
                    default -> compare(one, answer(server, one));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception | AssertionError e) {
            faults.add(e);
        }
    }

    private void compare(Known one, JsonNode got) {
        if (got != null) {
            assertEquals(one.choices(), got, one.body());
            answered.incrementAndGet();
        }
    }

    private static String streaming(Known one) {
        return one.body().replaceFirst("\\{", "{\"stream\":true,");
    }

    /** The choices; null where the queue was full. */
    private JsonNode answer(ServerFixture server, Known one) throws InterruptedException {
        HttpResponse<String> response = server.send(server.post(COMPLETIONS, one.body()));
        return isRefused(response) ? null : choices(response);
    }

    private boolean isRefused(HttpResponse<String> response) throws InterruptedException {
        if (response.statusCode() != 429) {
            return false;
        }
        refused.incrementAndGet();
        Thread.sleep(50);
        return true;
    }

    private JsonNode streamed(ServerFixture server, Known one) throws InterruptedException {
        HttpResponse<String> response = server.send(server.post(COMPLETIONS, streaming(one)));
        if (isRefused(response)) {
            return null;
        }
        assertEquals(200, response.statusCode(), response.body());
        return together(ServerFixture.events(response.body()), one.choices().size());
    }

    /** What the events say, in the shape of a whole answer. */
    private static JsonNode together(List<JsonNode> events, int count) {
        ArrayNode all = JsonMapper.shared().createArrayNode();
        for (int i = 0; i < count; i++) {
            ObjectNode choice = all.addObject().put("index", i).put("text", "").putNull("logprobs");
            choice.putArray("depths");
            choice.putArray("pieces");
        }
        for (JsonNode event : events) {
            assertFalse(event.has("error"), event.toString());
            for (JsonNode part : event.path("choices")) {
                ObjectNode choice = (ObjectNode) all.get(part.get("index").intValue());
                choice.put(
                        "text",
                        choice.get("text").stringValue() + part.get("text").stringValue());
                part.get("depths").forEach(((ArrayNode) choice.get("depths"))::add);
                part.get("pieces").forEach(((ArrayNode) choice.get("pieces"))::add);
                choice.set("finish_reason", part.get("finish_reason"));
            }
        }
        return all;
    }

    /** Goes away in the middle of a stream, or before. */
    private void leave(ServerFixture server, Known one, Random random) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            client.send(RawClient.post(COMPLETIONS, random.nextBoolean() ? streaming(one) : one.body()));
            if (random.nextBoolean()) {
                client.readUntil("\r\n");
            }
        }
        left.incrementAndGet();
    }

    private void readSlowly(ServerFixture server, Known one, Random random) throws IOException, InterruptedException {
        try (RawClient client = new RawClient(server.port())) {
            String request = RawClient.post(COMPLETIONS, streaming(one));
            client.send(request.replaceFirst("\r\n", "\r\nConnection: close\r\n"));
            Thread.sleep(random.nextInt(1500));
            String all = client.readAll();
            if (all.startsWith("HTTP/1.1 200")) {
                assertTrue(all.contains("data: [DONE]"), all);
            } else {
                assertTrue(all.startsWith("HTTP/1.1 429"), all);
            }
        }
        left.incrementAndGet();
    }

    private void stayHalfOpen(ServerFixture server, Known one, Random random) throws IOException, InterruptedException {
        String whole = RawClient.post(COMPLETIONS, one.body());
        try (RawClient client = new RawClient(server.port())) {
            client.send(whole.substring(0, random.nextInt(whole.length())));
            Thread.sleep(random.nextInt(1000));
        }
        left.incrementAndGet();
    }
}
