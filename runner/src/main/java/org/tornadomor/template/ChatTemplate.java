package org.tornadomor.template;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.JsonFault;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * How a model wants its conversations: the template that comes with its tokenizer, and the special tokens that it may show. What it
 * renders is what {@code apply_chat_template} of Hugging Face transformers gives with {@code tokenize=False}.
 *
 * <p>In a model folder the template is {@code chat_template.jinja}, with others of the model in {@code chat_templates/NAME.jinja}; or
 * {@code chat_template} of {@code tokenizer_config.json}, which is text or a list of {@code {name, template}}; or
 * {@code chat_template} of {@code chat_template.json}. Where there are several, {@code tool_use} serves conversations with tools and
 * {@code default} the others.
 */
public final class ChatTemplate {
    private static final String DEFAULT = "default";
    private static final String TOOL_USE = "tool_use";
    private static final List<String> TOKENS =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    /** The plain format of this program, for models that come without a template. */
    private static final String PLAIN = """
            {%- for message in messages -%}
            {%- if message.role not in ['system', 'user', 'assistant'] -%}
            {{- raise_exception('the plain format knows the roles system, user and assistant, not ' ~ message.role) -}}
            {%- endif -%}
            {{- message.role + ': ' + message.content + '\\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}assistant:{%- endif -%}
            """;

    private static final List<String> PLAIN_STOPS = List.of("\nuser:", "\nassistant:", "\nsystem:");

    private final Map<String, Template> templates;
    private final Set<String> names;
    private final Map<String, String> specialTokens;
    private final String source;
    private final List<String> stops;

    /** @param names those of all templates that the model has, also where {@code templates} misses them */
    private ChatTemplate(
            Map<String, Template> templates,
            Set<String> names,
            Map<String, String> specialTokens,
            String source,
            List<String> stops) {
        this.templates = templates;
        this.names = names;
        this.specialTokens = specialTokens;
        this.source = source;
        this.stops = stops;
    }

    /**
     * What is asked of one rendering.
     *
     * @param addGenerationPrompt whether the text ends with the beginning of an answer
     * @param tools JSON schemas of functions; null for none
     * @param documents maps with title and text; null for none
     * @param extra further variables; they go before special tokens of the same name
     */
    public record Request(
            boolean addGenerationPrompt,
            List<? extends Map<String, ?>> tools,
            List<? extends Map<String, ?>> documents,
            Map<String, ?> extra) {
        /** With the beginning of an answer and nothing else. */
        public static final Request ANSWER = new Request(true, null, null, Map.of());

        /** The conversation alone. */
        public static final Request WHOLE = new Request(false, null, null, Map.of());
    }

    /**
     * The template of a model folder, or nothing if it has none.
     *
     * @throws UserError if a file cannot be read, or a template uses what is not supported
     */
    public static Optional<ChatTemplate> find(Path folder) {
        return find(folder, Clock.systemDefaultZone());
    }

    private static Optional<ChatTemplate> find(Path folder, Clock clock) {
        JsonNode config = json(folder.resolve("tokenizer_config.json"));
        Map<String, String> sources = new TreeMap<>();
        Path origin = folder.resolve("tokenizer_config.json");
        collect(config, sources, origin);
        Path single = folder.resolve("chat_template.json");
        if (sources.isEmpty()) {
            collect(json(single), sources, single);
            origin = single;
        }
        Path file = folder.resolve("chat_template.jinja");
        Path others = folder.resolve("chat_templates");
        if (Files.isRegularFile(file) || Files.isDirectory(others)) {
            Map<String, String> files = new TreeMap<>();
            if (Files.isRegularFile(file)) {
                files.put(DEFAULT, text(file));
            }
            files.putAll(folderOf(others));
            if (!files.isEmpty()) {
                sources = files;
                origin = Files.isRegularFile(file) ? file : others;
            }
        }
        if (sources.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(make(sources, tokens(folder, config), origin.toString(), clock));
    }

    /**
     * The template of a model folder.
     *
     * @throws UserError if there is none, a file cannot be read, or a template uses what is not supported
     */
    public static ChatTemplate load(Path folder) {
        return load(folder, Clock.systemDefaultZone());
    }

    /** As {@link #load(Path)}, where {@code strftime_now} shows another clock. */
    static ChatTemplate load(Path folder, Clock clock) {
        return find(folder, clock)
                .orElseThrow(() -> new UserError(folder
                        + " has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json);"
                        + " add one, or use the plain format"));
    }

    /**
     * A template of the caller's.
     *
     * @param name what messages call it
     * @param specialTokens such as bos_token
     * @throws TemplateException if the text is no template or uses what is not supported
     */
    public static ChatTemplate of(String name, String source, Map<String, String> specialTokens) {
        return of(name, source, specialTokens, List.of());
    }

    private static ChatTemplate of(String name, String source, Map<String, String> specialTokens, List<String> stops) {
        return new ChatTemplate(
                Map.of(DEFAULT, Template.parse(name, source, TemplateOptions.CHAT)),
                Set.of(DEFAULT),
                Map.copyOf(specialTokens),
                name,
                stops);
    }

    /**
     * A template of the caller's for a model folder, whose special tokens it may show.
     *
     * @param file with the template
     * @throws UserError if it cannot be read or is no template
     */
    public static ChatTemplate of(Path folder, Path file) {
        Map<String, String> tokens = tokens(folder, json(folder.resolve("tokenizer_config.json")));
        return make(Map.of(DEFAULT, text(file)), tokens, file.toString(), Clock.systemDefaultZone());
    }

    /**
     * The format for models without a template: a line {@code ROLE: CONTENT} for each message of the system, the user and the
     * assistant, and {@code assistant:} as the beginning of an answer, which ends where a line of somebody would begin.
     */
    public static ChatTemplate plain() {
        return of("the plain chat format", PLAIN, Map.of(), PLAIN_STOPS);
    }

    /** Whether it is {@link #plain()}, which does not say what stands before a text. */
    public boolean isPlain() {
        return !stops.isEmpty();
    }

    /** Strings that end an answer, besides the tokens at which the model's texts end; often none. */
    public List<String> stops() {
        return stops;
    }

    /** Where it comes from. */
    public String source() {
        return source;
    }

    /** The special tokens that the template may show, such as bos_token. */
    public Map<String, String> specialTokens() {
        return specialTokens;
    }

    /**
     * The text of a conversation.
     *
     * @param messages maps with role and content, and what else the template knows
     * @throws TemplateException if the template does not take these messages
     * @throws IllegalArgumentException if there is no message
     */
    public String render(List<? extends Map<String, ?>> messages, Request request) {
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("a conversation has a message at least");
        }
        Map<String, Object> variables = new LinkedHashMap<>(specialTokens);
        variables.put("messages", messages);
        variables.put("tools", request.tools());
        variables.put("documents", request.documents());
        variables.put("add_generation_prompt", request.addGenerationPrompt());
        variables.putAll(request.extra());
        return template(request.tools() != null).render(variables);
    }

