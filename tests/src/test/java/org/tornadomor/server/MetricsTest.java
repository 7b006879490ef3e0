package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What Prometheus and the access log get to see. */
class MetricsTest {
    private static Map<String, Double> scrape(ServerFixture server) {
        var response = server.send(server.request("/metrics"));
        assertEquals(200, response.statusCode());
        assertTrue(response.headers().firstValue("Content-Type").orElseThrow().startsWith("text/plain; version=0.0.4"));
        Map<String, Double> values = new HashMap<>();
        response.body()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> values.put(
                        line.substring(0, line.lastIndexOf(' ')),
                        Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))));
        return values;
    }

    private static String named(String name) {
        return "tornadomor_" + name + "{model_name=\"tiny\"}";
    }

    @Test
    void countsAreThoseOfTheAnswers() throws InterruptedException {
        try (ServerFixture server = new ServerFixture()) {
            String prompt = "The same beginning is read once, and then its keys are there.";
            int prompts = 0;
            int fresh = 0;
            int cached = 0;
            for (int i = 0; i < 3; i++) {
                JsonNode usage = server.answer(
                                200,
                                "/v1/completions",
                                "{'prompt': '" + prompt + "', 'max_tokens': 7, 'ignore_eos': true, 'seed': " + i + "}")
                        .get("usage");
                prompts += usage.get("prompt_tokens").intValue();
                fresh += usage.get("completion_tokens").intValue();
                cached +=
                        usage.get("prompt_tokens_details").get("cached_tokens").intValue();
            }
            assertTrue(cached > 0);
            server.answer(400, "/v1/completions", "{}");
            server.get(404, "/nothing");
            Map<String, Double> values = scrape(server);
            // A request is counted when its answer has left.
            String last = "tornadomor_http_requests_total{route=\"other\",status=\"404\"}";
            for (int i = 0; i < 500 && !values.containsKey(last); i++) {
                Thread.sleep(10);
                values = scrape(server);
            }
            assertEquals(prompts, values.get(named("prompt_tokens_total")));
            assertEquals(fresh, values.get(named("generation_tokens_total")));
            assertEquals(cached, values.get(named("prefix_cache_hits_total")));
            assertEquals(prompts, values.get(named("prefix_cache_queries_total")));
            assertEquals(0, values.get(named("num_requests_running")));
            assertEquals(0, values.get(named("num_requests_waiting")));
            assertEquals(0, values.get(named("num_preemptions_total")));
            for (int depth = 1; depth <= 3; depth++) {
                String waiting = "tornadomor_rows_waiting{depth=\"" + depth + "\",model_name=\"tiny\"}";
                assertEquals(0, values.get(waiting), waiting);
            }
            assertEquals(
                    3, values.get("tornadomor_request_success_total{finished_reason=\"length\",model_name=\"tiny\"}"));
            assertEquals(3, values.get("tornadomor_http_requests_total{route=\"/v1/completions\",status=\"200\"}"));
            assertEquals(1, values.get("tornadomor_http_requests_total{route=\"/v1/completions\",status=\"400\"}"));
            assertEquals(1, values.get(last));
            for (String histogram : List.of(
                    "time_to_first_token_seconds",
                    "e2e_request_latency_seconds",
                    "request_queue_time_seconds",
                    "request_prefill_time_seconds",
                    "request_decode_time_seconds",
                    "request_prompt_tokens",
                    "request_generation_tokens")) {
                assertEquals(3, values.get(named(histogram + "_count")), histogram);
                assertEquals(
                        3,
                        values.get("tornadomor_" + histogram + "_bucket{model_name=\"tiny\",le=\"+Inf\"}"),
                        histogram);
            }
            assertEquals(3 * 6, values.get(named("inter_token_latency_seconds_count")));
            double byDepth = 0;
            for (int depth = 1; depth <= 3; depth++) {
                String labels = "{depth=\"" + depth + "\",model_name=\"tiny\"}";
                byDepth += values.get("tornadomor_generation_tokens_by_depth_total" + labels);
                assertTrue(values.containsKey("tornadomor_rows_total" + labels));
            }
            assertEquals(fresh, byDepth);
            double first = values.get("tornadomor_rows_total{depth=\"1\",model_name=\"tiny\"}");
            // Every token but the last of each text is fed; those in the cache are not.
            assertEquals(prompts - cached + fresh - 3, first);
            assertTrue(values.get(named("ticks_total")) > 0);
            double usage = values.get(named("kv_cache_usage_perc"));
            assertTrue(usage > 0 && usage < 1);
        }
    }

    @Test
    void theLogHasALineForEachRequestAndNoPrompts() throws InterruptedException {
        try (ServerFixture server = new ServerFixture()) {
            server.answer(200, "/v1/completions", "{'prompt': 'secret', 'max_tokens': 2, 'ignore_eos': true}");
            server.get(404, "/nothing");
            // A line is written when the answer has left.
            for (int i = 0; i < 500 && server.log().lines().count() < 2; i++) {
                Thread.sleep(10);
            }
            String log = server.log();
            assertEquals(2, log.lines().count(), log);
            assertFalse(log.contains("secret"), log);
            assertTrue(
                    log.lines()
                            .toList()
                            .getFirst()
                            .matches(
                                    "\\S+Z 127\\.0\\.0\\.1 POST /v1/completions 200 \\d+ B \\d+\\.\\d{3} s id=[0-9a-f]{16} prompt=6 cached=0"
                                            + " new=2 depth=\\d\\.\\d\\d"),
                    log);
        }
    }

    @Test
    void promptsAreLoggedIfAskedFor() {
        ServerSettings s = ServerSettings.LOCAL;
        ServerSettings logging = new ServerSettings(
                s.host(), s.port(), null, s.origins(), s.timeout(), s.maxConnections(), s.idle(), true);
        try (ServerFixture server = new ServerFixture(ServerFixture.Plan.PLAIN.with(logging))) {
            server.answer(200, "/v1/completions", "{'prompt': 'not\\nsecret', 'max_tokens': 1}");
            assertTrue(server.log().contains("prompt \"not\\nsecret\""), server.log());
        }
    }
}
