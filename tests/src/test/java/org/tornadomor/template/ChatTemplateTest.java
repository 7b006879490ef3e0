package org.tornadomor.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;
import org.tornadomor.template.ChatTemplate.Request;
import org.tornadomor.template.TemplateException.Kind;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ChatTemplateTest {
    private static final List<Map<String, String>> HELLO = List.of(Map.of("role", "user", "content", "Hello"));

    @TempDir
    Path folder;

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(ChatTemplateTest.class.getResource("/template/chat/" + name))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Map<String, Object>> list(JsonNode node) {
        return node.isArray()
                ? JsonMapper.shared().convertValue(node, new TypeReference<List<Map<String, Object>>>() {})
                : null;
    }

    private void write(String name, String text) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        Files.writeString(folder.resolve(name), text);
    }

    private String shown() {
        return ChatTemplate.load(folder).render(HELLO, Request.ANSWER);
    }

    /** The expected text is that of apply_chat_template of transformers 5.18, which read the same folder. */
    @ParameterizedTest
    @ValueSource(strings = {"headers", "thinking", "alternating", "defaults", "named", "processor"})
    void rendersWhatTransformersRenders(String name) throws IOException {
        Path model = resource(name);
        ChatTemplate template = ChatTemplate.load(model, TemplateTest.CLOCK);
        JsonNode cases = JsonMapper.shared().readTree(Files.readString(model.resolve("cases.json")));
        assertTrue(cases.size() > 10);
        for (JsonNode one : cases) {
            Request request = new Request(
                    one.path("add_generation_prompt").booleanValue(),
                    list(one.path("tools")),
                    list(one.path("documents")),
                    one.has("extra") ? TemplateTest.map(one.path("extra")) : Map.of());
            List<Map<String, Object>> messages = list(one.path("messages"));
            if (one.has("raises")) {
                TemplateException e = assertThrows(TemplateException.class, () -> template.render(messages, request));
                assertEquals(Kind.RAISED, e.kind());
                assertEquals(one.path("raises").stringValue(), e.reason());
            } else {
                assertEquals(one.path("expected").stringValue(), template.render(messages, request), one.toString());
            }
        }
    }

    /** A file of somebody's for a model without a template, which shows the model's special tokens. */
    @Test
    void aFileOfTheCallers() throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        Files.writeString(model.resolve("tokenizer_config.json"), "{\"bos_token\": {\"content\": \"<s>\"}}");
        Path file = Files.writeString(
                folder.resolve("own.jinja"), "{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}");
        ChatTemplate own = ChatTemplate.of(model, file);
        assertTrue(own.render(HELLO, Request.ANSWER).startsWith("<s>["));
        assertEquals(file.toString(), own.source());
        Files.writeString(file, "{% for %}");
        assertThrows(UserError.class, () -> ChatTemplate.of(model, file));
    }

    @Test
    void findsTheTemplateWhereTheModelHasIt() throws IOException {
        assertTrue(ChatTemplate.find(folder).isEmpty());
        write("chat_template.json", "{\"chat_template\": \"json\"}");
        assertEquals("json", shown());
        write("tokenizer_config.json", "{\"chat_template\": \"config {{ bos_token }}\", \"bos_token\": \"<b>\"}");
        assertEquals("config <b>", shown());
        write("special_tokens_map.json", "{\"bos_token\": {\"content\": \"<older>\"}}");
        assertEquals("config <older>", shown());
        write("chat_template.jinja", "file {{ messages[0].content }}\n");
        assertEquals("file Hello", shown());
        write("chat_templates/tool_use.jinja", "tools {{ tools|length }}");
        assertEquals("file Hello", shown());
        Request tools = new Request(true, List.of(Map.of("name", "f")), null, Map.of());
        assertEquals("tools 1", ChatTemplate.load(folder).render(HELLO, tools));
        assertEquals(
                folder.resolve("chat_template.jinja").toString(),
                ChatTemplate.load(folder).source());
    }

    @Test
    void saysWhatIsWrongWithAModelFolder() throws IOException {
        assertEquals(
                folder + " has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json);"
                        + " add one, or use the plain format",
                assertThrows(UserError.class, this::shown).getMessage());
        write("tokenizer_config.json", "{\"chat_template\": 5}");
        assertEquals(
                folder.resolve("tokenizer_config.json") + ": chat_template is text or a list of templates with names",
                assertThrows(UserError.class, this::shown).getMessage());
        write("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"a\"}]}");
        assertTrue(assertThrows(UserError.class, this::shown).getMessage().contains("a name and a template"));
        write("tokenizer_config.json", "{\"chat_template\": ");
        assertTrue(assertThrows(UserError.class, this::shown).getMessage().contains("is not valid JSON"));
        write(
                "tokenizer_config.json",
                "{\"chat_template\": [{\"name\":\"a\",\"template\":\"\"},{\"name\":\"b\",\"template\":\"\"}]}");
        assertEquals(
                folder.resolve("tokenizer_config.json")
                        + " has several chat templates, but none named default; name one of them so: a, b",
                assertThrows(UserError.class, this::shown).getMessage());
        write("chat_template.jinja", "a\n{% extends 'b' %}");
        assertEquals(
                "Cannot use the chat template " + folder.resolve("chat_template.jinja")
                        + ", line 2: the tag 'extends' is not supported",
                assertThrows(UserError.class, this::shown).getMessage());
    }

    @Test
    void thePlainFormatServesModelsWithoutATemplate() {
        List<Map<String, String>> messages = List.of(
                Map.of("role", "system", "content", "Be brief."),
                Map.of("role", "user", "content", "Hello\n  there"),
                Map.of("role", "assistant", "content", "Hi"));
        ChatTemplate plain = ChatTemplate.plain();
        assertEquals("system: Be brief.\nuser: Hello\n  there\nassistant: Hi\n", plain.render(messages, Request.WHOLE));
        assertEquals("user: Hello\nassistant:", plain.render(HELLO, Request.ANSWER));
        TemplateException e = assertThrows(
                TemplateException.class,
                () -> plain.render(List.of(Map.of("role", "tool", "content", "1")), Request.ANSWER));
        assertEquals("the plain format knows the roles system, user and assistant, not tool", e.reason());
        assertThrows(IllegalArgumentException.class, () -> plain.render(List.of(), Request.ANSWER));
    }
}
