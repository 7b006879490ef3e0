package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.Sharing;
import org.tornadomor.template.ChatTemplate;
import tools.jackson.databind.JsonNode;

/** What the server answers, field by field. */
class ApiTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";
    private static final String GREEDY = "'temperature': 0, 'seed': 1";

    private static ServerFixture server;

    @BeforeAll
    static void start() {
        server = new ServerFixture();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static JsonNode complete(String fields) {
        return server.answer(200, COMPLETIONS, "{" + fields + "}");
    }

    private static JsonNode chat(String fields) {
        return server.answer(200, CHAT, "{'messages': [{'role': 'user', 'content': 'hi'}], " + fields + "}");
    }

    private static List<Integer> ints(JsonNode array) {
        return IntStream.range(0, array.size())
                .mapToObj(i -> array.get(i).intValue())
                .toList();
    }

    private static String joined(JsonNode pieces) {
        StringBuilder text = new StringBuilder();
        pieces.forEach(piece -> text.append(piece.stringValue()));
        return text.toString();
    }

    @Test
    void aCompletionHasWhatClientsRead() {
        JsonNode answer = complete("'model': 'tiny', 'prompt': 'abc', 'max_tokens': 9, " + GREEDY);
        assertTrue(answer.get("id").stringValue().startsWith("cmpl-"));
        assertEquals("text_completion", answer.get("object").stringValue());
        assertEquals("tiny", answer.get("model").stringValue());
        assertTrue(answer.get("created").isIntegralNumber());
        JsonNode choice = answer.get("choices").get(0);
        assertEquals(0, choice.get("index").intValue());
        assertTrue(choice.get("logprobs").isNull());
        JsonNode usage = answer.get("usage");
        int tokens = usage.get("completion_tokens").intValue();
        assertEquals(3, usage.get("prompt_tokens").intValue());
        assertEquals(3 + tokens, usage.get("total_tokens").intValue());
        assertTrue(usage.get("prompt_tokens_details").has("cached_tokens"));
        assertEquals(tokens, choice.get("depths").size());
        assertEquals(tokens, choice.get("pieces").size());
        assertEquals(choice.get("text").stringValue(), joined(choice.get("pieces")));
        double mean =
                ints(choice.get("depths")).stream().mapToInt(d -> d).average().orElseThrow();
        assertEquals(mean, usage.get("mean_depth").doubleValue(), 1e-12);
        assertTrue(usage.get("compute_saved").doubleValue() >= 0);
        assertEquals(
                tokens == 9 ? "length" : "stop", choice.get("finish_reason").stringValue());
    }

    @Test
    void aChatHasWhatClientsRead() {
        JsonNode answer = chat("'max_completion_tokens': 5, " + GREEDY);
        assertTrue(answer.get("id").stringValue().startsWith("chatcmpl-"));
        assertEquals("chat.completion", answer.get("object").stringValue());
        JsonNode message = answer.get("choices").get(0).get("message");
        assertEquals("assistant", message.get("role").stringValue());
        JsonNode choice = answer.get("choices").get(0);
        assertEquals(message.get("content").stringValue(), joined(choice.get("pieces")));
        int prompt = "user: hi\nassistant:".length();
        assertEquals(prompt, answer.get("usage").get("prompt_tokens").intValue());
        JsonNode same = complete("'prompt': 'user: hi\\nassistant:', 'max_tokens': 5, " + GREEDY);
        assertEquals(
                message.get("content").stringValue(),
                same.get("choices").get(0).get("text").stringValue());
        JsonNode parts = server.answer(
                200,
                CHAT,
                "{'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'hi'}]}], 'max_tokens': 5, "
                        + GREEDY + "}");
        assertEquals(message, parts.get("choices").get(0).get("message"));
    }

    @Test
    void theSameSeedGivesTheSameTextAndAnotherOneDoesNot() {
        String fields = "'prompt': 'class', 'max_tokens': 30, 'temperature': 1.5, 'top_k': 50, 'seed': ";
        String text = complete(fields + 7).get("choices").get(0).get("text").stringValue();
        assertEquals(
                text, complete(fields + 7).get("choices").get(0).get("text").stringValue());
        assertNotEquals(
                text, complete(fields + 8).get("choices").get(0).get("text").stringValue());
        JsonNode several = complete(fields + "7, 'n': 3").get("choices");
        assertEquals(3, several.size());
        assertEquals(text, several.get(0).get("text").stringValue());
        assertNotEquals(text, several.get(1).get("text").stringValue());
        JsonNode batch = complete("'prompt': ['a', 'class'], 'n': 2, " + fields.substring(fields.indexOf("'max")) + 7);
        assertEquals(4, batch.get("choices").size());
        assertEquals(text, batch.get("choices").get(2).get("text").stringValue());
        assertEquals(6, batch.get("usage").get("prompt_tokens").intValue());
    }

    @Test
    void promptsAreTextOrTokens() {
        String rest = ", 'max_tokens': 6, " + GREEDY;
        JsonNode text = complete("'prompt': 'abc'" + rest).get("choices");
        assertEquals(text, complete("'prompt': ['abc']" + rest).get("choices"));
        assertEquals(text, complete("'prompt': [97, 98, 99]" + rest).get("choices"));
        assertEquals(text, complete("'prompt': [[97, 98, 99]]" + rest).get("choices"));
    }

    @Test
    void stopStringsAreCut() {
        String whole = complete("'prompt': 'q', 'max_tokens': 40, 'temperature': 2, 'seed': 3")
                .get("choices")
                .get(0)
                .get("text")
                .stringValue();
        String stop = whole.substring(5, 8);
        String json = tools.jackson.databind.json.JsonMapper.shared().writeValueAsString(stop);
        JsonNode answer = server.answer(
                200,
                COMPLETIONS,
                "{'prompt': 'q', 'max_tokens': 40, 'temperature': 2, 'seed': 3, 'stop': ['zzzz', STOP]}"
                        .replace('\'', '"')
                        .replace("STOP", json));
        JsonNode choice = answer.get("choices").get(0);
        assertEquals(whole.substring(0, whole.indexOf(stop)), choice.get("text").stringValue());
        assertEquals("stop", choice.get("finish_reason").stringValue());
        assertEquals(choice.get("text").stringValue(), joined(choice.get("pieces")));
        assertEquals(
                choice.get("depths").size(),
                answer.get("usage").get("completion_tokens").intValue());
    }

    /** As lm-evaluation-harness asks: the log-probabilities of a given text, in which the last token is passed over. */
    @Test
    void echoScoresThePrompt() {
        JsonNode choice = complete(
                        "'prompt': [97, 98, 99, 100], 'echo': true, 'logprobs': 1, 'max_tokens': 1, " + GREEDY)
                .get("choices")
                .get(0);
        JsonNode scores = choice.get("logprobs");
        int count = 4 + choice.get("depths").size();
        for (String list : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
            assertEquals(count, scores.get(list).size(), list);
        }
        assertTrue(scores.get("token_logprobs").get(0).isNull());
        assertTrue(scores.get("top_logprobs").get(0).isNull());
        assertEquals("b", scores.get("tokens").get(1).stringValue());
        for (int i = 1; i < count; i++) {
            double value = scores.get("token_logprobs").get(i).doubleValue();
            assertTrue(value < 0);
            String name = scores.get("tokens").get(i).stringValue();
            assertEquals(value, scores.get("top_logprobs").get(i).get(name).doubleValue());
        }
        assertTrue(choice.get("text").stringValue().startsWith("abcd"));
        assertEquals(
                List.of(0, 1, 2, 3, 4).subList(0, count),
                ints(scores.get("text_offset")).subList(0, count));
        assertEquals(4, choice.get("prompt_depths").size());
        JsonNode nothing = complete("'prompt': 'abcd', 'echo': true, 'logprobs': 1, 'max_tokens': 0")
                .get("choices")
                .get(0);
        assertEquals("abcd", nothing.get("text").stringValue());
        assertEquals(4, nothing.get("logprobs").get("tokens").size());
        for (int i = 1; i < 4; i++) {
            assertEquals(
                    scores.get("token_logprobs").get(i).doubleValue(),
                    nothing.get("logprobs").get("token_logprobs").get(i).doubleValue(),
                    1e-6);
        }
    }

    @Test
    void chatsHaveLogProbabilitiesOfTheirOwnShape() {
        JsonNode choice = chat("'max_tokens': 4, 'logprobs': true, 'top_logprobs': 2, " + GREEDY)
                .get("choices")
                .get(0);
        JsonNode content = choice.get("logprobs").get("content");
        assertEquals(choice.get("depths").size(), content.size());
        for (JsonNode token : content) {
            assertEquals(2, token.get("top_logprobs").size());
            assertEquals(
                    token.get("logprob").doubleValue(),
                    token.get("top_logprobs").get(0).get("logprob").doubleValue(),
                    1e-9);
            assertTrue(token.get("bytes").isArray()
                    || token.get("token").stringValue().startsWith("token_id:"));
        }
    }

    @Test
    void biasAndPenaltiesMoveTokens() {
        JsonNode biased = complete("'prompt': 'a', 'max_tokens': 5, 'logit_bias': {'120': 100}, " + GREEDY);
        assertEquals("xxxxx", biased.get("choices").get(0).get("text").stringValue());
        JsonNode once = complete("'prompt': 'a', 'max_tokens': 12, 'logit_bias': {'120': 100, '121': 100}, "
                + "'frequency_penalty': 2, " + GREEDY);
        String text = once.get("choices").get(0).get("text").stringValue();
        assertTrue(text.contains("x") && text.contains("y"), text);
    }

    @Test
    void depthCanBeLimited() {
        JsonNode one = complete("'prompt': 'abc', 'max_tokens': 9, 'max_depth': 1, " + GREEDY);
        assertTrue(ints(one.get("choices").get(0).get("depths")).stream().allMatch(d -> d == 1));
        assertEquals(1, one.get("usage").get("mean_depth").doubleValue());
        assertTrue(one.get("usage").get("compute_saved").doubleValue() > 0.3);
        JsonNode all = complete("'prompt': 'abc', 'max_tokens': 9, 'threshold': 0, " + GREEDY);
        assertTrue(ints(all.get("choices").get(0).get("depths")).stream().allMatch(d -> d == 3));
        assertEquals(0, all.get("usage").get("compute_saved").doubleValue(), 1e-9);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "{} | prompt",
                "{'prompt': 5} | prompt",
                "{'prompt': []} | prompt",
                "{'prompt': [[]]} | prompt[0]",
                "{'prompt': ['a', 5]} | prompt[1]",
                "{'prompt': [1, 'a']} | prompt[1]",
                "{'prompt': [999]} | prompt[0]",
                "{'prompt': [1.5]} | prompt[0]",
                "{'prompt': 'a', 'max_tokens': -1} | max_tokens",
                "{'prompt': 'a', 'max_tokens': 1.5} | max_tokens",
                "{'prompt': 'a', 'max_tokens': '7'} | max_tokens",
                "{'prompt': 'a', 'max_tokens': 99999999999} | max_tokens",
                "{'prompt': 'a', 'temperature': -1} | temperature",
                "{'prompt': 'a', 'temperature': 1e999} | temperature",
                "{'prompt': 'a', 'temperature': 'hot'} | temperature",
                "{'prompt': 'a', 'top_p': 2} | top_p",
                "{'prompt': 'a', 'top_k': 1.5} | top_k",
                "{'prompt': 'a', 'min_p': 2} | min_p",
                "{'prompt': 'a', 'repetition_penalty': 0} | repetition_penalty",
                "{'prompt': 'a', 'frequency_penalty': 3} | frequency_penalty",
                "{'prompt': 'a', 'n': 9} | n",
                "{'prompt': 'a', 'n': 0} | n",
                "{'prompt': 'a', 'best_of': 2} | best_of",
                "{'prompt': 'a', 'seed': 'x'} | seed",
                "{'prompt': 'a', 'stop': ''} | stop",
                "{'prompt': 'a', 'stop': [1]} | stop[0]",
                "{'prompt': 'a', 'stop': ['1','2','3','4','5','6','7','8','9','a','b','c','d','e','f','g','h']} | stop",
                "{'prompt': 'a', 'logit_bias': {'x': 1}} | logit_bias",
                "{'prompt': 'a', 'logit_bias': {'1': 101}} | logit_bias.1",
                "{'prompt': 'a', 'logit_bias': [1]} | logit_bias",
                "{'prompt': 'a', 'logprobs': 21} | logprobs",
                "{'prompt': 'a', 'logprobs': true} | logprobs",
                "{'prompt': 'a', 'stream': 1} | stream",
                "{'prompt': 'a', 'stream_options': 1} | stream_options",
                "{'prompt': 'a', 'threshold': 1.1} | threshold",
                "{'prompt': 'a', 'max_depth': 4} | max_depth",
                "{'prompt': 'a', 'max_depth': 0} | max_depth",
                "{'prompt': 'a', 'suffix': 'b'} | suffix",
                "{'prompt': 'a', 'model': 7} | model",
            })
    void wrongFieldsAreNamed(String body, String param) {
        JsonNode error = server.answer(400, COMPLETIONS, body).get("error");
        assertEquals(param, error.get("param").stringValue());
        assertTrue(error.get("message").stringValue().contains(param), error.toString());
        assertEquals("invalid_request_error", error.get("type").stringValue());
        assertTrue(error.get("code").isString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'tools': [{'type': 'function'}] | 'tools': []",
                "'tool_choice': 'required' | 'tool_choice': 'auto'",
                "'functions': [{}] | 'functions': []",
                "'response_format': {'type': 'json_object'} | 'response_format': {'type': 'text'}",
                "'audio': {'voice': 'x'} | 'audio': null",
                "'modalities': ['text', 'audio'] | 'modalities': ['text']",
                "'prediction': {'type': 'content'} | 'prediction': null",
                "'web_search_options': {} | 'web_search_options': null",
                "'store': true | 'store': false",
                "'reasoning_effort': 'high' | 'reasoning_effort': 'none'",
                "'n': 9 | 'n': 1",
            })
    void whatIsNotSupportedIsRefusedUnlessAtItsDefault(String refused, String harmless) {
        String name = refused.substring(1, refused.indexOf("':"));
        String messages = "{'messages': [{'role': 'user', 'content': 'hi'}], 'max_tokens': 1, ";
        JsonNode error = server.answer(400, CHAT, messages + refused + "}").get("error");
        assertEquals(name, error.get("param").stringValue());
        server.answer(200, CHAT, messages + harmless + "}");
        server.answer(200, CHAT, messages + "'user': 'me', 'metadata': {'a': 'b'}, 'whatever': [1]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "{} | messages",
                "{'messages': []} | messages",
                "{'messages': [5]} | messages[0]",
                "{'messages': [{'content': 'a'}]} | messages[0].role",
                "{'messages': [{'role': 'user'}]} | messages[0].content",
                "{'messages': [{'role': 'user', 'content': 5}]} | messages[0].content",
                "{'messages': [{'role': 'user', 'content': [{'type': 'image_url'}]}]} | messages[0].content[0]",
                "{'messages': [{'role': 'user', 'content': 'a', 'tool_calls': [1]}]} | messages[0].tool_calls",
                "{'messages': [{'role': 'wizard', 'content': 'a'}]} | messages",
                "{'messages': [{'role': 'user', 'content': 'a'}], 'top_logprobs': 2} | top_logprobs",
                "{'messages': [{'role': 'user', 'content': 'a'}], 'logprobs': 2} | logprobs",
            })
    void wrongChatsAreNamed(String body, String param) {
        assertEquals(
                param, server.answer(400, CHAT, body).get("error").get("param").stringValue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{", "[]", "\"a\"", "{\"prompt\": NaN}", "{\"a\": 1, \"a\": 2}", "{} {}", "", "{'prompt': 'a'}"})
    void whatIsNotJsonIsRefused(String body) {
        HttpResponse<String> response = server.send(server.request(COMPLETIONS)
                .header("Content-Type", "application/json")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString(body)));
        JsonNode error = ServerFixture.read(400, response).get("error");
        assertEquals("invalid_json", error.get("code").stringValue(), error.toString());
    }

    @Test
    void aPromptThatIsTooLongSaysSo() {
        JsonNode error = server.answer(400, COMPLETIONS, "{'prompt': '" + "a".repeat(ServerFixture.CONTEXT + 1) + "'}")
                .get("error");
        assertEquals("context_length_exceeded", error.get("code").stringValue());
        JsonNode full = complete("'prompt': '" + "a".repeat(ServerFixture.CONTEXT - 3) + "', 'max_tokens': 100, "
                + "'ignore_eos': true, " + GREEDY);
        assertEquals("length", full.get("choices").get(0).get("finish_reason").stringValue());
        assertEquals(4, full.get("usage").get("completion_tokens").intValue());
    }

    @Test
    void aNameOfAModelMayNeedEncoding() {
        try (ServerFixture named = new ServerFixture(ServerFixture.Plan.PLAIN.withName("m\u00f6r 1+2"))) {
            for (String path : List.of("m%C3%B6r%201+2", "m%c3%b6r%201%2B2")) {
                assertEquals(
                        "m\u00f6r 1+2",
                        named.get(200, "/v1/models/" + path).get("id").stringValue());
            }
            named.get(404, "/v1/models/m%C3%B6r+1+2");
            // What is no UTF-8 is no valid path at all.
            for (String broken : List.of("m%C3r", "m%FF", "%C3%28")) {
                named.get(400, "/v1/models/" + broken);
            }
        }
    }

    @Test
    void modelsAreListed() {
        JsonNode list = server.get(200, "/v1/models");
        assertEquals("list", list.get("object").stringValue());
        JsonNode card = list.get("data").get(0);
        assertEquals(card, server.get(200, "/v1/models/tiny"));
        assertEquals("tiny", card.get("id").stringValue());
        assertEquals("model", card.get("object").stringValue());
        assertEquals(3, card.get("recursions").intValue());
        assertEquals("expert-choice", card.get("router").stringValue());
        assertTrue(card.get("has_threshold").booleanValue());
        assertTrue(card.get("has_tokenizer").booleanValue());
        assertTrue(card.get("chat_template").booleanValue());
        assertEquals(ServerFixture.CONTEXT, card.get("context").intValue());
        assertTrue(card.get("parameters").longValue() > 1000);
        server.get(404, "/v1/models/other");
        JsonNode error = server.answer(404, COMPLETIONS, "{'prompt': 'a', 'model': 'other'}")
                .get("error");
        assertEquals("model_not_found", error.get("code").stringValue());
    }

    @Test
    void tokensLeaveAsARequestAsks() {
        MorConfig mor = MorConfig.recursive(5).withSharing(Sharing.CYCLE);
        try (ServerFixture other = new ServerFixture(ServerFixture.Plan.PLAIN.withMor(mor))) {
            String ask = "{'prompt': 'abc', 'max_tokens': 6, 'temperature': 0, 'ignore_eos': true%s}";
            assertEquals(
                    List.of(5, 5, 5, 5, 5, 5),
                    ints(other.answer(200, COMPLETIONS, ask.formatted("")).at("/choices/0/depths")));
            String low = ", 'exit': 'softmax', 'exit_threshold': 1e-9";
            assertEquals(
                    List.of(5, 1, 1, 1, 1, 1),
                    ints(other.answer(200, COMPLETIONS, ask.formatted(low)).at("/choices/0/depths")));
            for (String wrong : List.of(
                    "'exit': 'gate'",
                    "'exit': 'x'",
                    "'exit': 1",
                    "'exit_threshold': 0.5",
                    "'exit': 'state', 'exit_threshold': 0")) {
                other.answer(400, COMPLETIONS, ask.formatted(", " + wrong));
            }
            assertEquals("none", other.get(200, "/v1/models/tiny").get("exit").stringValue());
        }
        server.answer(400, COMPLETIONS, "{'prompt': 'abc', 'exit': 'softmax'}");
    }

    @Test
    void tokensOfATextAndBack() {
        JsonNode tokens = server.answer(200, "/tokenize", "{'content': 'h\u00e9'}");
        assertEquals(List.of(104, 195, 169), ints(tokens.get("tokens")));
        assertEquals(3, tokens.get("count").intValue());
        assertEquals(
                "h\u00e9",
                server.answer(200, "/detokenize", "{'tokens': [104, 195, 169]}")
                        .get("content")
                        .stringValue());
        server.answer(400, "/tokenize", "{}");
        server.answer(400, "/detokenize", "{'tokens': [-1]}");
        server.answer(400, "/detokenize", "{'tokens': 'a'}");
    }

    @Test
    void healthIsFine() {
        assertEquals("ok", server.get(200, "/health").get("status").stringValue());
        assertEquals("ok", server.get(200, "/v1/health").get("status").stringValue());
    }

    @Test
    void aModelWithoutATemplateSaysSo() {
        try (ServerFixture bare = new ServerFixture(ServerFixture.Plan.PLAIN.withChat(null))) {
            JsonNode error = bare.answer(400, CHAT, "{'messages': [{'role': 'user', 'content': 'a'}]}")
                    .get("error");
            assertEquals("no_chat_template", error.get("code").stringValue());
            assertTrue(error.get("message").stringValue().contains("--chat-template plain"));
            assertFalse(bare.get(200, "/v1/models")
                    .get("data")
                    .get(0)
                    .get("chat_template")
                    .booleanValue());
        }
    }

    @Test
    void aModelOfBareIdsTakesAndGivesIds() {
        ServerFixture.Plan plan = ServerFixture.Plan.PLAIN.withTokenizer(null).withMor(MorConfig.tokenChoice(3));
        try (ServerFixture bare = new ServerFixture(plan)) {
            JsonNode choice = bare.answer(
                            200, COMPLETIONS, "{'prompt': [1, 2], 'max_tokens': 5, 'logprobs': 1, " + GREEDY + "}")
                    .get("choices")
                    .get(0);
            assertEquals(5, choice.get("token_ids").size());
            assertEquals("", choice.get("text").stringValue());
            assertTrue(choice.get("logprobs").get("tokens").get(0).stringValue().startsWith("token_id:"));
            bare.answer(400, COMPLETIONS, "{'prompt': 'a'}");
            bare.answer(400, COMPLETIONS, "{'prompt': [1], 'stop': 'a'}");
            bare.answer(400, COMPLETIONS, "{'prompt': [1], 'threshold': 0.4}");
            bare.answer(400, "/tokenize", "{'content': 'a'}");
        }
    }

    @Test
    void aTemplateOfItsOwnIsRendered() {
        ChatTemplate template = ChatTemplate.of(
                "own",
                "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<me>{% endif %}",
                java.util.Map.of("bos_token", "x"));
        try (ServerFixture own = new ServerFixture(ServerFixture.Plan.PLAIN.withChat(template))) {
            JsonNode answer = own.answer(
                    200, CHAT, "{'messages': [{'role': 'critic', 'content': 'no'}], 'max_tokens': 3, " + GREEDY + "}");
            assertEquals(
                    "<critic>no<me>".length(),
                    answer.get("usage").get("prompt_tokens").intValue());
        }
    }

    @Test
    void whoComesTooLateWaitsOrIsToldWhenToComeAgain() throws Exception {
        try (ServerFixture small = new ServerFixture(ServerFixture.Plan.PLAIN.withQueue(0))) {
            // More texts than places: those that do not fit wait within their own request.
            JsonNode many = small.answer(
                    200, COMPLETIONS, "{'prompt': ['a', 'b', 'c', 'd', 'e'], 'n': 8, 'max_tokens': 2, " + GREEDY + "}");
            assertEquals(40, many.get("choices").size());
            String busy = "{'prompt': 'a', 'n': 8, 'max_tokens': 240, 'ignore_eos': true, 'temperature': 1}";
            HttpResponse<String> refused = null;
            for (int round = 0; round < 50 && (refused == null || refused.statusCode() != 429); round++) {
                var running = small.client()
                        .sendAsync(small.post(COMPLETIONS, busy).build(), HttpResponse.BodyHandlers.ofString());
                while (!running.isDone() && (refused == null || refused.statusCode() != 429)) {
                    refused = small.send(small.post(COMPLETIONS, "{'prompt': 'a', 'max_tokens': 1}"));
                }
                assertEquals(200, running.get().statusCode());
            }
            JsonNode error = ServerFixture.read(429, refused).get("error");
            assertEquals("queue_full", error.get("code").stringValue());
            assertTrue(refused.headers().firstValueAsLong("Retry-After").orElseThrow() >= 1);
            assertNull(error.get("stack"));
        }
    }

    /** Small requests that come all the time would take every place that gets free. */
    @Test
    void aLargeRequestIsNotStarved() throws Exception {
        try (ServerFixture small = new ServerFixture(ServerFixture.Plan.PLAIN.withQueue(0));
                var others = Executors.newVirtualThreadPerTaskExecutor()) {
            String prompts = "'a', ".repeat(39) + "'a'";
            var large = small.client()
                    .sendAsync(
                            small.post(COMPLETIONS, "{'prompt': [" + prompts + "], 'n': 2, 'max_tokens': 20}")
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            while (small.model().loop().state().running() == 0 && !large.isDone()) {
                Thread.sleep(1);
            }
            for (int i = 0; i < 24; i++) {
                others.submit(() -> {
                    while (!large.isDone()) {
                        small.send(small.post(COMPLETIONS, "{'prompt': 'a', 'max_tokens': 20, 'ignore_eos': true}"));
                    }
                });
            }
            HttpResponse<String> answer = large.get(60, TimeUnit.SECONDS);
            assertEquals(80, ServerFixture.read(200, answer).get("choices").size());
        }
    }

    @Test
    void thePageIsThere() {
        HttpResponse<String> page = server.send(server.request("/"));
        assertEquals(200, page.statusCode());
        assertTrue(page.body().startsWith("<!doctype html>") || page.body().startsWith("<!DOCTYPE html>"));
        String tag = page.headers().firstValue("ETag").orElseThrow();
        HttpResponse<String> again = server.send(server.request("/").header("If-None-Match", tag));
        assertEquals(304, again.statusCode());
        assertEquals("", again.body());
    }
}
