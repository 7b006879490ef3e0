package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Clients that people have already, unchanged. */
class ClientsTest {
    private static final String KEY = "sk-test";
    private static final Path SOURCES = Path.of("src/test/resources/clients");
    /** Installed once a build. */
    private static final Path INSTALLED = Path.of("target/clients");

    @TempDir
    static Path temp;

    private static ServerFixture server;
    private static String base;

    @BeforeAll
    static void start() {
        server = new ServerFixture(ServerFixture.Plan.PLAIN.with(ServerSettings.LOCAL.withKey(KEY)));
        base = server.server().uri() + "/v1";
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static OpenAIClient openAi(String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(base)
                .apiKey(key)
                .maxRetries(0)
                .build();
    }

    /** The seed is there for as long as the client has it. */
    @SuppressWarnings("deprecation")
    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder()
                .model(ServerFixture.NAME)
                .addUserMessage("h\u00e9")
                .maxCompletionTokens(12)
                .temperature(1.0)
                .seed(5);
    }

    @Test
    @SuppressWarnings("deprecation")
    void openAiForJava() {
        OpenAIClient client = openAi(KEY);
        try {
            ChatCompletion whole = client.chat()
                    .completions()
                    .create(chat().n(2).logprobs(true).topLogprobs(2).build());
            String text = whole.choices().getFirst().message().content().orElseThrow();
            assertEquals(2, whole.choices().size());
            JsonValue depths =
                    whole.choices().getFirst()._additionalProperties().get("depths");
            int scored = whole.choices()
                    .getFirst()
                    .logprobs()
                    .orElseThrow()
                    .content()
                    .orElseThrow()
                    .size();
            assertEquals(scored, depths.convert(List.class).size());
            StringBuilder streamed = new StringBuilder();
            ChatCompletionCreateParams streaming = chat().streamOptions(ChatCompletionStreamOptions.builder()
                            .includeUsage(true)
                            .build())
                    .build();
            long[] used = new long[1];
            try (StreamResponse<ChatCompletionChunk> chunks =
                    client.chat().completions().createStreaming(streaming)) {
                chunks.stream().forEach(chunk -> {
                    chunk.choices()
                            .forEach(choice ->
                                    streamed.append(choice.delta().content().orElse("")));
                    chunk.usage().ifPresent(usage -> used[0] = usage.completionTokens());
                });
            }
            assertEquals(text, streamed.toString());
            assertTrue(used[0] > 0);
            Completion completion = client.completions()
                    .create(CompletionCreateParams.builder()
                            .model(ServerFixture.NAME)
                            .prompt("ab")
                            .maxTokens(5)
                            .temperature(0)
                            .logprobs(1)
                            .echo(true)
                            .build());
            assertTrue(completion.choices().getFirst().text().startsWith("ab"));
            assertEquals(
                    List.of("tiny"),
                    client.models().list().data().stream().map(m -> m.id()).toList());
            assertThrows(
                    BadRequestException.class,
                    () -> client.chat().completions().create(chat().n(99).build()));
            assertThrows(NotFoundException.class, () -> client.models().retrieve("other"));
            assertThrows(
                    UnauthorizedException.class, () -> openAi("wrong").models().list());
        } finally {
            client.close();
        }
    }

