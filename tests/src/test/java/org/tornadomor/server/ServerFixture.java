package org.tornadomor.server;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.serving.Scheduler;
import org.tornadomor.serving.ServingLoop;
import org.tornadomor.template.ChatTemplate;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server on a free port with an untrained model of three recursions, and a client for it. */
final class ServerFixture implements AutoCloseable {
    static final String NAME = "tiny";
    static final int CONTEXT = 256;
    static final int SEQUENCES = 8;

    private final Engine engine = new CpuEngine(1);
    private final ParameterSet weights;
    private final ServedModel model;
    private final ModelServer server;
    private final StringWriter log = new StringWriter();
    private final HttpClient client = HttpClient.newHttpClient();

    /** How the server is made. */
    record Plan(
            ServerSettings settings, Tokenizer tokenizer, ChatTemplate chat, int queue, MorConfig mor, String name) {
        static final Plan PLAIN = new Plan(
                ServerSettings.LOCAL, new ByteTokenizer(), ChatTemplate.plain(), 64, MorConfig.expertChoice(3), NAME);

        Plan withName(String other) {
            return new Plan(settings, tokenizer, chat, queue, mor, other);
        }

        Plan with(ServerSettings other) {
            return new Plan(other, tokenizer, chat, queue, mor, name);
        }

        Plan withQueue(int places) {
            return new Plan(settings, tokenizer, chat, places, mor, name);
        }

        Plan withChat(ChatTemplate template) {
            return new Plan(settings, tokenizer, template, queue, mor, name);
        }

        Plan withTokenizer(Tokenizer other) {
            return new Plan(settings, other, other == null ? null : chat, queue, mor, name);
        }

        Plan withMor(MorConfig other) {
            return new Plan(settings, tokenizer, chat, queue, other, name);
        }
    }

    ServerFixture() {
        this(Plan.PLAIN);
    }

    ServerFixture(Plan plan) {
        int vocabulary = plan.tokenizer() == null ? 100 : plan.tokenizer().vocabSize();
        ModelConfig config =
                new ModelConfig(vocabulary, 16, 24, 5, 2, 1, 8, 1e-5, 10000, CONTEXT, true, 0.6, plan.mor());
        weights = new ParameterSet(engine, "weights", config);
        Checkpoints.initialise(engine, weights, 5);
        Scheduler scheduler = new Scheduler(
                engine,
                weights,
                DecoderSize.full(config, SEQUENCES, CONTEXT, SEQUENCES + 64 * config.recursions()),
                64,
                true,
                DepthPolicy.DEPTH_WISE);
        model = new ServedModel(
                plan.name(),
                1_700_000_000,
                config,
                ParameterCount.of(config).total(),
                TextBoundaries.of(plan.tokenizer()),
                null,
                CONTEXT,
                plan.chat(),
                new ServingLoop(scheduler, plan.queue()));
        server = ModelServer.start(plan.settings(), new PrintWriter(log));
        server.serve(model);
    }

    ModelServer server() {
        return server;
    }

    ServedModel model() {
        return model;
    }

    int port() {
        return server.uri().getPort();
    }

    /** What the access log has so far. */
    String log() {
        return log.toString();
    }

    /** Begins the log anew; otherwise it would fill the memory within hours. */
    void forgetLog() {
        log.getBuffer().setLength(0);
    }

    HttpClient client() {
        return client;
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.uri() + path)).timeout(Duration.ofSeconds(60));
    }

    HttpRequest.Builder post(String path, String json) {
        return request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')));
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The JSON of an answer with this status. Quotes in the body may be single ones. */
    JsonNode answer(int status, String path, String json) {
        return read(status, send(post(path, json)));
    }

    JsonNode get(int status, String path) {
        return read(status, send(request(path)));
    }

    static JsonNode read(int status, HttpResponse<String> response) {
        if (response.statusCode() != status) {
            throw new AssertionError(response.statusCode() + " and not " + status + ": " + response.body());
        }
        return JsonMapper.shared().readTree(response.body());
    }

    /** The events of a streamed answer, without the last one, which has to be {@code [DONE]}. */
    List<JsonNode> events(String path, String json) {
        return events(send(post(path, json)).body());
    }

    static List<JsonNode> events(String body) {
        List<JsonNode> events = new ArrayList<>();
        boolean done = false;
        for (String block : body.split("\n\n")) {
            if (block.startsWith(":")) {
                continue;
            }
            if (done || !block.startsWith("data: ") || block.contains("\n")) {
                throw new AssertionError("not an event: " + block);
            }
            done = block.equals("data: [DONE]");
            if (!done) {
                events.add(JsonMapper.shared().readTree(block.substring(6)));
            }
        }
        if (!done) {
            throw new AssertionError("no [DONE]: " + body);
        }
        return events;
    }

    @Override
    public void close() {
        server.close();
        model.loop().close();
        weights.close();
        engine.close();
        client.close();
    }
}
