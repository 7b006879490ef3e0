package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.ServingOptions;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.RotaryScaling;
import picocli.CommandLine;

/** {@code tornado-mor serve} in a process of its own. */
class ServeCommandTest {
    @TempDir
    static Path shared;

    private static Path model;

    @BeforeAll
    static void prepare() throws IOException {
        model = Folders.bytes(shared.resolve("model"));
    }

    /** A server and the lines that it wrote. */
    private static final class Started implements AutoCloseable {
        final Process process;
        final List<String> lines = new ArrayList<>();
        private final BufferedReader err;

        Started(Path model, Object... options) throws IOException {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "--add-modules",
                    "jdk.incubator.vector",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Main.class.getName(),
                    "serve",
                    "--model",
                    model.toString(),
                    "--port",
                    "0"));
            Stream.of(options).map(Object::toString).forEach(command::add);
            process = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            err = new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        }

        String line(String part) throws IOException {
            for (String line = err.readLine(); line != null; line = err.readLine()) {
                lines.add(line);
                if (line.contains(part)) {
                    return line;
                }
            }
            throw new AssertionError("no " + part + " in " + lines);
        }

        URI uri() throws IOException {
            String line = line("listening on ");
            return URI.create(line.substring(line.indexOf("http://")));
        }

        int end() throws InterruptedException {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), lines::toString);
            return process.exitValue();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private static HttpResponse<String> post(HttpClient client, URI server, String json) throws Exception {
        return client.send(
                HttpRequest.newBuilder(server.resolve("/v1/completions"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void servesUntilItIsToldToStop() throws Exception {
        try (Started server = new Started(
                        model, "--threads", 1, "--max-sequences", 4, "--chat-template", "plain", "--queue", 8);
                HttpClient client = HttpClient.newHttpClient()) {
            URI uri = server.uri();
            String ready = server.line("ready: ");
            assertTrue(ready.contains("ready: model, "), ready);
            assertTrue(ready.contains("4 texts at a time of up to " + Folders.POSITIONS + " tokens"), ready);
            assertEquals(
                    200,
                    post(client, uri, "{\"prompt\": \"ab\", \"max_tokens\": 4}").statusCode());
            assertTrue(server.line("POST /v1/completions 200").contains(" prompt=2 "));
            server.process.toHandle().destroy();
            server.line("stopping: ");
            server.line("stopped");
            assertEquals(0, server.end(), server.lines::toString);
        }
    }

    /** With its tokenizer, its chat template and its date. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void servesAFileOfGguf() throws Exception {
        Path file = GgufCommandTest.FILES.resolve("llama-q8_0.gguf");
        try (Started server = new Started(file, "--threads", 1, "--max-sequences", 2);
                HttpClient client = HttpClient.newHttpClient()) {
            URI uri = server.uri();
            server.line("the weights stay in 8 bits");
            String ready = server.line("ready: ");
            assertTrue(ready.contains("ready: llama-q8_0.gguf, "), ready);
            assertEquals(
                    200,
                    post(client, uri, "{\"prompt\": \"the cat\", \"max_tokens\": 4}")
                            .statusCode());
            String models = client.send(
                            HttpRequest.newBuilder(uri.resolve("/v1/models")).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            long changed = Files.getLastModifiedTime(file).toMillis() / 1000;
            assertTrue(models.contains("llama-q8_0.gguf") && models.contains(Long.toString(changed)), models);
        }
    }

    @Test
    void whatItCannotDoIsOneLine() throws IOException {
        Object[] start = {"serve", "--model", model, "--port", 0};
        fails(start, "--api-key-file", shared.resolve("none")).failsWith(1, "none", "does not exist");
        Path empty = Files.writeString(shared.resolve("empty"), " \n");
        fails(start, "--api-key-file", empty).failsWith(1, "holds no key");
        Path two = Files.writeString(shared.resolve("two"), "a b\n");
        fails(start, "--api-key-file", two).failsWith(1, "holds no key");
        fails(start, "--cors", "example.org").failsWith(1, "--cors example.org", "https://");
        fails(start, "--timeout", 0).failsWith(1, "--timeout 0");
        fails(start, "--drain", -1).failsWith(1, "--drain -1");
        fails(start, "--max-sequences", 0).failsWith(1, "--max-sequences 0");
        fails(start, "--queue", -1).failsWith(1, "--queue -1");
        fails(start, "--prefill-rows", 0).failsWith(1, "--prefill-rows 0");
        fails(start, "--kv-memory", "lots").failsWith(1, "--kv-memory lots");
        fails(start, "--host", "no.such.host.invalid").failsWith(1, "no.such.host.invalid", "--host");
        Outcome.of("serve", "--model", model, "--port", 70_000).failsWith(1, "--port 70000");
        Outcome.of("serve", "--model", shared.resolve("nowhere"), "--port", 0).failsWith(1, "nowhere");
        try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getByName("127.0.0.1"))) {
            Outcome.of("serve", "--model", model, "--port", taken.getLocalPort())
                    .failsWith(1, "another program listens on 127.0.0.1:" + taken.getLocalPort(), "--port");
        }
    }

    private static Outcome fails(Object[] start, Object... more) {
        Object[] all = java.util.Arrays.copyOf(start, start.length + more.length);
        System.arraycopy(more, 0, all, start.length, more.length);
        return Outcome.of(all);
    }

    /** By then the server listens already, so a line about that comes first. */
    @Test
    void whatTurnsOutWhileLoadingIsOneLineToo() throws IOException {
        Object[] start = {"serve", "--model", model, "--port", 0};
        for (Object[] more : new Object[][] {
            {"--kv-memory", "900000G"}, {"--kv-memory", "1k"}, {"--context", 100}, {"--chat-template", "nowhere.jinja"}
        }) {
            Outcome outcome = fails(start, more);
            assertEquals(1, outcome.code(), outcome.err());
            List<String> lines = outcome.err().lines().toList();
            assertEquals(2, lines.size(), outcome.err());
            assertTrue(lines.getFirst().startsWith("listening on http://127.0.0.1:"), outcome.err());
            assertTrue(lines.getLast().startsWith("tornado-mor: "), outcome.err());
            assertFalse(outcome.err().contains("internal"), outcome.err());
        }
        Path broken = Folders.bytes(shared.resolve("broken"));
        Files.write(broken.resolve("model.safetensors"), new byte[100]);
        Outcome outcome = Outcome.of("serve", "--model", broken, "--port", 0);
        assertEquals(1, outcome.code(), outcome.err());
        assertTrue(outcome.err().lines().toList().getLast().startsWith("tornado-mor: "), outcome.err());
    }

    /** A context that nobody asked for is as long as fits into the memory. */
    @Test
    void memoryBoundsTheContext() {
        ModelConfig config =
                new ModelConfig(257, 32, 64, 8, 4, 2, 8, 1e-5, 10000, 4096, true, 0.1, MorConfig.expertChoice(3));
        DecoderSize small = options("--kv-memory", "300k").size(config);
        assertTrue(small.context() < 4096 && small.context() >= 256, small.toString());
        assertTrue(small.keyBytes(config) <= 300_000, small.toString());
        DecoderSize narrow = options("--kv-memory", "300k", "--kv", "bfloat16").size(config);
        assertTrue(narrow.context() > 1.5 * small.context(), narrow.toString());
        assertEquals(64, options("--context", "64").size(config).context());
        assertThrows(
                UserError.class,
                () -> options("--kv-memory", "300k", "--context", "4096").size(config));
    }

    /** Where scaling reaches beyond the model's positions, a context may be as long, but only if somebody asks for it. */
    @Test
    void scalingReachesFurther() {
        ModelConfig plain = new ModelConfig(257, 32, 64, 8, 4, 2, 8, 1e-5, 10000, 64, true, 0.1, null);
        ModelConfig config = plain.withArchitecture(plain.architecture().withScaling(new RotaryScaling.Yarn(4, 64)));
        assertEquals(64, options().size(config).context());
        assertEquals(256, options("--context", "256").size(config).context());
        assertThrows(UserError.class, () -> options("--context", "257").size(config));
        assertThrows(UserError.class, () -> options("--context", "65").size(plain));
    }

    private static ServingOptions options(String... args) {
        ServingOptions options = new ServingOptions();
        new CommandLine(options).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(args);
        options.check();
        return options;
    }

    @Test
    void beyondThisMachineWithoutAKeyItWarns() {
        Outcome outcome =
                fails(new Object[] {"serve", "--model", model, "--port", 0}, "--host", "0.0.0.0", "--context", 100);
        assertTrue(
                outcome.err().lines().toList().getFirst().startsWith("warning: whoever reaches 0.0.0.0"),
                outcome.err());
    }
}