    @Test
    void openAiForJavaGoesAway() throws InterruptedException {
        OpenAIClient client = openAi(KEY);
        CompletionCreateParams params = CompletionCreateParams.builder()
                .model(ServerFixture.NAME)
                .prompt("a")
                .maxTokens(250)
                .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true))
                .build();
        for (int i = 0; i < 5; i++) {
            try (StreamResponse<Completion> chunks = client.completions().createStreaming(params)) {
                assertTrue(chunks.stream().findFirst().isPresent());
            }
        }
        client.close();
        for (int i = 0; i < 500 && server.model().loop().state().running() > 0; i++) {
            Thread.sleep(20);
        }
        assertEquals(0, server.model().loop().state().running());
    }

    @Test
    void langChain4j() throws Exception {
        OpenAiChatModel whole = OpenAiChatModel.builder()
                .baseUrl(base)
                .apiKey(KEY)
                .modelName(ServerFixture.NAME)
                .maxTokens(12)
                .seed(5)
                .stop(List.of("zzzz"))
                .maxRetries(0)
                .build();
        ChatResponse response = whole.chat(UserMessage.from("h\u00e9"));
        assertTrue(response.tokenUsage().outputTokenCount() > 0);
        assertTrue(List.of(FinishReason.LENGTH, FinishReason.STOP).contains(response.finishReason()));
        CompletableFuture<ChatResponse> complete = new CompletableFuture<>();
        StringBuilder parts = new StringBuilder();
        OpenAiStreamingChatModel.builder()
                .baseUrl(base)
                .apiKey(KEY)
                .modelName(ServerFixture.NAME)
                .maxTokens(12)
                .seed(5)
                .build()
                .chat("h\u00e9", new StreamingChatResponseHandler() {
                    @Override
                    public void onPartialResponse(String part) {
                        parts.append(part);
                    }

                    @Override
                    public void onCompleteResponse(ChatResponse all) {
                        complete.complete(all);
                    }

                    @Override
                    public void onError(Throwable error) {
                        complete.completeExceptionally(error);
                    }
                });
        ChatResponse streamed = complete.get(60, TimeUnit.SECONDS);
        assertEquals(response.aiMessage().text(), streamed.aiMessage().text());
        assertEquals(response.aiMessage().text(), parts.toString());
        assertEquals(
                response.tokenUsage().outputTokenCount(), streamed.tokenUsage().outputTokenCount());
    }

    @Test
    void openAiForNode() throws Exception {
        install();
        Files.copy(
                SOURCES.resolve("openai.mjs"),
                INSTALLED.resolve("openai.mjs"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        String out = run(INSTALLED.toFile(), "node", "openai.mjs", base, KEY);
        JsonNode got = JsonMapper.shared().readTree(out);
        assertEquals(got.get("whole"), got.get("streamed"));
        assertEquals(
                got.get("depths").size(),
                got.get("usage").get("completion_tokens").intValue());
        assertEquals("tiny", got.get("models").get(0).stringValue());
        assertEquals(
                "[[\"BadRequestError\",400,\"invalid_value\"],[\"NotFoundError\",404,\"model_not_found\"],"
                        + "[\"AuthenticationError\",401,\"invalid_api_key\"]]",
                got.get("errors").toString());
    }

    @Test
    void curl() throws Exception {
        Assumptions.assumeTrue(isOnPath("curl"), "skipped: there is no curl here");
        String url = base + "/completions";
        String out = run(
                temp.toFile(),
                "curl",
                "-N",
                "-s",
                url,
                "-H",
                "Content-Type: application/json",
                "-H",
                "Authorization: Bearer " + KEY,
                "-d",
                "{\"prompt\": \"ab\", \"max_tokens\": 6, \"stream\": true}");
        assertFalse(ServerFixture.events(out).isEmpty());
    }

    /**
     * The client of package.json, pinned by its lock file; if the registry is out of reach, the test is skipped with a message.
     */
    private static void install() throws Exception {
        Assumptions.assumeTrue(isOnPath("node") && isOnPath("npm"), "skipped: there is no Node here");
        if (Files.isDirectory(INSTALLED.resolve("node_modules/openai"))) {
            return;
        }
        Files.createDirectories(INSTALLED);
        for (String name : List.of("package.json", "package-lock.json")) {
            Files.copy(
                    SOURCES.resolve(name), INSTALLED.resolve(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        String said;
        try {
            said = run(INSTALLED.toFile(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        } catch (AssertionError e) {
            said = e.getMessage();
        }
        Assumptions.assumeTrue(
                Files.isDirectory(INSTALLED.resolve("node_modules/openai")),
                "skipped: npm could not install the client: " + said);
    }

    private static boolean isOnPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static String run(File folder, String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(temp, "out", "");
        Path err = Files.createTempFile(temp, "err", "");
        Process process = new ProcessBuilder(command)
                .directory(folder)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command[0] + " does not end");
        }
        if (process.exitValue() != 0) {
            throw new AssertionError(command[0] + ": " + Files.readString(err));
        }
        return Files.readString(out, StandardCharsets.UTF_8);
    }
}