    private Template template(boolean tools) {
        Template wanted = tools ? templates.get(TOOL_USE) : null;
        wanted = wanted == null ? templates.get(DEFAULT) : wanted;
        if (wanted == null) {
            throw new UserError(source + " has several chat templates, but none named default; name one of them so: "
                    + String.join(", ", names));
        }
        return wanted;
    }

    private static ChatTemplate make(
            Map<String, String> sources, Map<String, String> tokens, String origin, Clock clock) {
        TemplateOptions options = TemplateOptions.CHAT.withClock(clock);
        Map<String, Template> templates = new TreeMap<>();
        Set<String> used = Set.of(DEFAULT, TOOL_USE);
        sources.forEach((name, source) -> {
            if (used.contains(name) || sources.size() == 1) {
                String shown = name.equals(DEFAULT) ? origin : origin + " (" + name + ")";
                try {
                    templates.put(name, Template.parse(shown, source, options));
                } catch (TemplateException e) {
                    throw new UserError("Cannot use the chat template " + e.getMessage(), e);
                }
            }
        });
        return new ChatTemplate(templates, new TreeSet<>(sources.keySet()), tokens, origin, List.of());
    }

    private static void collect(JsonNode config, Map<String, String> sources, Path file) {
        JsonNode template = config.path("chat_template");
        if (template.isString()) {
            sources.put(DEFAULT, template.stringValue());
        } else if (template.isArray()) {
            for (JsonNode one : template) {
                if (!one.path("name").isString() || !one.path("template").isString()) {
                    throw new UserError(file + ": each item of chat_template has a name and a template, both text");
                }
                sources.put(one.path("name").stringValue(), one.path("template").stringValue());
            }
        } else if (!template.isMissingNode() && !template.isNull()) {
            throw new UserError(file + ": chat_template is text or a list of templates with names");
        }
    }

    private static Map<String, String> folderOf(Path others) {
        Map<String, String> sources = new TreeMap<>();
        if (Files.isDirectory(others)) {
            try (Stream<Path> files = Files.list(others)) {
                files.filter(file -> file.getFileName().toString().endsWith(".jinja"))
                        .forEach(file ->
                                sources.put(file.getFileName().toString().replaceFirst("\\.jinja$", ""), text(file)));
            } catch (IOException e) {
                throw UserError.file("read", others, e);
            }
        }
        return sources;
    }

    /** The special tokens of tokenizer_config.json; in older folders those of special_tokens_map.json, which go before. */
    private static Map<String, String> tokens(Path folder, JsonNode config) {
        Map<String, String> tokens = new LinkedHashMap<>();
        JsonNode older = config.has("added_tokens_decoder")
                ? JsonMapper.shared().missingNode()
                : json(folder.resolve("special_tokens_map.json"));
        for (String name : TOKENS) {
            String token = Stream.of(older, config)
                    .map(node -> token(node.path(name)))
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null);
            if (token != null) {
                tokens.put(name, token);
            }
        }
        return tokens;
    }

    private static String token(JsonNode node) {
        JsonNode content = node.isObject() ? node.path("content") : node;
        return content.isString() ? content.stringValue() : null;
    }

    private static String text(Path file) {
        try {
            return InputFile.text(file);
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    /** The JSON of a file; a missing node if there is no file. */
    private static JsonNode json(Path file) {
        if (!Files.isRegularFile(file)) {
            return JsonMapper.shared().missingNode();
        }
        String text = text(file);
        try {
            return JsonMapper.shared().readTree(text);
        } catch (JacksonException e) {
            throw new UserError(file + " is not valid JSON (" + JsonFault.of(e) + "); mend it", e);
        }
    }
}
