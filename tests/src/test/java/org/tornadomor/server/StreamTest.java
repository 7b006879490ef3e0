package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadomor.language.StopText;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.Continuation;
import org.tornadomor.tokenizer.TinyTokenizers;
import org.tornadomor.tokenizer.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers that come in events: the same as those that come as a whole, in whole characters, without stop strings. */
class StreamTest {
    @TempDir
    private Path folder;

    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";

    private static ServerFixture server;

    @BeforeAll
    static void start() {
        server = new ServerFixture();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String text(List<JsonNode> events, int index, boolean chat) {
        StringBuilder text = new StringBuilder();
        for (JsonNode event : events) {
            for (JsonNode choice : event.get("choices")) {
                if (choice.get("index").intValue() == index) {
                    JsonNode part = chat ? choice.get("delta").path("content") : choice.get("text");
                    text.append(part.isString() ? part.stringValue() : "");
                }
            }
        }
        return text.toString();
    }

    @Test
    void eventsAreTheWholeAnswerInParts() {
        String fields =
                "'prompt': ['ab', 'xyz'], 'n': 2, 'max_tokens': 40, 'temperature': 1.3, 'seed': 4, 'logprobs': 1,"
                        + " 'return_token_ids': true";
        JsonNode whole = server.answer(200, COMPLETIONS, "{" + fields + "}");
        List<JsonNode> events = server.events(
                COMPLETIONS, "{" + fields + ", 'stream': true, 'stream_options': {'include_usage': true}}");
        assertEquals(
                whole.get("usage").get("completion_tokens"),
                events.getLast().get("usage").get("completion_tokens"));
        assertEquals(
                whole.get("usage").get("mean_depth"),
                events.getLast().get("usage").get("mean_depth"));
        assertEquals(0, events.getLast().get("choices").size());
        String id = events.getFirst().get("id").stringValue();
        for (JsonNode choice : whole.get("choices")) {
            int index = choice.get("index").intValue();
            assertEquals(choice.get("text").stringValue(), text(events, index, false));
            Map<String, List<JsonNode>> lists = new TreeMap<>();
            JsonNode last = null;
            for (JsonNode event : events) {
                assertEquals(id, event.get("id").stringValue());
                assertEquals("text_completion", event.get("object").stringValue());
                for (JsonNode part : event.get("choices")) {
                    if (part.get("index").intValue() == index) {
                        assertTrue(last == null || last.get("finish_reason").isNull());
                        last = part;
                        for (String name : List.of("depths", "pieces", "token_ids")) {
                            part.path(name).forEach(lists.computeIfAbsent(name, k -> new ArrayList<>())::add);
                        }
                        for (String name : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
                            part.path("logprobs")
                                    .path(name)
                                    .forEach(lists.computeIfAbsent(name, k -> new ArrayList<>())::add);
                        }
                    }
                }
            }
            assertEquals(choice.get("finish_reason"), last.get("finish_reason"));
            for (String name : List.of("depths", "pieces", "token_ids")) {
                assertEquals(
                        choice.get(name).toString(), lists.get(name).toString().replace(", ", ","), name);
            }
            for (String name : List.of("tokens", "text_offset")) {
                List<JsonNode> expected = new ArrayList<>();
                choice.get("logprobs").get(name).forEach(expected::add);
                assertEquals(expected, lists.get(name), name);
            }
            // The last bits of a sum depend on how many rows are multiplied together.
            JsonNode values = choice.get("logprobs").get("token_logprobs");
            for (int i = 0; i < values.size(); i++) {
                assertEquals(
                        values.get(i).doubleValue(),
                        lists.get("token_logprobs").get(i).doubleValue(),
                        1e-3);
            }
            assertEquals(values.size(), lists.get("top_logprobs").size());
        }
    }

    @Test
    void aChatOpensWithItsRole() {
        String fields = "'messages': [{'role': 'user', 'content': 'hi'}], 'max_tokens': 12, 'seed': 9";
        JsonNode whole = server.answer(200, CHAT, "{" + fields + "}");
        List<JsonNode> events = server.events(CHAT, "{" + fields + ", 'stream': true}");
        JsonNode first = events.getFirst().get("choices").get(0).get("delta");
        assertEquals("assistant", first.get("role").stringValue());
        assertEquals("chat.completion.chunk", events.getFirst().get("object").stringValue());
        assertEquals(whole.get("choices").get(0).get("message").get("content").stringValue(), text(events, 0, true));
        assertTrue(events.stream().noneMatch(event -> event.has("usage")));
        JsonNode last = events.getLast().get("choices").get(0);
        assertEquals(0, last.get("delta").size());
        assertTrue(last.get("finish_reason").isString());
    }

    @Test
    void echoComesFirst() {
        List<JsonNode> events = server.events(
                COMPLETIONS, "{'prompt': 'h\u00e9llo', 'max_tokens': 3, 'echo': true, 'logprobs': 0, 'stream': true}");
        assertTrue(text(events, 0, false).startsWith("h\u00e9llo"));
        JsonNode scores = events.getFirst().get("choices").get(0).get("logprobs");
        assertTrue(scores.get("token_logprobs").get(0).isNull());
        List<JsonNode> only =
                server.events(COMPLETIONS, "{'prompt': 'h\u00e9', 'max_tokens': 0, 'echo': true, 'stream': true}");
        assertEquals("h\u00e9", text(only, 0, false));
    }

    /** A choice, told of tokens by hand. */
    private static final class Told {
        final Mailbox mailbox = new Mailbox();
        final Choice choice;

        Told(List<String> stops, int... prompt) {
            this(new ByteTokenizer(), stops, prompt);
        }

        Told(Tokenizer tokenizer, List<String> stops, int... prompt) {
            choice = new Choice(0, 0, prompt, tokenizer, stops, Set.of(), mailbox);
        }

        List<Mailbox.Piece> taken() throws InterruptedException {
            List<Mailbox.Event> events = new ArrayList<>();
            mailbox.take(events, 0);
            return events.stream()
                    .filter(Mailbox.Piece.class::isInstance)
                    .map(Mailbox.Piece.class::cast)
                    .toList();
        }
    }

    @Test
    void bytesOfAnUnfinishedCharacterWait() throws InterruptedException {
        Told told = new Told(List.of(), 'a');
        for (int b : new int[] {0xF0, 0x9F, 0x98}) {
            assertTrue(told.choice.token(b, 1));
            assertEquals(List.of(), told.taken());
        }
        assertTrue(told.choice.token(0x80, 2));
        List<Mailbox.Piece> pieces = told.taken();
        assertEquals(4, pieces.size());
        assertEquals("\ud83d\ude00", pieces.getLast().text());
        told.choice.token(0xC3, 1);
        told.choice.ended(RequestListener.End.LENGTH);
        assertEquals("\ufffd", told.taken().getLast().text());
    }

    @Test
    void aStopStringMayLieAcrossTokens() throws InterruptedException {
        Told told = new Told(List.of("END", "EN!"), 'a');
        String text = "xENyEND";
        boolean more = true;
        for (char c : text.toCharArray()) {
            assertTrue(more);
            more = told.choice.token(c, 1);
        }
        assertFalse(more);
        told.choice.ended(RequestListener.End.STOPPED);
        List<Mailbox.Piece> pieces = told.taken();
        assertEquals(7, pieces.size());
        assertEquals(
                List.of("x", "E", "N", "y", "", "", ""),
                pieces.stream().map(Mailbox.Piece::text).toList());
    }

    /** Random bytes with random stop strings: what comes out is what {@link StopText} leaves of the whole text. */
    @Test
    void whateverTheTokensTheTextIsThatOfTheWhole() throws InterruptedException {
        Random random = new Random(3);
        byte[][] letters = {"a".getBytes(), "b".getBytes(), "\u00e9".getBytes(java.nio.charset.StandardCharsets.UTF_8)};
        for (int round = 0; round < 2000; round++) {
            List<String> stops = new ArrayList<>();
            for (int i = random.nextInt(3); i > 0; i--) {
                stops.add(
                        List.of("ab", "aab", "ba\u00e9", "\u00e9\u00e9", "bbb").get(random.nextInt(5)));
            }
            ArrayDeque<Integer> ids = new ArrayDeque<>();
            for (int i = random.nextInt(12); i >= 0; i--) {
                for (byte b : letters[random.nextInt(3)]) {
                    ids.add(Byte.toUnsignedInt(b));
                }
                if (random.nextInt(8) == 0) {
                    ids.add(0x80 + random.nextInt(0x7f));
                }
            }
            Told told = new Told(stops, 'q');
            boolean more = true;
            List<Integer> fed = new ArrayList<>();
            while (more && !ids.isEmpty()) {
                fed.add(ids.peek());
                more = told.choice.token(ids.poll(), 1);
            }
            told.choice.ended(more ? RequestListener.End.LENGTH : RequestListener.End.STOPPED);
            List<Mailbox.Piece> pieces = told.taken();
            assertEquals(fed, pieces.stream().map(Mailbox.Piece::id).toList());
            StopText whole = new StopText(stops);
            String decoded =
                    new ByteTokenizer().decode(fed.stream().mapToInt(i -> i).toArray());
            String expected = whole.accept(decoded) + whole.flush();
            StringBuilder got = new StringBuilder();
            pieces.forEach(piece -> got.append(piece.text()));
            assertEquals(expected, got.toString(), fed + " " + stops);
        }
    }

    /** Whichever way tokens become text, it is that of the whole: also where the last one begins a character behind other text. */
    @ParameterizedTest
    @MethodSource("decoders")
    void tokensTogetherAreTheWholeText(String decoder) throws InterruptedException {
        try (Tokenizer tokenizer = TinyTokenizers.open(
                folder, TinyTokenizers.withDecoder(TinyTokenizers.decoders().get(decoder)))) {
            Random random = new Random(6);
            int words = tokenizer.vocabSize() - 40;
            for (int round = 0; round < 300; round++) {
                Told told = new Told(tokenizer, List.of(), words + 7);
                Continuation whole = Continuation.of(tokenizer, new int[] {words + 7});
                StringBuilder expected = new StringBuilder();
                int count = 1 + random.nextInt(6);
                for (int i = 0; i < count; i++) {
                    int id = random.nextInt(4) == 0 ? random.nextInt(words) : words + random.nextInt(40);
                    told.choice.token(id, 1);
                    expected.append(whole.accept(id));
                }
                expected.append(whole.finish());
                told.choice.ended(RequestListener.End.LENGTH);
                StringBuilder text = new StringBuilder();
                List<Mailbox.Piece> pieces = told.taken();
                pieces.forEach(piece -> text.append(piece.text()));
                assertEquals(count, pieces.size());
                assertEquals(expected.toString(), text.toString());
            }
        }
    }

    static Set<String> decoders() {
        return TinyTokenizers.decoders().keySet();
    }

    @Test
    void textBeforeHalfACharacterWaitsForTheNextToken() throws InterruptedException {
        ObjectNode file = TinyTokenizers.withDecoder(TinyTokenizers.decoders().get("byte-level"));
        ObjectNode vocabulary = (ObjectNode) file.path("model").path("vocab");
        int half = vocabulary.size();
        // A blank and two bytes of three.
        vocabulary.put("\u0120\u00E2\u0122", half);
        int a = vocabulary.get("a").intValue();
        try (Tokenizer tokenizer = TinyTokenizers.open(folder, file)) {
            Told told = new Told(tokenizer, List.of(), a);
            told.choice.token(a, 1);
            assertEquals(1, told.taken().size());
            told.choice.token(half, 2);
            assertEquals(List.of(), told.taken());
            told.choice.token(a, 3);
            assertEquals(
                    List.of(" ", "\ufffda"),
                    told.taken().stream().map(Mailbox.Piece::text).toList());
            told.choice.token(half, 2);
            told.choice.ended(RequestListener.End.LENGTH);
            assertEquals(
                    List.of(" \ufffd"),
                    told.taken().stream().map(Mailbox.Piece::text).toList());
        }
    }

    @Test
    void whoDoesNotReadIsLeft() {
        Told told = new Told(List.of(), 'a');
        int count = 0;
        while (told.choice.token('x', 1)) {
            count++;
            assertTrue(count <= Choice.MOST_WAITING);
        }
        assertTrue(told.choice.tooSlow());
    }

    @Test
    void aFaultBehindTheFirstEventIsAnEvent() throws Exception {
        try (ServerFixture other = new ServerFixture()) {
            Map<String, String> seen = new HashMap<>();
            try (RawClient client = new RawClient(other.port())) {
                client.send(RawClient.post(
                        COMPLETIONS, "{\"prompt\":\"a\",\"max_tokens\":250,\"ignore_eos\":true,\"stream\":true}"));
                seen.put("begin", client.readUntil("data: "));
                other.model().loop().drain(java.time.Duration.ZERO);
                seen.put("end", client.readUntil("[DONE]"));
            }
            assertTrue(seen.get("begin").startsWith("HTTP/1.1 200"), seen.toString());
            boolean finished = seen.get("end").contains("\"finish_reason\":\"length\"");
            assertTrue(finished || seen.get("end").contains("data: {\"error\":{\"message\":"), seen.toString());
        }
    }
}
